"""`History`: the logs of all epochs."""

from __future__ import annotations

from typing import Any

from minicnn.callbacks.callback import Callback, Logs
from minicnn.common.tables import Table


class History(Callback):
    """Collects the logs of every epoch; `fit` adds one and returns it.

    Attributes:
        epoch: the numbers of the epochs, from 0.
        history: for each name in the logs, the list of its values, one for each epoch.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.compile("sgd", "mse")
        >>> found = model.fit(np.ones((8, 4)), np.ones((8, 2)), epochs=2, verbose=0)
        >>> len(found.history["loss"]), "History" in found._repr_html_()  # a table in a notebook
        (2, True)
    """

    def __init__(self):
        super().__init__()
        self.history: dict[str, list] = {}
        self.epoch: list[int] = []

    def table(self) -> Table:
        """A row for each epoch, with its logs."""
        rows = [
            [number, *values]
            for number, values in enumerate(zip(*self.history.values(), strict=False), 1)
        ]
        return Table("History", ["epoch", *self.history], rows)

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begins a new list of epochs."""
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Adds the logs of the epoch."""
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)
        keep_history(self.model, self)


def keep_history(model: Any, history: History) -> None:
    """Sets the model's attribute `history`, which is no change of what its layers compute."""
    object.__setattr__(model, "history", history)

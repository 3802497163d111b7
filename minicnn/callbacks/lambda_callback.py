"""`LambdaCallback`: a callback made from functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn.callbacks.callback import Callback


class LambdaCallback(Callback):
    """Calls the given functions in place of the methods of `Callback`.

    Args:
        on_epoch_begin: function of `epoch, logs`.
        on_epoch_end: function of `epoch, logs`.
        on_train_begin: function of `logs`.
        on_train_end: function of `logs`.
        on_train_batch_begin: function of `batch, logs`.
        on_train_batch_end: function of `batch, logs`.
        **kwargs: functions for other methods of `Callback`, by their names.

    Example:
        >>> say = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs["loss"]))
        >>> say.on_epoch_end(0, {"loss": 0.5})
        0 0.5
    """

    def __init__(
        self,
        on_epoch_begin: Callable | None = None,
        on_epoch_end: Callable | None = None,
        on_train_begin: Callable | None = None,
        on_train_end: Callable | None = None,
        on_train_batch_begin: Callable | None = None,
        on_train_batch_end: Callable | None = None,
        **kwargs: Any,
    ):
        super().__init__()
        functions = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **kwargs,
        }
        for name, function in functions.items():
            if function is not None:
                setattr(self, name, function)

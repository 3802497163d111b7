"""What happens to the model of a drawn network: training, evaluation, changes, saving, loading.

Each event gives named quantities. Training is compared by the change of each weight in each step.
After some steps all weights are replaced by random numbers before each step: otherwise rounding
grows from step to step until a comparison proves nothing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from compare.cases import network_data
from compare.cases.kinds.shared import assign
from compare.cases.network import Network
from compare.libraries.library import Library

CHANGED = 4  # a step of a watched `fit` that is replayed, unless something changes before it
FREE_STEPS = 4  # steps of a watched `fit`, before each of the others the weights are replaced


class Life:
    """The compiled model of a network, and all quantities that were found."""

    def __init__(self, library: Library, network: Network, model: Any):
        self.library, self.network, self.model = library, network, model
        inputs = [library.array(x) for x in network_data.inputs(network)]
        self.x = inputs if len(inputs) > 1 else inputs[0]
        self.y = self._array(network_data.labels(network))
        self.sample_weight = self._array(network_data.sample_weights(network))
        self.found: dict[str, Any] = {}
        self._compile()

    def run(self) -> dict[str, Any]:
        """The quantities of all events."""
        for number, event in enumerate(self.network.events, 1):
            self._now = f"{number} {event.name}"
            getattr(self, event.name)(**event.settings)
        return self.found

    def start(self, iterations: int) -> None:
        """Let the optimizer begin as after this number of steps."""
        optimizer = self.model.optimizer
        optimizer.build(self.model.trainable_variables)
        optimizer.iterations.assign(iterations)

    def train(self, steps: int) -> None:
        """Train on the first batch, by `train_on_batch`."""
        rows = slice(self.network.batch)
        data = self._rows(self.x, rows), self.y[rows]
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        for step in range(1, steps + 1):
            before = self._weights()
            logs = self.model.train_on_batch(*data, sample_weight=weights)
            self._add_logs(f"in step {step}", logs)
            self._add_changes(f"in step {step}", before)

    def fit(
        self,
        epochs: int = 1,
        watched: bool = False,
        new_rate: float | None = None,
        freeze: bool = False,
        class_weight: bool = False,
        validation: int = 0,
        stop: bool = False,
    ) -> None:
        """Train on all rows.

        Args:
            epochs: their number.
            watched: whether each step is compared. Then other code runs between two steps.
            new_rate: the learning rate from step `CHANGED` on.
            freeze: whether the layer named "frozen" is frozen from there on.
            class_weight: whether classes have weights, in place of the rows.
            validation: the number of rows to validate on.
            stop: whether training stops one epoch after the first and restores its weights.
        """
        callbacks = self.library.keras.callbacks
        used = [_watch(self, new_rate, freeze)] if watched else []
        if stop:
            used.append(callbacks.EarlyStopping("loss", min_delta=1e6, restore_best_weights=True))
        weights = {"class_weight": self._class_weights()} if class_weight else {}
        if self.sample_weight is not None and not class_weight:
            weights = {"sample_weight": self.sample_weight}
        before = self._weights()
        history = self.model.fit(
            self.x,
            self.y,
            batch_size=self.network.batch,
            epochs=epochs,
            shuffle=False,
            validation_data=self._validation(validation),
            callbacks=used,
            verbose=0,
            **weights,
        )
        for name, values in history.history.items():
            self._add(f"history of {name}", np.array(values))
        self._add_changes("in all steps", before)

    def evaluate(self) -> None:
        """Loss and metrics of all rows; the last batch is smaller."""
        logs = self.model.evaluate(
            self.x,
            self.y,
            batch_size=self.network.batch,
            sample_weight=self.sample_weight,
            verbose=0,
        )
        self._add_logs("of all rows", logs)

    def predict(self) -> None:
        """The output for all rows."""
        self._add("output", self.model.predict(self.x, batch_size=self.network.batch, verbose=0))

    def renew(self, seed: int) -> None:
        """Assign other values to all weights."""
        assign(self.model, weights(self.library, self.model, seed))

    def freeze(self, frozen: bool = True) -> None:
        """Freeze or unfreeze the layer named "frozen", and compile again."""
        self.model.get_layer("frozen").trainable = not frozen
        self._compile()

    def set_rate(self, rate: float) -> None:
        """Give the optimizer another learning rate."""
        self.model.optimizer.learning_rate = self.library.resolve(rate)

    def save(self) -> None:
        """Save the model as a whole, and go on with the loaded one."""
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "model.keras")
            self.model.save(file)
            self.model = self.library.keras.saving.load_model(file)

    def save_weights(self) -> None:
        """Save the weights, read them into the same model made again from its settings."""
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "model.weights.h5")
            self.model.save_weights(file)
            self.model = type(self.model).from_config(self.model.get_config())
            self.model.load_weights(file)
        self._compile()

    def _compile(self) -> None:
        network, resolve = self.network, self.library.resolve
        self.model.compile(
            optimizer=resolve(network.optimizer),
            loss=resolve(network.loss),
            metrics=[resolve(each) for each in network.metrics[:1]],
            weighted_metrics=[resolve(each) for each in network.metrics[1:]],
            run_eagerly=self.library.run_eagerly,
        )

    def _array(self, x: np.ndarray | None) -> Any:
        return self.library.array(x) if x is not None and x.dtype.kind == "f" else x

    def _class_weights(self) -> dict[int, float]:
        return self.library.resolve(network_data.class_weights(self.network))

    def _validation(self, count: int) -> tuple | None:
        return (self._rows(self.x, slice(count)), self.y[:count]) if count else None

    def _rows(self, x: Any, rows: slice) -> Any:
        return [part[rows] for part in x] if isinstance(x, list) else x[rows]

    def _weights(self) -> list[np.ndarray]:
        return [self.library.numpy(w).copy() for w in self.model.weights]

    def _add(self, what: str, value: Any) -> None:
        self.found[f"{self._now}: {what}"] = np.asarray(value)

    def _add_logs(self, when: str, logs: Any) -> None:
        for i, value in enumerate(logs if isinstance(logs, list) else [logs]):
            self._add(f"{'metric ' + str(i) if i else 'loss'} {when}", value)

    def _add_changes(self, when: str, before: list[np.ndarray]) -> None:
        for i, (old, w) in enumerate(zip(before, self.model.weights, strict=True)):
            self._add(f"change of weight {i} {w.name} {when}", self.library.numpy(w) - old)


def weights(library: Library, model: Any, seed: int) -> list[np.ndarray]:
    """Random values for all weights of a model."""
    return [
        library.array(network_data.weight(seed + i, tuple(w.shape), w.name))
        for i, w in enumerate(model.weights)
    ]


def _watch(life: Life, new_rate: float | None, freeze: bool) -> Any:
    """A callback that compares each step, and replaces the weights before the later ones."""

    class Watch(life.library.keras.callbacks.Callback):
        step = 0

        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            self.step += 1
            if self.step > FREE_STEPS:
                life.renew(network_data.RENEWED * self.step)
            if self.step == CHANGED and new_rate is not None:
                life.set_rate(new_rate)
            if self.step == CHANGED and freeze:
                life.model.get_layer("frozen").trainable = False
            self.before = life._weights()

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            life._add(f"loss after step {self.step}", logs["loss"])
            life._add_changes(f"in step {self.step}", self.before)

    return Watch()

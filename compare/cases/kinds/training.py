"""Runs a small model's `compile`, `fit`, `evaluate`, ... with the arguments of a case.

The settings `compile`, `fit`, ... of a case are the arguments of these methods, `model` is a key of
`MODELS`. `frozen` says that its first layer is frozen, `saved` that the trained model is saved, and
that the loaded one goes on. `policy` says to compile under a dtype policy and to look only at the
optimizer.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from compare.cases.case import Case, LibraryObject
from compare.cases.kinds.network_life import weights
from compare.cases.kinds.shared import assign
from compare.libraries.library import Library

SEED = 700  # of the weights
PHASES = ("train", "test", "predict", "epoch", "train_batch", "test_batch", "predict_batch")
# In this order. Keras leaves the averages of SwapEMAWeights in the model after `predict`.
METHODS = ("fit", "train_on_batch", "evaluate", "test_on_batch", "predict")


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of a program: what each call returns, and the weights after it."""
    if "policy" in case.settings:
        return _optimizer_under_policy(library, case.settings)
    program = Program(library, case.settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of data that end before `steps_per_epoch`
        for method in METHODS:
            if method in case.settings:
                program.call(method, case.settings[method])
            if method == "fit" and case.settings.get("saved"):
                program.save()
    return program.found


class Program:
    """A compiled model, and all quantities that were found."""

    def __init__(self, library: Library, settings: Mapping[str, Any]):
        library.keras.utils.set_random_seed(1)
        self.library = library
        self.model = MODELS[settings["model"]](library.keras)
        assign(self.model, weights(library, self.model, SEED))
        self.model.layers[1].trainable = not settings.get("frozen")
        self.found: dict[str, Any] = {}
        given = {"run_eagerly": library.run_eagerly, **_arguments(library, settings["compile"])}
        if library.run_eagerly:
            given["run_eagerly"] = True
        self.model.compile(**given)

    def call(self, method: str, described: LibraryObject) -> None:
        """Call a method of the model."""
        given = _arguments(self.library, described)
        before = [self.library.numpy(w).copy() for w in self.model.weights]
        trace = None
        if not method.endswith("on_batch"):
            trace = _trace(self.library)
            callbacks = given.get("callbacks") or []
            callbacks = callbacks if isinstance(callbacks, list) else [callbacks]
            given |= {"callbacks": [*callbacks, trace], "verbose": 0}
        returned = getattr(self.model, method)(**given)
        self._add(method, returned.history if method == "fit" else returned)
        if trace:
            self.found[f"{method}: callbacks"] = " ".join(trace.calls)
            if method == "fit":
                self.found["fit: weights after each epoch"] = np.array(trace.weights)
            if method == "fit" and not given.get("shuffle"):
                self.found["fit: losses of the batches"] = np.array(trace.losses)
        if "train" in method or method == "fit":
            for i, (old, w) in enumerate(zip(before, self.model.weights, strict=True)):
                self._add(f"{method}: change of weight {i}", self.library.numpy(w) - old)
            self.found[f"{method}: iterations"] = str(int(self.model.optimizer.iterations))

    def save(self) -> None:
        """Save the model, and go on with the loaded one."""
        with tempfile.TemporaryDirectory() as folder:
            file = str(Path(folder) / "model.keras")
            self.model.save(file)
            self.model = self.library.keras.saving.load_model(file)

    def _add(self, name: str, value: Any) -> None:
        """Add a returned value: arrays, nested in lists and dicts."""
        parts: Any = value.items() if isinstance(value, dict) else ()
        if isinstance(value, list) and not all(isinstance(x, float) for x in value):
            parts = enumerate(value)
        if not parts:
            value = np.asarray(value)
            self.found[name] = value if value.dtype.kind == "f" else str(value)
        for key, part in parts:
            self._add(f"{name}: {key}", part)


def _arguments(library: Library, described: LibraryObject) -> dict[str, Any]:
    return library.resolve(dict(described.settings))


def _optimizer_under_policy(library: Library, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The optimizer that a model has, compiled under a dtype policy."""
    config = library.keras.config
    before = config.dtype_policy()
    config.set_dtype_policy(settings["policy"])
    try:
        model = MODELS[settings["model"]](library.keras)
        model.compile(**_arguments(library, settings["compile"]))
    finally:
        config.set_dtype_policy(before)
    optimizers = [model.optimizer, getattr(model.optimizer, "inner_optimizer", None)]
    names = " of ".join(type(each).__name__ for each in optimizers if each is not None)
    return {"optimizer": f"{names}, {getattr(model.optimizer, 'initial_scale', 'no scale')}"}


def _trace(library: Library) -> Any:
    """A callback that notes the calls of its hooks, losses of batches and weights of epochs."""
    calls: list[str] = []

    def hook(name: str) -> Any:
        def called(self: Any, *arguments: Any, logs: Any = None) -> None:
            numbers = [str(x) for x in arguments if isinstance(x, int)]
            logs = logs or next((x for x in arguments if isinstance(x, dict)), {})
            names = [] if "batch" in name else sorted(logs)
            calls.append(" ".join([name, *numbers, *names]))
            if name == "train_batch_end":
                self.losses.append(float(logs["loss"]))
            if name == "epoch_end":
                self.weights.append(library.numpy(self.model.weights[-1]).copy())

        return called

    hooks = {f"on_{p}_{w}": hook(f"{p}_{w}") for p in PHASES for w in ("begin", "end")}
    kind = type("Trace", (library.keras.callbacks.Callback,), hooks)
    trace = kind()
    trace.calls, trace.losses, trace.weights = calls, [], []
    return trace


def _one(keras: Any) -> Any:
    """Three scores of classes, with a penalty of the weights."""
    x = keras.Input((4,))
    hidden = keras.layers.Dense(5, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.5))
    scores = keras.layers.Dense(3, name="a")(hidden(x))
    return keras.Model(x, scores)


def _two(keras: Any) -> Any:
    """Two outputs, numbers and probabilities of classes, and a normalization of the batch."""
    numbers, classes, x = _branches(keras)
    return keras.Model(x, [numbers, classes])


def _named(keras: Any) -> Any:
    """The same with the outputs in a dict."""
    numbers, classes, x = _branches(keras)
    return keras.Model(x, {"a": numbers, "b": classes})


def _branches(keras: Any) -> tuple[Any, Any, Any]:
    layers = keras.layers
    x = keras.Input((4,))
    hidden = layers.Dense(5, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.5))(x)
    hidden = layers.BatchNormalization(momentum=0.75)(hidden)
    return layers.Dense(3, name="a")(hidden), layers.Dense(3, "softmax", name="b")(hidden), x


MODELS = {"one output": _one, "two outputs": _two, "named outputs": _named}

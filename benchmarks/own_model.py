"""Loads a user's network in a library, with random data that fit it.

A network is `FILE.keras`, or `FILE.py:function`, where the function returns a model. It has one
parameter, the library (`def build(keras): ...`), or none; then the file says `import keras`, and
that name is bound to minicnn in minicnn's process. `python -m benchmarks --model FILE.keras` loads
it in a process for each library and times it; here it is loaded once:

>>> import tempfile
>>> import minicnn
>>> model = minicnn.Sequential([minicnn.Input((4,)), minicnn.layers.Dense(3, "softmax")])
>>> with tempfile.TemporaryDirectory() as folder:
...     model.save(f"{folder}/mine.keras")
...     task = load(check_file(f"{folder}/mine.keras"), minicnn, 5, {})
>>> task.x.shape, task.y.shape, task.model.loss
((5, 4), (5,), 'sparse_categorical_crossentropy')
"""

from __future__ import annotations

import importlib.util
import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from compare.model.data import LENGTH, drawn

LOSSES = {"softmax": "sparse_categorical_crossentropy", "sigmoid": "binary_crossentropy"}
"""For a model that is not compiled: the loss by the activation of an output."""


class Unusable(Exception):
    """Raised for a network that cannot be timed."""


class Task(NamedTuple):
    """A compiled model with data: `x` and `y` are arrays, or lists where there are several."""

    model: Any
    x: Any
    y: Any


def is_own(network: str) -> bool:
    """Whether a network is named by a file."""
    return network.endswith(".keras") or ".py:" in network


def check_file(network: str) -> str:
    """The network's name, with the file's whole path. Raises Unusable if there is no such file."""
    file, separator, function = network.rpartition(":")
    if not separator or not function.isidentifier():
        file, function = network, ""
    if bool(function) != file.endswith(".py") or not (function or file.endswith(".keras")):
        raise Unusable(f"--model {network}: expected FILE.keras or FILE.py:function.")
    path = Path(file).resolve()
    if not path.is_file():
        raise Unusable(f"--model {network}: there is no file {path}.")
    return f"{path}:{function}" if function else str(path)


def short(network: str) -> str:
    """The network's name in tables: the file's name, with the function."""
    return network.rpartition(os.sep)[2]


def load(network: str, keras: ModuleType, samples: int, compile_settings: dict) -> Task:
    """The compiled model and random data. `compile_settings` is for a model without a loss."""
    model = _model(network, keras)
    if not model.built or not getattr(model, "inputs", None):
        raise Unusable(
            f"the model of {short(network)} has no known input shape: build it from keras.Input, "
            "so that data of the right shape can be made."
        )
    if not model.compiled or not model.loss:
        model.compile(optimizer="adam", loss=_loss(model), **compile_settings)
    x = _one_or_all(drawn(model.inputs, samples, seed=0))
    return Task(model, x, _labels(model, samples))


def _model(network: str, keras: ModuleType) -> Any:
    if network.endswith(".keras"):
        return keras.saving.load_model(network)
    file, _, name = network.rpartition(":")
    if keras.__name__ == "minicnn":
        from minicnn.as_keras import names

        if "keras" not in sys.modules:
            names.bind()
    function = getattr(_module(file), name, None)
    if not callable(function):
        raise Unusable(f"{file} has no function {name}.")
    keras.utils.set_random_seed(0)
    model = function(keras) if _wants_library(function) else function()
    if not isinstance(model, keras.Model):
        raise Unusable(
            f"{short(network)} returned {type(model).__module__}.{type(model).__name__}, not a "
            f"model of {keras.__name__}: make it with the library that the function is given, "
            "`def build(keras): ...`, or with `import keras`."
        )
    return model


def _module(file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmarked_model", file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(Path(file).parent))
    spec.loader.exec_module(module)
    return module


def _wants_library(function: Callable) -> bool:
    needed = [p for p in inspect.signature(function).parameters.values() if p.default is p.empty]
    return len(needed) == 1


def _loss(model: Any) -> list[str] | str:
    """Cross-entropy for outputs that end in softmax or sigmoid, mean squared error for others."""
    losses = [
        LOSSES.get(_last_activation(output), "mean_squared_error") for output in model.outputs
    ]
    return losses[0] if len(losses) == 1 else losses


def _last_activation(output: Any) -> str:
    layer = output._keras_history.operation
    if type(layer).__name__ == "Softmax":
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", "")


def _labels(model: Any, samples: int) -> Any:
    """Random labels that the losses accept."""
    losses = model.loss
    if isinstance(losses, dict):
        losses = [losses.get(name) for name in model.output_names]
    losses = losses if isinstance(losses, (list, tuple)) else [losses] * len(model.outputs)
    random = np.random.default_rng(1)
    return _one_or_all(
        [
            _drawn(random, _name(loss), output, samples)
            for loss, output in zip(losses, model.outputs, strict=True)
        ]
    )


def _name(loss: Any) -> str:
    return loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)


def _drawn(random: np.random.Generator, loss: str, output: Any, samples: int) -> np.ndarray:
    shape, name = (samples, *(n or LENGTH for n in output.shape[1:])), loss.lower()
    if "sparse" in name:
        return random.integers(0, shape[-1], shape[:-1]).astype("int32")
    if "categorical" in name:
        return np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], shape[:-1])]
    if "binary" in name or "hinge" in name:
        return random.integers(0, 2, shape).astype("float32")
    return random.random(shape, "float32")


def _one_or_all(arrays: list[np.ndarray]) -> Any:
    return arrays[0] if len(arrays) == 1 else arrays

"""minicnn: Keras 3's names and results for CNNs, in code that can be read, checked and timed.

>>> import minicnn as keras
>>> model = keras.Sequential([keras.Input((28, 28, 1)), keras.layers.Conv2D(32, 3)])
>>> model.output_shape
(None, 26, 26, 32)

A name is imported when it is first used, so that `import minicnn` costs next to nothing.
"""

import importlib
from typing import Any

from minicnn.version import __version__

_MODULES = (
    "activations analysis autodiff backend callbacks config constraints data datasets "
    "dtype_policies initializers layers losses metrics mixed_precision models ops optimizers "
    "preprocessing random regularizers saving testing trainers tree utils visualization "
    "wrappers"
).split()

# What is imported for a name; it is found in the last of these modules. Tensors have operators, and
# variables know initializers, once the packages above them are imported.
_HOME = {
    "Callback": "callbacks",
    "DTypePolicy": "dtype_policies",
    "FloatDTypePolicy": "dtype_policies",
    "Function": "ops.symbolic.function",
    "Functional": "models",
    "GradientTape": "initializers autodiff",
    "Initializer": "initializers",
    "Input": "layers",
    "InputSpec": "layers",
    "KerasTensor": "ops.symbolic.keras_tensor",
    "Layer": "layers",
    "Loss": "losses",
    "Metric": "metrics",
    "Model": "models",
    "Operation": "ops.symbolic.operation",
    "Optimizer": "optimizers",
    "Regularizer": "regularizers",
    "Sequential": "models",
    "Tensor": "initializers autodiff",
    "Variable": "initializers autodiff",
    "name_scope": "common.name_scope",
}

__all__ = sorted([*_HOME, *_MODULES, "__version__"])


def __getattr__(name: str) -> Any:
    if name in _HOME:
        for module in _HOME[name].split():
            found = importlib.import_module(f"minicnn.{module}")
        return getattr(found, name)
    if name in _MODULES:
        return importlib.import_module(f"minicnn.{name}")
    return importlib.import_module("minicnn.common.keras_names").missing_in(__name__)(name)


def __dir__() -> list[str]:
    return __all__

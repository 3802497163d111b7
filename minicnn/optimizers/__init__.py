"""Optimizers: how variables change when the gradients of the loss are known.

Every optimizer is one short file; `optimizer.py` is what they have in common, and
`minicnn/backend/numpy/optimizers.py` has the arithmetic of the most used ones.
"""

from __future__ import annotations

from typing import Any

from minicnn.common import keras_names
from minicnn.optimizers import schedules
from minicnn.optimizers.adadelta import Adadelta
from minicnn.optimizers.adafactor import Adafactor
from minicnn.optimizers.adagrad import Adagrad
from minicnn.optimizers.adam import Adam, AdamW
from minicnn.optimizers.adamax import Adamax
from minicnn.optimizers.ftrl import Ftrl
from minicnn.optimizers.lamb import Lamb
from minicnn.optimizers.lion import Lion
from minicnn.optimizers.loss_scale_optimizer import LossScaleOptimizer
from minicnn.optimizers.multi_optimizer import MultiOptimizer, OptimizerMap
from minicnn.optimizers.muon import Muon
from minicnn.optimizers.nadam import Nadam
from minicnn.optimizers.optimizer import Optimizer
from minicnn.optimizers.rmsprop import RMSprop
from minicnn.optimizers.schedule_free_adamw import ScheduleFreeAdamW
from minicnn.optimizers.sgd import SGD
from minicnn.serialization.named_objects import NamedObjects
from minicnn.serialization.serialize import serialize_keras_object

_CLASSES = (
    *(Adadelta, Adafactor, Adagrad, Adam, Adamax, AdamW, Ftrl, Lamb, Lion),
    *(LossScaleOptimizer, MultiOptimizer, Muon, Nadam, Optimizer, RMSprop, ScheduleFreeAdamW, SGD),
)
_OPTIMIZERS = NamedObjects("optimizer", {cls.__name__.lower(): cls for cls in _CLASSES})


def get(identifier: Any) -> Optimizer | None:
    """The optimizer that a name (in any case), a config or an optimizer means; None stays None.

    >>> get("Adam").epsilon
    1e-07
    """
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        identifier = _OPTIMIZERS.get(_known_case(identifier))
    if identifier is None or isinstance(identifier, Optimizer):
        return identifier
    raise ValueError(
        f"Could not interpret optimizer identifier: {identifier}. Expected a name such as 'adam', "
        "an optimizer such as keras.optimizers.Adam(), or its config."
    )


def serialize(optimizer: Any) -> dict[str, Any]:
    """The optimizer as a dict that `deserialize` reads."""
    return serialize_keras_object(optimizer)


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The optimizer that `serialize` described. The case of the library's own names is free."""
    config = {**config, "class_name": _known_case(config["class_name"])}
    return _OPTIMIZERS.deserialize(config, custom_objects)


def _known_case(name: str) -> str:
    return name.lower() if name.lower() in _OPTIMIZERS.known else name


__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

__getattr__ = keras_names.missing_in(__name__)

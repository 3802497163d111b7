"""Initializers: the first values of weights.

`get("he_normal")` returns the initializer that `kernel_initializer="he_normal"` means. It is called
with a shape and a type.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.autodiff import ArrayLike, first_value
from minicnn.common import keras_names
from minicnn.common.dtypes import standardize_dtype
from minicnn.common.shapes import standardize_shape
from minicnn.initializers.constant_initializers import Constant, Identity, Ones, Zeros
from minicnn.initializers.initializer import Initializer
from minicnn.initializers.orthogonal import Orthogonal
from minicnn.initializers.random_initializers import RandomNormal, RandomUniform, TruncatedNormal
from minicnn.initializers.stft import STFT
from minicnn.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
    compute_fans,
)
from minicnn.serialization.named_objects import NamedObjects, by_name
from minicnn.serialization.serialize import serialize_keras_object

constant = Constant
glorot_normal = GlorotNormal
glorot_uniform = GlorotUniform
he_normal = HeNormal
he_uniform = HeUniform
identity = IdentityInitializer = Identity
lecun_normal = LecunNormal
lecun_uniform = LecunUniform
ones = Ones
orthogonal = OrthogonalInitializer = Orthogonal
random_normal = RandomNormal
random_uniform = RandomUniform
stft = STFTInitializer = STFT
truncated_normal = TruncatedNormal
variance_scaling = VarianceScaling
zeros = Zeros

_CLASSES = (
    *(Constant, Identity, Initializer, Ones, Orthogonal, STFT, VarianceScaling, Zeros),
    *(RandomNormal, RandomUniform, TruncatedNormal),
    *(GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform),
)
_INITIALIZERS = NamedObjects(
    "initializer",
    {
        **by_name(_CLASSES),
        "IdentityInitializer": Identity,
        "OrthogonalInitializer": Orthogonal,
        "STFTInitializer": STFT,
        "normal": RandomNormal,
        "one": Ones,
        "uniform": RandomUniform,
        "zero": Zeros,
    },
)
deserialize = _INITIALIZERS.deserialize


def get(identifier: Any) -> Any:
    """The initializer that a name, a config, a class, an array or a callable means.

    An array is the values of a weight of its shape. None stays None.

    >>> get("he_normal").scale
    2.0
    """
    if isinstance(identifier, (ArrayLike, np.ndarray, np.generic)):
        return functools.partial(_given_values, identifier)
    return _INITIALIZERS.get(identifier)


def serialize(initializer: Any) -> dict[str, Any]:
    """The config of the initializer."""
    return serialize_keras_object(initializer)


def _given_values(values: Any, shape: Any, dtype: str | None = None) -> Any:
    if standardize_shape(shape) != tuple(values.shape):
        raise ValueError(
            f"Expected `shape` to be {tuple(values.shape)}, as the initializer is an array of "
            f"that shape. Received: shape={tuple(shape)}"
        )
    return ops.cast(ops.convert_to_tensor(values), standardize_dtype(dtype))


first_value.lookup.find_initializer = staticmethod(get)

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "RandomNormal",
    "RandomUniform",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "compute_fans",
    "deserialize",
    "get",
    "serialize",
]

__getattr__ = keras_names.missing_in(__name__)

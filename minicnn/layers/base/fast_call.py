"""Calls that need no preparation, which is what nearly all calls of layers are.

A layer's call takes care of much that is rarely there: arguments that are not tensors, symbolic
ones, masks, types to convert, weights to make, penalties. Where a finished layer (or model) of this
library gets a single float32 tensor, and knows whether it trains, none of it is, and `call` may be
called at once. In a small network the difference is most of the time of a step.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.autodiff.variable import autocast_dtype
from minicnn.common.python_utils import is_default
from minicnn.layers.base.call_arguments import CallArguments, call_signature, unbound_signature
from minicnn.layers.base.call_context import (
    ERRORS_OF_LAYERS,
    calling,
    name_layer,
    surrounding_values,
)
from minicnn.layers.base.input_spec import assert_input_compatibility

FLOAT32 = np.dtype("float32")


def is_routine(layer: Any, x: Tensor, keywords: dict[str, Any]) -> bool:
    """Whether `layer(x, **keywords)` is nothing but `layer.call(x)`.

    Whether it trains is known from the call around, or from the keyword of an outermost call.
    """
    if not layer._called or not layer._built:
        return False
    around = surrounding_values()
    training = (keywords if around is None else around).get("training")
    if training is None or (keywords and keywords != {"training": training}):
        return False
    return (
        _is_of_this_library(type(layer))
        and x.array.dtype == FLOAT32
        and layer.activity_regularizer is None
        and layer._dtype_policy.name == "float32"
        and autocast_dtype() in (None, "float32")
        and len(layer._call_context_args) == 1
        and getattr(x, "_keras_mask", None) is None
    )


def routine_call(layer: Any, x: Tensor, keywords: dict[str, Any]) -> Any:
    """The layer's result for one tensor."""
    if surrounding_values() is not None:
        return _call(layer, x)
    with calling(layer) as around:
        around.update(keywords)
        return _call(layer, x)


def _call(layer: Any, x: Tensor) -> Any:
    try:
        seen = (layer.input_spec, x.array.shape[1:])
        if layer.__dict__.get("_input_seen") != seen:
            if layer.input_spec is not None:
                assert_input_compatibility(layer.input_spec, x, layer_name=layer.name)
            layer.__dict__["_input_seen"] = seen
        if _takes_training(type(layer)):
            return layer.call(x, training=surrounding_values()["training"])
        return layer.call(x)
    except ERRORS_OF_LAYERS as error:
        name_layer(error, layer, CallArguments(call_signature(layer), (x,), {}))
        raise


@functools.lru_cache(maxsize=1024)
def _is_of_this_library(kind: type) -> bool:
    """Whether the class is the library's, and neither makes masks nor has a `__call__` of its own.

    What others have written may make variables, or look at what surrounds the call.
    """
    own = kind.__module__.startswith("minicnn.")
    return own and is_default(kind.__call__) and is_default(kind.compute_mask)


@functools.lru_cache(maxsize=1024)
def _takes_training(kind: type) -> bool:
    return "training" in unbound_signature(kind.call).names

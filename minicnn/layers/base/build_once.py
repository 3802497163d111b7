"""`build` runs once, in the layer's name scope; after it the layer gets no new weights."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.common.build_once import building, is_being_built
from minicnn.common.name_scope import innermost_caller
from minicnn.layers.base.check_input import assert_input_compatibility
from minicnn.layers.base.ownership_cache import clear_ownership_cache
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def whole_build(build: Callable) -> Callable:
    """Makes `build` open the layer's name scope and record the shapes, and run as a whole or not.

    A subclass's `build` may call that of its parent: only the outermost one is the whole. An
    exception in it leaves the layer as it was before.

    A built layer gets no second set of weights: a `build` that makes some is refused, but for one
    that is called by the layer around, which then keeps what it is given.
    """
    parameters = tuple(inspect.signature(build).parameters)[1:]

    @functools.wraps(build)
    def wrapped(self, *args: Any, **kwargs: Any) -> None:
        if is_being_built(self):
            with self._open_name_scope():
                build(self, *args, **kwargs)
            return
        shapes = dict(zip(parameters, args, strict=False)) | kwargs
        if self._built and self._locked and innermost_caller() not in (None, self):
            _check_fits(self, shapes)  # a part of another layer, and it has its weights
            return
        try:
            with building(self), self._open_name_scope():
                if not self._locked:
                    self.__dict__["_build_shapes_dict"] = shapes
                build(self, *args, **kwargs)
                self._locked = True
                self._built = True
        finally:
            clear_ownership_cache()

    return wrapped


def _check_fits(layer: Any, shapes: dict[str, Any]) -> None:
    """Refuses to build a layer again for inputs that it does not take."""
    shape = next(iter(shapes.values()), None)
    if len(shapes) == 1 and shape is not None and layer.input_spec is not None:
        inputs = tree.map_shape_structure(lambda s: KerasTensor(s, layer.compute_dtype), shape)
        assert_input_compatibility(layer.input_spec, inputs, layer.name)


def given_input_shape(kwargs: dict[str, Any]) -> tuple | None:
    """Takes the older arguments that say a model's input shape out of a layer's arguments.

    >>> given_input_shape({"input_shape": (28, 28, 1)})
    (28, 28, 1)
    """
    batch_shape = kwargs.pop("batch_input_shape", None) or kwargs.pop("batch_shape", None)
    if batch_shape is not None:
        return tuple(batch_shape)[1:]
    length = kwargs.pop("input_dim", None)
    if length is not None:
        return (length,)
    shape = kwargs.pop("input_shape", None)
    return None if shape is None else tuple(shape)

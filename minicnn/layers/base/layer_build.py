"""Building: when a layer makes its weights, and for which shapes."""

from __future__ import annotations

from typing import Any

from minicnn import tree
from minicnn.common.build_once import build_lock, is_being_built
from minicnn.common.python_utils import default, is_default
from minicnn.layers.base.call_arguments import CallArguments
from minicnn.layers.base.shapes_for import shapes_for
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.outlining import outline


class LayerBuild:
    """`build` and `built` of a layer."""

    @property
    def built(self) -> bool:
        """Whether all weights are there."""
        return (
            self._built
            or (self._built_early and is_being_built(self))
            or (is_default(self.build) and not self._has_unbuilt_layers())
        )

    @built.setter
    def built(self, value: bool) -> None:
        if value and is_being_built(self):  # other threads are to see it when `build` has ended
            self._built_early = True
        else:
            self._built = value

    @default
    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of this shape. A subclass with weights overrides it."""
        self._check_super_called()
        if input_shape is not None and self._has_unbuilt_layers():
            shapes = tree.map_shape_structure(
                lambda s: KerasTensor(s, self.compute_dtype), input_shape
            )
            with self._open_name_scope():
                outline(self.call, shapes)
        if not self._locked:
            self._build_shapes_dict = {"input_shape": input_shape}
        self.built = True
        self._locked = not is_being_built(self)

    def _has_unbuilt_layers(self) -> bool:
        # Asking each layer whether it is `built` would not end where one refers back to its owner.
        return any(
            not layer._built and not is_default(layer.build)
            for layer in self._flatten_layers(include_self=False)
        )

    def _maybe_build(self, arguments: CallArguments) -> None:
        if is_default(self.build):
            # Its state was made in `__init__`; layers inside build themselves when they are called.
            if self._build_shapes_dict is None or not self._built:
                self._build_shapes_dict = arguments.shapes()
            if not self._built and not self._locked:
                self._locked = not self._has_unbuilt_layers()
            return
        if self._built:
            return
        with build_lock(self):
            if not self.built:
                self._build_for(arguments)

    def _build_for(self, arguments: CallArguments) -> None:
        shapes = arguments.shapes()
        with self._open_name_scope():
            self.build(**shapes_for(self.build, shapes, arguments.signature, type(self).__name__))
            self._check_input(arguments.first)

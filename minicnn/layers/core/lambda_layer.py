"""The layer that applies a given function."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.layers.base.layer import Layer
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.outlining import outline


class Lambda(Layer):
    """Applies a given function: `y = function(x)`.

    It has no weights, and can be saved only if the function has a registered name. For more, write
    a subclass of `Layer`.

    Backward: `x̄ = ȳ ⊙ function'(x)`, found by automatic differentiation.

    Args:
        function: what to compute, from the input and, where it takes them, `mask` and `training`.
        output_shape: the output's shape without the batch axis, or a function from shape to shape;
            found from the function if not given.
        mask: the output's mask, or a function from inputs and mask to it.
        arguments: further arguments of the function.

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Lambda(lambda x: x**2)(keras.ops.array([3.0]))
        Tensor([9.], dtype=float32)
    """

    def __init__(
        self,
        function: Callable,
        output_shape: Any = None,
        mask: Any = None,
        arguments: dict[str, Any] | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.supports_masking = mask is not None
        self.function = function
        self.arguments = arguments or {}
        self.mask = mask
        self._output_shape = output_shape
        self._takes = set(inspect.signature(function).parameters) & {"mask", "training"}

    def call(self, inputs: Any, mask: Any = None, training: bool | None = None) -> Any:
        """Applies the function."""
        given = {"mask": mask, "training": training}
        return self.function(inputs, **self.arguments, **{k: given[k] for k in sorted(self._takes)})

    def compute_output_spec(
        self, inputs: Any, mask: Any = None, training: bool | None = None
    ) -> Any:
        """The output's outline: given, or found by calling the function on symbolic tensors."""
        if self._output_shape is None:
            return outline(self.call, inputs, mask=mask, training=training)
        shapes = tree.map_structure(lambda x: x.shape, inputs)
        return tree.map_shape_structure(
            lambda s: KerasTensor(s, self.compute_dtype), self.compute_output_shape(shapes)
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The output's shape: given, or found by calling the function on symbolic tensors."""
        if self._output_shape is None:
            inputs = tree.map_shape_structure(
                lambda s: KerasTensor(s, self.compute_dtype), input_shape
            )
            return tree.map_structure(lambda x: x.shape, outline(self.call, inputs))
        if callable(self._output_shape):
            return self._output_shape(input_shape)
        first = tree.flatten(input_shape)[0]
        return (first, *self._output_shape)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The output's mask, as given."""
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def get_config(self) -> dict[str, Any]:
        """The function by its registered name, and its arguments."""
        from minicnn.serialization import serialization_lib

        config = super().get_config()
        config["function"] = serialization_lib.serialize_keras_object(self.function)
        config["arguments"] = serialization_lib.serialize_keras_object(self.arguments)
        if self._output_shape is not None:
            config["output_shape"] = (
                serialization_lib.serialize_keras_object(self._output_shape)
                if callable(self._output_shape)
                else self._output_shape
            )
        if self.mask is not None:
            config["mask"] = serialization_lib.serialize_keras_object(self.mask)
        return config

    @classmethod
    def from_config(
        cls,
        config: dict[str, Any],
        custom_objects: dict | None = None,
        safe_mode: bool | None = None,
    ) -> Any:
        """Makes the layer again; a function is found by its name, never read from the file."""
        from minicnn.serialization import serialization_lib

        config = dict(config)
        for name in ("function", "output_shape", "mask", "arguments"):
            if isinstance(config.get(name), dict):
                config[name] = serialization_lib.deserialize_keras_object(
                    config[name], custom_objects=custom_objects, safe_mode=safe_mode
                )
        return cls(**config)

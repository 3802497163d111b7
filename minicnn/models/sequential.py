"""`Sequential`: a model that is a list of layers."""

from __future__ import annotations

import inspect
from typing import Any

from minicnn.common.build_once import all_or_nothing, restore_on_error
from minicnn.common.shapes import standardize_shape
from minicnn.common.suggest import shown
from minicnn.layers.base.layer import Layer
from minicnn.layers.core.input_layer import InputLayer
from minicnn.models.functional import Functional
from minicnn.models.model import Model
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.outlining import recording_nodes
from minicnn.serialization import serialization_lib


class Sequential(Model):
    """A list of layers, each applied to the result of the one before.

    The model is built as soon as the input shape is known: from an `Input` in first place, from
    the first layer's `input_shape=`, or from the first data.

    Args:
        layers: the layers, to begin with.
        trainable: whether training changes the weights.
        name: made up if not given.

    Example:
        >>> import minicnn as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
        >>> model.output_shape
        (None, 2)
    """

    def __new__(cls, *args: Any, **kwargs: Any):
        return super().__new__(cls, *args, **kwargs)

    _saves_layers_by_class = True

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None):
        super().__init__(trainable=trainable, name=name)
        self._functional: Functional | None = None
        self._built_by_data = False
        self._stack: list[Layer] = []
        self._append(layers or [])
        self.built = False
        if self._stack:
            self._maybe_rebuild()

    def add(self, layer: Any, rebuild: bool = True) -> None:
        """Puts a layer at the end."""
        with all_or_nothing(self):
            self._append([layer])
            if rebuild:
                self._maybe_rebuild()

    def _append(self, layers: Any) -> None:
        by_name = {layer.name: layer for layer in self._stack}
        for layer in layers:
            first_shape = getattr(layer, "_input_shape_arg", None)
            if not self._stack and first_shape is not None:
                self._stack.append(InputLayer(shape=first_shape))
            if hasattr(layer, "_keras_history") and isinstance(
                layer._keras_history.operation, InputLayer
            ):
                layer = layer._keras_history.operation
            self._check_can_be_added(layer, by_name)
            self._stack.append(layer)
            by_name[layer.name] = layer
            self.built, self._functional = False, None

    def _check_can_be_added(self, layer: Any, by_name: dict[str, Layer]) -> None:
        if not isinstance(layer, Layer):
            raise ValueError(
                "Only instances of `keras.Layer` can be added to a Sequential model. "
                f"Received: {layer} (of type {type(layer)})"
            )
        if by_name.get(layer.name, layer) is not layer:
            raise ValueError(
                "All layers added to a Sequential model should have unique names. Name "
                f"'{layer.name}' is already the name of a layer in this model. Update the `name` "
                "argument to pass a unique name."
            )
        if isinstance(layer, InputLayer) and self._stack and isinstance(self._stack[0], InputLayer):
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{self._stack[0].batch_shape}. You cannot add a different Input layer to it."
            )

    def pop(self, rebuild: bool = True) -> Layer:
        """Removes the last layer and returns it."""
        with all_or_nothing(self):
            layer = self._stack.pop()
            self.built, self._functional = False, None
            if rebuild and self._stack:
                self._maybe_rebuild()
        return layer

    def _maybe_rebuild(self) -> None:
        first = self._stack[0]
        if len(self._stack) > 1 and isinstance(first, InputLayer):
            self.build(first.batch_shape)
        elif len(self._stack) > 1 and isinstance(getattr(first, "input_shape", None), tuple):
            self.build(first.input_shape)

    def build(self, input_shape: Any = None) -> None:
        """Builds the layers for inputs of this shape (with the batch axis)."""
        try:
            input_shape = standardize_shape(input_shape)
        except (ValueError, TypeError):
            return
        if not self._stack:
            raise ValueError(
                f"Sequential model {self.name} cannot be built because it has no layers. "
                "Call `model.add(layer)`."
            )
        first = self._stack[0]
        if not isinstance(first, InputLayer):
            first = InputLayer(batch_shape=input_shape, dtype=first.compute_dtype)
            self._built_by_data = True
            self._stack.insert(0, first)
        elif first.batch_shape != input_shape:
            raise ValueError(
                f"Sequential model '{self.name}' has already been configured to use input shape "
                f"{first.batch_shape}. You cannot build it with input_shape {input_shape}"
            )
        with recording_nodes():
            self._build_graph(first.output)

    def _build_graph(self, x: Any) -> None:
        """Calls one layer after the other on a symbolic input."""
        first = x
        for layer in self._stack:
            restore_on_error(layer)
        for layer in self._stack[1:]:
            try:
                x = layer(x)
            except NotImplementedError:
                # Its shapes cannot be computed in advance, so the layers are applied one by one.
                return
            except TypeError:
                _check_takes_one_input(layer)
                raise
        self._functional = Functional(first, x)

    def _refuse_new_state(self) -> None:
        """Allows adding layers to a built model."""

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """Applies the layers one after the other."""
        if self._functional:
            return self._functional.call(inputs, training=training, mask=mask, **kwargs)
        for layer in self.layers:
            inputs = layer(inputs, **kwargs)
        return inputs

    def compute_output_spec(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> Any:
        """The outline of the output."""
        if self._functional:
            return self._functional.compute_output_spec(inputs, training=training, mask=mask)
        for layer in self.layers:
            inputs = layer.compute_output_spec(inputs)
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the output for inputs of this shape."""
        if self._functional:
            return self._functional.compute_output_shape(input_shape)
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input."""
        return [layer for layer in self._stack if not isinstance(layer, InputLayer)]

    @layers.setter
    def layers(self, _: Any) -> None:
        raise AttributeError(
            "`Sequential.layers` attribute is reserved and should not be used. "
            "Use `add()` and `pop()` to change the layers in this model."
        )

    def _of_graph(self, what: str) -> Any:
        if self._functional is None:
            raise AttributeError(
                f"Sequential model '{self.name}' has no defined {what.replace('_', ' ')} yet. "
                "Begin it with `keras.Input(shape)`, or call it on data."
            )
        return getattr(self._functional, what)

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic input, in a list."""
        return self._of_graph("inputs")

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic output, in a list."""
        return self._of_graph("outputs")

    @property
    def input_shape(self) -> Any:
        """Shape of the input."""
        return self._of_graph("input_shape")

    @property
    def output_shape(self) -> Any:
        """Shape of the output."""
        return self._of_graph("output_shape")

    @property
    def input_dtype(self) -> str:
        """Type that inputs are cast to: that of the first layer."""
        return self._stack[0].compute_dtype if self._stack else super().input_dtype

    @property
    def input_spec(self) -> Any:
        """The rank and shape that the input must have; None if the first data built the model."""
        if self.__dict__.get("_functional") and not self._built_by_data:
            return self._functional.input_spec
        return self._manual_input_spec

    @input_spec.setter
    def input_spec(self, value: Any) -> None:
        self._manual_input_spec = value

    def get_config(self) -> dict[str, Any]:
        """The layers, from which `from_config` makes an equal model, without the weights."""
        config = super(Model, self).get_config()
        config = {key: config[key] for key in ("name", "trainable", "dtype")}
        config["layers"] = [
            serialization_lib.serialize_keras_object(layer) for layer in self._stack
        ]
        if self.built and self._functional is not None:
            config["build_input_shape"] = self._stack[0].batch_shape
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Sequential:
        """Makes a model from what `get_config` returned."""
        if not {"name", "layers"} <= set(config):
            raise ValueError(
                "A Sequential model configuration must be a dictionary containing the 'name' and "
                f"'layers' keys. Received: config={shown(config)}"
            )
        model = cls(name=config["name"])
        if not isinstance(config["layers"], list):
            raise ValueError(
                f"Expected 'layers' of the Sequential model '{model.name}' to be a list. Received: "
                f"{shown(config['layers'])}"
            )
        model._append(_layer_from(layer, model, custom_objects) for layer in config["layers"])
        build_input_shape = config.get("build_input_shape")
        if model._stack:
            model._maybe_rebuild()
        if not model._functional and model._stack and isinstance(build_input_shape, (tuple, list)):
            model.build(build_input_shape)
        return model


def _layer_from(layer_config: Any, model: Sequential, custom_objects: dict | None) -> Any:
    from minicnn.serialization import serialization_lib

    if not isinstance(layer_config, dict) or "config" not in layer_config:
        raise ValueError(
            f"A layer of the Sequential model '{model.name}' has no configuration. Expected a "
            f"dictionary containing a 'config' key. Received: {shown(layer_config)}"
        )
    return serialization_lib.deserialize_keras_object(layer_config, custom_objects=custom_objects)


def _check_takes_one_input(layer: Layer) -> None:
    parameters = inspect.signature(layer.call).parameters.values()
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [p.name for p in positional if p.default is p.empty]
    if len(required) > 1 or not positional:
        raise ValueError(
            "Layers added to a Sequential model can only have a single required positional "
            f"argument, the input tensor. Layer {type(layer).__name__} has the required positional "
            f"arguments {required}."
        )

"""A recurrent layer in both directions."""

from __future__ import annotations

from typing import Any

from minicnn import ops, tree
from minicnn.common.errors import make_from_config
from minicnn.common.shapes import Shape
from minicnn.layers.base.call_arguments import call_signature
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of
from minicnn.serialization import serialization_lib

MERGE = {
    "concat": lambda y, z: ops.concatenate([y, z], axis=-1),
    "sum": lambda y, z: y + z,
    "ave": lambda y, z: (y + z) / 2,
    "mul": lambda y, z: y * z,
    None: lambda y, z: (y, z),
}
"""How the outputs of both directions become one."""


class Bidirectional(Layer):
    """Runs a copy of a recurrent layer forwards and one backwards, and merges their outputs.

    The weights are new ones. In sequences, the output of masked steps is zeros.

    For sequences `y[t] = merge(f(x)[t], b(x)[t])`, with f the layer that runs forwards and b the
    other.

    Backward: `x̄[t] = x̄_f[t] + x̄_b[t]`, the gradients of both directions.

    Args:
        layer: an `RNN`, or a layer with its flags.
        merge_mode: "concat" (twice as long), "sum", "ave" (the mean), "mul", or None for both.
        weights: first values of the weights: those of the forward layer, then the other's.
        backward_layer: the layer that runs backwards, with `go_backwards=True`; a copy of the
            other by default.

    Source: Schuster, Paliwal, "Bidirectional recurrent neural networks" (1997).

    Example:
        >>> import minicnn as keras
        >>> keras.layers.Bidirectional(keras.layers.LSTM(4))(keras.ops.ones((2, 5, 3))).shape
        (2, 8)
    """

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Layer | None = None,
        **kwargs: Any,
    ):
        if not isinstance(layer, Layer):
            raise ValueError(
                "Please initialize `Bidirectional` layer with a `keras.layers.Layer` instance. "
                f"Received: {layer}"
            )
        if backward_layer is not None and not isinstance(backward_layer, Layer):
            raise ValueError(
                "`backward_layer` need to be a `keras.layers.Layer` instance. "
                f"Received: {backward_layer}"
            )
        if merge_mode not in MERGE:
            raise ValueError(
                f"Invalid merge mode. Received: {merge_mode}. Merge mode should be one of "
                '{"sum", "mul", "ave", "concat", None}'
            )
        super().__init__(**kwargs)
        self.forward_layer = _copy(layer, "forward")
        self.backward_layer = backward_layer or _copy(layer, "backward", go_backwards=True)
        self._check_layers()
        for one in (self.forward_layer, self.backward_layer):
            if hasattr(layer, "use_cudnn"):
                one.use_cudnn = layer.use_cudnn
            if hasattr(one, "zero_output_for_mask"):
                one.zero_output_for_mask = one.return_sequences
        self.merge_mode = merge_mode
        self._first_weights = weights
        self.stateful = layer.stateful
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.supports_masking = True
        self.input_spec = layer.input_spec

    settings = settings_of(__init__, without=("layer", "weights", "backward_layer"))

    def _check_layers(self) -> None:
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                "Forward layer and backward layer should have different `go_backwards` value. "
                f"Received: forward_layer.go_backwards {forward.go_backwards}, "
                f"backward_layer.go_backwards={backward.go_backwards}"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            one, other = getattr(forward, name), getattr(backward, name)
            if one != other:
                raise ValueError(
                    "Forward layer and backward layer are expected to have the same value for "
                    f'attribute "{name}", got "{one}" for forward layer and "{other}" for backward '
                    "layer"
                )

    def build(self, sequences_shape: Shape, initial_state_shape: Any = None) -> None:
        """Builds both layers."""
        for layer in (self.forward_layer, self.backward_layer):
            if not layer.built:
                with layer._open_name_scope():
                    layer.build(sequences_shape)
        if self._first_weights:
            self.set_weights(self._first_weights)

    def call(
        self,
        sequences: Any,
        initial_state: Any = None,
        mask: Any = None,
        training: bool | None = None,
    ) -> Any:
        """Runs both layers and merges; of `initial_state` each gets one half."""
        half = None if initial_state is None else len(initial_state) // 2
        first, second = (
            (None, None) if half is None else (initial_state[:half], initial_state[half:])
        )
        y, states = self._run(self.forward_layer, sequences, first, mask, training)
        z, more_states = self._run(self.backward_layer, sequences, second, mask, training)
        if self.return_sequences:
            z = ops.flip(z, axis=1)
        merged = MERGE[self.merge_mode](y, z)
        if not self.return_state:
            return merged
        return *(merged if self.merge_mode is None else (merged,)), *states, *more_states

    def _run(self, layer: Layer, x: Any, state: Any, mask: Any, training: Any) -> tuple:
        told = {"training": training, "mask": mask}
        told = {k: v for k, v in told.items() if call_signature(layer).accepts(k)}
        result = layer(x, initial_state=state, **told)
        y, *states = result if self.return_state else (result,)
        return ops.cast(y, self.compute_dtype), states

    def compute_output_shape(self, sequences_shape: Shape, initial_state_shape: Any = None) -> Any:
        """The layer's, with its last axis doubled for "concat"; twice for None."""
        shape = self.forward_layer.compute_output_shape(sequences_shape)
        output, *states = shape if self.return_state else (shape,)
        if self.merge_mode == "concat":
            output = (*output[:-1], 2 * output[-1])
        outputs = (output,) if self.merge_mode else (output, output)
        if self.return_state:
            return *outputs, *states, *states
        return outputs if self.merge_mode is None else output

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the outputs of all steps; none for last outputs or states."""
        mask = tree.flatten(mask)[0] if tree.is_nested(mask) else mask
        mask = mask if self.return_sequences else None
        masks = (mask,) if self.merge_mode else (mask, mask)
        if self.return_state:
            return *masks, *(None for _ in range(2 * len(self.forward_layer.state_size)))
        return masks if self.merge_mode is None else mask

    @property
    def states(self) -> tuple | None:
        """The variables with the states of both layers, if they are stateful."""
        both = [layer.states for layer in (self.forward_layer, self.backward_layer)]
        return (*both[0], *both[1]) if all(both) else None

    def reset_state(self) -> None:
        """Sets the states that are kept between batches to zeros."""
        if not self.stateful:
            raise AttributeError("Layer must be stateful.")
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    reset_states = reset_state

    def get_config(self) -> dict[str, Any]:
        """The arguments, with both layers."""
        layers = {"layer": self.forward_layer, "backward_layer": self.backward_layer}
        serialize = serialization_lib.serialize_keras_object
        return {**super().get_config(), **{name: serialize(one) for name, one in layers.items()}}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict | None = None) -> Any:
        """Makes both layers again, with new weights."""
        config = dict(config)
        for name in ("layer", "backward_layer"):
            if config.get(name) is not None:
                config[name] = serialization_lib.deserialize_keras_object(
                    config[name], custom_objects=custom_objects
                )
        return make_from_config(cls, config)


def _copy(layer: Layer, direction: str, **settings: Any) -> Layer:
    """A layer with the same settings, and new weights."""
    config = serialization_lib.serialize_keras_object(layer)
    name = f"{direction}_{layer.name.removeprefix(direction + '_')}"
    config = {**config, "config": {**config["config"], **settings, "name": name}}
    return serialization_lib.deserialize_keras_object(config)

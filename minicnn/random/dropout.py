"""Dropout: sets random elements to zero; differentiable."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.autodiff import Tensor
from minicnn.autodiff.seed_generator import draw_key
from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op
from minicnn.ops.symbolic.keras_tensor import KerasTensor, is_keras_tensor
from minicnn.ops.symbolic.operation import Operation
from minicnn.random.distributions import Seed


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Seed = None) -> Tensor:
    """Sets each element to 0 with probability `rate`, and divides the others by 1 − rate.

    So the expected value does not change. Source: Srivastava et al., "Dropout: a simple way to
    prevent neural networks from overfitting" (2014), §10, in the form that scales during training.

    Args:
        inputs: a tensor of any shape.
        rate: the probability of zero, 0 to 1.
        noise_shape: the shape of the random mask, which is broadcast to that of `inputs`; None in
            it means the length of `inputs` on that axis. (batch, 1, 1, channels) drops whole
            channels of images.
        seed: an integer, a `SeedGenerator`, or None.

    Example:
        >>> import minicnn as keras
        >>> halved = keras.random.dropout(keras.ops.ones((8, 8)), 0.5, seed=3)
        >>> sorted(set(halved.numpy().ravel().tolist()))
        [0.0, 2.0]
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"`rate` must be a number from 0 to 1. Received: rate={rate}")
    if is_keras_tensor(inputs):
        return Dropout(rate, noise_shape, seed).symbolic_call(inputs)
    inputs = ops.convert_to_tensor(inputs)
    if rate == 0:
        return inputs
    if rate == 1:
        return ops.zeros_like(inputs)
    return drop(inputs, draw_key(seed), rate, _mask_shape(inputs.shape, noise_shape))


@op(
    "inputs",
    spec=specs.like_first,
    # The mask is not stored: from the same key comes the same mask.
    vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key, rate, mask_shape),
)
def drop(inputs, key, rate, mask_shape):
    """Dropout with a given key."""
    if mask_shape == inputs.shape:
        return kernels.dropout(inputs, rate, key)
    return inputs * kernels.dropout_mask(key, mask_shape, rate, inputs.dtype)


class Dropout(Operation):
    """The operation `dropout` in a graph; it draws a new mask whenever the graph is run."""

    def __init__(self, rate: float, noise_shape: Any = None, seed: Seed = None, *, name=None):
        super().__init__(name=name)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any) -> Tensor:
        """Apply dropout to the inputs."""
        return dropout(inputs, self.rate, self.noise_shape, self.seed)

    def compute_output_spec(self, inputs: KerasTensor) -> KerasTensor:
        """The shape and type of the inputs."""
        return KerasTensor(inputs.shape, inputs.dtype)


def _mask_shape(shape: tuple[int, ...], noise_shape: Any) -> tuple[int, ...]:
    if noise_shape is None:
        return shape
    if len(noise_shape) != len(shape):
        raise ValueError(
            "`noise_shape` must have one length for each axis of the inputs (None: as there). "
            f"Received: noise_shape={tuple(noise_shape)} for inputs of shape {shape}"
        )
    return tuple(n if m is None else int(m) for m, n in zip(noise_shape, shape, strict=True))

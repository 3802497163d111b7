"""Zeros in random places, as a differentiable function."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.autodiff import Tensor
from minicnn.backend import kernels
from minicnn.ops.define import specs
from minicnn.ops.define.declare import op
from minicnn.ops.symbolic.keras_tensor import KerasTensor, is_keras_tensor
from minicnn.ops.symbolic.operation import Operation
from minicnn.random.distributions import Seed
from minicnn.random.seed_generator import draw_key


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Seed = None) -> Tensor:
    """Each element becomes 0 with the chance `rate`, and else is divided by 1 − rate.

    The expected value stays as it is. Source: Srivastava et al., "Dropout: a simple way to prevent
    neural networks from overfitting" (2014), §10, in the form that scales while training.

    Args:
        inputs: a tensor of any shape.
        rate: the share of elements to set to zero, 0 to 1.
        noise_shape: the shape in which the places are drawn, to be broadcast to that of `inputs`;
            None in it stands for the length of `inputs` there. (batch, 1, 1, channels) drops
            whole channels of images.
        seed: a whole number, a `SeedGenerator`, or None.

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
    # The mask is not stored: the key draws the same one again.
    vjp=lambda g, y, inputs, key, rate, mask_shape: drop(g, key, rate, mask_shape),
)
def drop(inputs, key, rate, mask_shape):
    """Dropout with a key that has been drawn."""
    if mask_shape == inputs.shape:
        return kernels.dropout(inputs, rate, key)
    return inputs * kernels.dropout_mask(key, mask_shape, rate, inputs.dtype)


class Dropout(Operation):
    """The place of `dropout` in a graph; it draws afresh whenever the graph is run."""

    def __init__(self, rate: float, noise_shape: Any = None, seed: Seed = None, *, name=None):
        super().__init__(name=name)
        self.rate, self.noise_shape, self.seed = rate, noise_shape, seed

    def call(self, inputs: Any) -> Tensor:
        """The inputs with zeros in random places."""
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

"""Random initializers whose variance depends on the weight's shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from minicnn import random
from minicnn.autodiff import Tensor
from minicnn.common.suggest import did_you_mean
from minicnn.initializers.random_initializers import RandomInitializer

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")

TRUNCATED_STDDEV = 0.87962566103423978
"""The standard deviation of N(0, 1) truncated to [-2, 2]."""


class VarianceScaling(RandomInitializer):
    """Values with mean 0 and variance scale / n, n being the number of a unit's inputs or outputs.

    Source: He et al., "Delving deep into rectifiers" (2015), §2.2; Glorot and Bengio,
    "Understanding the difficulty of training deep feedforward neural networks" (2010), eq. 12–16.

    Args:
        scale: see above; positive.
        mode: what n counts: inputs (`"fan_in"`), outputs (`"fan_out"`) or their mean (`"fan_avg"`).
        distribution: `"uniform"` over [−√(3·scale/n), √(3·scale/n)), `"truncated_normal"`
            (nothing further than 2 standard deviations from 0) or `"untruncated_normal"`.
        seed: a whole number, a `SeedGenerator`, or None.
        input_axes: which axes of the weight are inputs, where they are not those of a kernel.
        output_axes: which axes of the weight are outputs. Both or neither are given.
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        if scale <= 0:
            raise ValueError(f"Argument `scale` must be positive float. Received: scale={scale}")
        distribution = distribution.lower()
        if distribution == "normal":
            distribution = "truncated_normal"
        _check_choice("mode", mode, MODES)
        _check_choice("distribution", distribution, DISTRIBUTIONS)
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes
        super().__init__(seed=seed)

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The values of a weight of this shape and type."""
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return random.uniform(shape, -limit, limit, dtype=dtype, seed=self.seed)
        if self.distribution == "untruncated_normal":
            return random.normal(shape, 0.0, stddev, dtype=dtype, seed=self.seed)
        stddev /= TRUNCATED_STDDEV
        return random.truncated_normal(shape, 0.0, stddev, dtype=dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _NamedScaling(VarianceScaling):
    """Base of the variance scalings with fixed settings and a name."""

    settings: tuple[float, str, str]

    def __init__(
        self,
        seed: Any = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(*self.settings, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        return {name: config[name] for name in ("seed", "input_axes", "output_axes")}


class GlorotUniform(_NamedScaling):
    """Uniform over [−l, l), l = √(6 / (fan_in + fan_out)): Glorot and Bengio (2010), eq. 16."""

    settings = (1.0, "fan_avg", "uniform")


class GlorotNormal(_NamedScaling):
    """Truncated normal, σ = √(2 / (fan_in + fan_out)): Glorot and Bengio (2010), eq. 12."""

    settings = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_NamedScaling):
    """Uniform over [−l, l), l = √(6 / fan_in): He et al. (2015), eq. 10."""

    settings = (2.0, "fan_in", "uniform")


class HeNormal(_NamedScaling):
    """Truncated normal, σ = √(2 / fan_in): He et al. (2015), eq. 10."""

    settings = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_NamedScaling):
    """Uniform over [−l, l), l = √(3 / fan_in): LeCun et al., "Efficient backprop" (1998), §4.6."""

    settings = (1.0, "fan_in", "uniform")


class LecunNormal(_NamedScaling):
    """Truncated normal, σ = √(1 / fan_in): LeCun et al., "Efficient backprop" (1998), §4.6."""

    settings = (1.0, "fan_in", "truncated_normal")


def compute_fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """The number of inputs of an output (fan in) and of outputs of an input (fan out).

    For a kernel (*kernel_size, inputs, outputs) both are multiplied by the kernel's positions.

    >>> compute_fans((3, 3, 32, 64)), compute_fans((784, 10)), compute_fans((5,))
    ((288, 576), (784, 10), (5, 5))
    >>> compute_fans((512, 8, 64), input_axes=[0], output_axes=[1, 2])
    (512, 512)
    """
    shape = tuple(int(n) for n in shape)
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    places = math.prod(shape[:-2])
    return places * shape[-2], places * shape[-1]


def _check_choice(argument: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(
            f"Invalid `{argument}` argument: {value}. Please use one of {', '.join(choices)}."
            + did_you_mean(value, choices)
        )

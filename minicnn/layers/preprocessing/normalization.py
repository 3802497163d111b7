"""The layer that normalizes data by a mean and variance computed before training."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.autodiff.temporary_values import rolled_back
from minicnn.common import configuration
from minicnn.layers.base.layer import Layer
from minicnn.layers.preprocessing.adapt_batches import batches_of


class Normalization(Layer):
    """Shifts and scales the inputs, so that their mean is 0 and their variance 1.

    The network then gets numbers around zero, of about the same size.

    `y = (x − mean) / √variance`, with mean and variance given or found by `adapt`.

    Backward: `x̄ = ȳ / √variance`

    Args:
        axis: the axes along which each index has its own mean and variance, by default the last;
            None for one mean of all numbers.
        mean, variance: given beforehand, in the shape of those axes or one that broadcasts to it.
        invert: whether the layer computes the inverse, `y = x · √variance + mean`.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.Normalization()
        >>> layer.adapt(keras.ops.array([[0.0, 7.0], [2.0, 9.0]]))
        >>> layer(keras.ops.array([[0.0, 9.0]]))
        Tensor([[-1.,  1.]], dtype=float32)
    """

    def __init__(
        self,
        axis: int | Iterable[int] | None = -1,
        mean: Any = None,
        variance: Any = None,
        invert: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        self.input_mean, self.input_variance, self.invert = mean, variance, invert
        self.supports_masking = True
        self._input_shape: tuple | None = None
        if (mean is None) != (variance is None):
            raise ValueError(
                "When setting values directly, both `mean` and `variance` must be set. Received: "
                f"mean={mean} and variance={variance}"
            )
        if np.shape(mean) != np.shape(variance):
            raise ValueError(
                "`mean` and `variance` must have the same shape. Received: mean of shape "
                f"{np.shape(mean)} and variance of shape {np.shape(variance)}"
            )
        if np.ndim(mean) > len(self.axis):
            raise ValueError(
                f"The rank of `mean` must be less than or equal to the number of axes, "
                f"{len(self.axis)}. Received: mean of shape {np.shape(mean)}, axis={self.axis}"
            )

    def build(self, input_shape: Any) -> None:
        """Checks the axes, and makes the weights that `adapt` sets."""
        shape = self._input_shape = tuple(input_shape)
        rank = len(shape)
        if any(not -rank <= axis < rank for axis in self.axis):
            raise ValueError(
                "All `axis` values must be in the range [-ndim, ndim). Layer "
                f"'{self.name}' has axis={self.axis}, its input has the shape {shape}"
            )
        self._kept = tuple(sorted(axis % rank for axis in self.axis))
        if any(shape[axis] is None for axis in self._kept):
            raise ValueError(
                "All `axis` values to be kept must have a known shape. Layer "
                f"'{self.name}' has axis={self.axis}, its input has the shape {shape}"
            )
        self._reduced = tuple(axis for axis in range(rank) if axis not in self._kept)
        self._wide = tuple(shape[axis] if axis in self._kept else 1 for axis in range(rank))
        if self.input_mean is not None:
            return
        lengths = tuple(shape[axis] for axis in self._kept)
        for name, first in {"mean": "zeros", "variance": "ones"}.items():
            weight = self.add_weight(name=name, shape=lengths, initializer=first, trainable=False)
            setattr(self, f"adapt_{name}", weight)
        self.count = self.add_weight(
            name="count", shape=(), dtype="int32", initializer="zeros", trainable=False
        )

    @property
    def mean(self) -> Any:
        """The mean, in a shape that broadcasts to the input's; None before `build`."""
        return self._broadcast("mean")

    @property
    def variance(self) -> Any:
        """The variance, likewise."""
        return self._broadcast("variance")

    def _broadcast(self, name: str) -> Any:
        if self._input_shape is None:
            return None
        given = getattr(self, f"input_{name}")
        if given is None:
            value = ops.reshape(getattr(self, f"adapt_{name}"), self._wide)
            return ops.cast(value, self.compute_dtype)
        value = ops.convert_to_tensor(given, dtype=self.compute_dtype)
        lengths = list(value.shape)
        aligned = [1] * len(self._wide)
        for axis in reversed(self._kept):
            aligned[axis] = lengths.pop() if lengths else 1
        return ops.broadcast_to(ops.reshape(value, aligned), self._wide)

    def adapt(self, data: Any) -> None:
        """Computes mean and variance from data.

        Args:
            data: an array, or batches: a `PyDataset`, a generator or another iterable of arrays
                or of tuples that begin with one.

        The batches are merged two by two: means weighted by their counts n, and
        `variance = Σ nᵢ (varianceᵢ + (meanᵢ − mean)²) / Σ nᵢ`.

        Source: Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for computing
        sample variances" (1979).
        """
        mean = variance = 0.0
        count = 0
        for batch in batches_of(data):
            self._prepare(batch.shape)
            here, spread = batch.mean(self._reduced), batch.var(self._reduced)
            size = int(np.prod([batch.shape[axis] for axis in self._reduced]))
            share = size / (count + size)
            merged = mean + (here - mean) * share
            variance = (variance + (mean - merged) ** 2) * (1 - share)
            variance = variance + (spread + (here - merged) ** 2) * share
            mean, count = merged, count + size
        if not count:
            raise ValueError(
                "adapt() received an empty iterable (no batches): it takes at least one batch, as "
                "in `layer.adapt([x])`."
            )
        with rolled_back([self.adapt_mean, self.adapt_variance]):
            self.adapt_mean.assign(mean)
            self.adapt_variance.assign(variance)

    def _prepare(self, shape: tuple) -> None:
        """Builds for the first batch; later batches must have the same lengths along `axis`."""
        if self.input_mean is not None:
            raise ValueError(
                f"Layer '{self.name}' has its `mean` and `variance` from its arguments: it cannot "
                "adapt."
            )
        if not self.built:
            self.build(shape)
        own = self._input_shape
        fits = len(shape) == len(own) and all(shape[axis] == own[axis] for axis in self._kept)
        if not fits:
            raise ValueError(
                f"Layer '{self.name}' was built for inputs of shape {own}, but adapt() was given "
                f"data with an incompatible shape, {tuple(shape)}; axis={self.axis}"
            )

    def call(self, inputs: Any) -> Any:
        """Subtracts the mean and divides by the deviation."""
        x = ops.cast(inputs, self.compute_dtype)
        deviation = ops.maximum(ops.sqrt(self.variance), configuration.epsilon())
        if self.invert:
            return self.mean + x * deviation
        return (x - self.mean) / deviation

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments, arrays as lists."""
        given = {"mean": self.input_mean, "variance": self.input_variance}
        numbers = {name: np.asarray(value).tolist() for name, value in given.items()}
        return {**super().get_config(), "axis": self.axis, "invert": self.invert, **numbers}

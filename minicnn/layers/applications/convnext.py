"""The layers of ConvNeXt: a learned scale of a block's result, and blocks left out at random."""

from __future__ import annotations

from typing import Any

from minicnn import initializers, ops, random
from minicnn.common.shapes import Shape
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import settings_of


class LayerScale(Layer):
    """Multiplies each channel by a learned number, small at first: `y = γ · x`.

    Source: Touvron et al., "Going deeper with image transformers" (2021), §2.

    Example:
        >>> import minicnn as keras
        >>> from minicnn.layers.applications.convnext import LayerScale
        >>> LayerScale(0.5, 2)(keras.ops.array([[1.0, 3.0]])).numpy()
        array([[0.5, 1.5]], dtype=float32)

    Args:
        init_values: γ at the beginning.
        projection_dim: how many channels there are.
    """

    def __init__(self, init_values: float, projection_dim: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    settings = settings_of(__init__)

    def build(self, input_shape: Shape) -> None:
        """Makes γ."""
        start = initializers.Constant(self.init_values)
        self.gamma = self.add_weight(shape=(self.projection_dim,), initializer=start, name="gamma")

    def call(self, x: Any) -> Any:
        """Multiplies by γ."""
        return x * self.gamma


class StochasticDepth(Layer):
    """In training, sets whole samples to zero at random, and scales the others to keep the mean.

    Added to a shortcut, the block before it is left out for these samples:
    `y = x · m / (1 − drop_path_rate)`, where m of a sample is 0 with probability `drop_path_rate`,
    else 1.

    Source: Huang et al., "Deep networks with stochastic depth" (2016), §3.

    Example:
        >>> import minicnn as keras
        >>> from minicnn.layers.applications.convnext import StochasticDepth
        >>> StochasticDepth(0.5)(keras.ops.ones((2, 1))).numpy().tolist()  # not in training
        [[1.0], [1.0]]

    Args:
        drop_path_rate: the share of the samples that is dropped, from 0 up to 1.
    """

    def __init__(self, drop_path_rate: float, **kwargs: Any):
        super().__init__(**kwargs)
        self.drop_path_rate = drop_path_rate

    settings = settings_of(__init__)

    def call(self, x: Any, training: bool = False) -> Any:
        """Drops samples, in training."""
        if not training:
            return x
        kept = 1 - self.drop_path_rate
        shape = (ops.shape(x)[0], *[1] * (len(x.shape) - 1))
        return x / kept * ops.floor(kept + random.uniform(shape, dtype=x.dtype))


__all__ = ["LayerScale", "StochasticDepth"]

"""Layers that change the brightness values of images by a table or a curve."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.common.whole_numbers import check_whole_number
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import (
    ImageLayer,
    RandomImageLayer,
    batch_size,
    for_pixels,
    one_each,
    rescaled,
)

BYTES = (0, 255)


class RandomPosterization(RandomImageLayer):
    """Keeps the highest bits of each pixel's 8, in training.

    Only a few shades are left, so the network learns to do without fine ones.

    `y = ⌊x / 2ᵏ⌋ · 2ᵏ`, k = 8 − bits, for pixels from 0 to 255.

    Backward: no gradient, as y stays the same when x moves a little.

    Args:
        factor: how many bits are kept: two whole numbers within [1, 8], of which the second is
            excluded if they differ, or a whole number n for (1, n).
        value_range: the least and the largest number that a pixel may have.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example: two bits.
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomPosterization((2, 2))
        >>> layer(keras.ops.array([[[10.0, 100.0, 200.0]]]), training=True)
        Tensor([[[  0.,  64., 192.]]], dtype=float32)
    """

    moves = False
    keeps_type = True
    sorts_range = True
    intervals = {"factor": (1, 8)}

    def __init__(
        self,
        factor: Any,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        for bits in self.factor:
            check_whole_number(f"RandomPosterization '{self.name}'", "factor", bits)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """How many bits of each image are lost."""
        low, high = self.factor
        shape = (batch_size(images),)
        if low == high:
            return {"shift_factor": ops.full(shape, 8 - low, "uint8")}
        return {"shift_factor": 8 - random.randint(shape, low, high, "uint8", seed)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Sets the lowest bits to zero."""
        lost = for_pixels(ops.cast(transformation["shift_factor"], "uint8"))
        x = ops.cast(rescaled(images, self.value_range, BYTES), "uint8")
        x = ops.left_shift(ops.right_shift(x, lost), lost)
        return rescaled(ops.cast(x, images.dtype), BYTES, self.value_range)


class Solarization(RandomImageLayer):
    """Inverts all pixels that are not darker than a threshold, in training.

    This is how a photograph looks whose film got far too much light.

    `z = clip(x + a, 0, 255)`, `y = z if z < t, else 255 − z`, a and t uniform for each image, for
    pixels from 0 to 255.

    Backward: `x̄ = ȳ if z < t, else −ȳ`, and 0 for what was clipped.

    Args:
        addition_factor: a as a part of 255: an interval within [0, 1], or a number f for (0, f).
        threshold_factor: the same for t.
        value_range: the least and the largest number that a pixel may have.
        seed: an integer for the same random numbers in each run.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.Solarization(threshold_factor=0.0)
        >>> layer(keras.ops.array([[[10.0, 100.0, 200.0]]]), training=True)
        Tensor([[[245., 155.,  55.]]], dtype=float32)
    """

    moves = False
    sorts_range = True
    intervals = {"addition_factor": (0, 1), "threshold_factor": (0, 1)}

    def __init__(
        self,
        addition_factor: Any = 0.0,
        threshold_factor: Any = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, **kwargs)
        self.keep_settings(locals())

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """What is added to each image, and its threshold."""
        shape = one_each(images)
        # As in Keras only the upper end is a part of 255.
        (a, b), (c, d) = self.addition_factor, self.threshold_factor
        additions = self.uniform(shape, (a, b * 255), seed)
        return {"additions": additions, "thresholds": self.uniform(shape, (c, d * 255), seed)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Inverts what is bright."""
        x = rescaled(images, self.value_range, BYTES)
        x = ops.clip(x + transformation["additions"], 0, 255)
        x = ops.where(x < transformation["thresholds"], x, 255 - x)
        return rescaled(x, BYTES, self.value_range)


class AutoContrast(ImageLayer):
    """Stretches the values of each channel of an image to the whole range, also in inference.

    Pale and dark images thus become alike.

    `y = (x − min) / (max − min)` of the range; a channel with one value only is not changed.

    Backward: `x̄ = ȳ / (max − min)`. To the gradient of the least pixel of a channel
    `a = −Σ ȳ · (1 − y) / (max − min)` is added and to that of the largest
    `b = −Σ ȳ · y / (max − min)`; pixels that are equal share it.

    Args:
        value_range: the least and the largest number that a pixel may have.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.AutoContrast()
        >>> layer(keras.ops.array([[[10.0], [20.0], [60.0]]]))
        Tensor([[[  0.],
                 [ 51.],
                 [255.]]], dtype=float32)
    """

    moves = False
    sorts_range = True

    def __init__(self, value_range: Any = (0, 255), **kwargs: Any):
        super().__init__(**kwargs)
        self.keep_settings(locals())

    settings = settings_of(__init__)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Stretches the images."""
        images = ops.cast(images, self.compute_dtype)
        axes = self.axes_of(images)
        x = rescaled(images, self.value_range, BYTES)
        low, high = (
            extreme(x, axis=(axes.height, axes.width), keepdims=True)
            for extreme in (ops.min, ops.max)
        )
        even = low == high
        scale = 255.0 / ops.where(even, 1, high - low)
        x = rescaled(ops.clip(x * scale - low * scale, 0, 255), BYTES, self.value_range)
        return ops.where(even, images, x)


class Equalization(ImageLayer):
    """Spreads the values of each channel so that all are about equally frequent, in training.

    As in Keras the pixels of a channel of all images of a batch are counted together.

    `y = round(255 · (C(i) − C₀) / (C(last) − C₀))` for a value in bin i, where C(i) counts the
    pixels in bins up to i and C₀ those in the first bin that is not empty.

    Backward: no gradient, as y stays the same when x moves a little.

    Args:
        value_range: the least and the largest number that a pixel may have.
        bins: the number of bins.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.Equalization()
        >>> layer(keras.ops.array([[[10.0], [20.0], [21.0]]]), training=True)
        Tensor([[[  0.],
                 [128.],
                 [255.]]], dtype=float32)
    """

    moves = False
    keeps_type = True
    sorts_range = True

    def __init__(
        self,
        value_range: Any = (0, 255),
        bins: int = 256,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.keep_settings(locals())

    settings = settings_of(__init__)

    def transform_images(
        self, images: Any, transformation: Any = None, training: bool = True
    ) -> Any:
        """Equalizes each channel."""
        if not training:
            return images
        x = ops.cast(images, self.compute_dtype)
        axis = self.axes_of(x).channels
        channels = [self._equalized(c) for c in ops.unstack(x, x.shape[axis], axis=axis)]
        return ops.cast(ops.stack(channels, axis=axis), self.compute_dtype)

    def _equalized(self, channel: Any) -> Any:
        x = rescaled(channel, self.value_range, BYTES)
        last = self.bins - 1
        places = ops.cast(ops.cast(x, "float32") * last / 255, "int32")
        counts = ops.bincount(ops.reshape(ops.clip(places, 0, last), (-1,)), minlength=self.bins)
        sums = ops.cumsum(counts)
        first = ops.min(ops.where(sums > 0, sums, sums[-1]))
        others = ops.maximum(sums[-1] - first, 1)
        table = ops.clip(ops.round((sums - first) * 255 / others), 0, 255)
        spread = ops.take(table, ops.cast(ops.clip(x / 255 * last, 0, last), "int32"))
        spread = ops.where(ops.count_nonzero(counts) <= 1, x, spread)
        return rescaled(spread, BYTES, self.value_range)

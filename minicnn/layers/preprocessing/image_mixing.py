"""Layers that put parts of other images, or noise, into images: CutMix, MixUp and RandomErasing."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import RandomImageLayer, batch_size, for_pixels


class RandomBox(RandomImageLayer):
    """Base of layers that change a random rectangle of each image."""

    intervals = {"factor": (0, 1)}

    def span(self, count: int, length: int, part: Any, seed: Any) -> tuple[Any, Any]:
        """Begin and end of that part of a side, at a random place, for each image."""
        extent = ops.cast(part * length, self.compute_dtype)
        begin = self.uniform((count,), (0, 1), seed) * (length - extent)
        return begin, begin + extent

    def boxes(self, images: Any, wide: Any, tall: Any, seed: Any) -> tuple[Any, Any]:
        """Which pixels are inside of boxes, true or false, and the area of each box."""
        axes, count = self.axes_of(images), batch_size(images)
        height, width = images.shape[axes.height], images.shape[axes.width]
        left, right = map(for_pixels, self.span(count, width, wide, seed))
        top, bottom = map(for_pixels, self.span(count, height, tall, seed))
        first = self.data_format == "channels_first"
        x = np.arange(width).reshape((1, 1, -1) if first else (1, -1, 1))
        y = np.arange(height).reshape((1, -1, 1) if first else (-1, 1, 1))
        x, y = ops.cast(x, self.compute_dtype), ops.cast(y, self.compute_dtype)
        inside = (x >= left) & (x < right) & (y >= top) & (y < bottom)
        return inside, (right - left) * (bottom - top)


class RandomErasing(RandomBox):
    """Erases a random rectangle of an image with a probability, in training.

    Its sides are √u and √v of the image's, u and v uniform in `scale`.

    `y = fill if inside, else x`

    Backward: `x̄ = 0 if inside, else ȳ`

    Source: Zhong, Zheng, Kang, Li and Yang, "Random erasing data augmentation" (2020).

    Args:
        factor: an interval of probabilities, or a number f for (0, f).
        scale: an interval within [0, 1], or a number f for (0, f).
        fill_value: what the rectangle is filled with: one number or three, or None for noise
            N(0, high²).
        value_range: the least and the largest number that a pixel may have.
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example: all of the image is erased.
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomErasing((1.0, 1.0), scale=(1.0, 1.0), fill_value=7)
        >>> layer(keras.ops.ones((1, 2, 1)), training=True)
        Tensor([[[7.],
                 [7.]]], dtype=float32)
    """

    moves = False
    intervals = {"factor": (0, 1), "scale": (0, 1)}

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = (0.02, 0.33),
        fill_value: Any = None,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        if np.shape([0.0] if fill_value is None else fill_value) not in ((), (1,), (3,)):
            raise ValueError(
                "The `fill_value` argument should be a number (or a list of three numbers). "
                f"Received: fill_value={fill_value}, for RandomErasing '{self.name}'"
            )

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """Which images are erased, where, and what they are filled with."""
        parts = ops.sqrt(self.uniform((batch_size(images), 2), self.scale, seed))
        inside, _ = self.boxes(images, parts[:, 0], parts[:, 1], seed)
        chosen = self.chosen(images, seed)
        fill = ops.clip(self._filling(images, seed), *self.value_range)
        return {"apply_erasing": chosen, "batch_masks": inside, "fill_value": fill}

    def _filling(self, images: Any, seed: Any) -> Any:
        if self.fill_value is None:
            high = self.value_range[1]
            return random.normal(images.shape, dtype=self.compute_dtype, seed=seed) * high
        fill = ops.cast(self.fill_value, self.compute_dtype)
        first = self.data_format == "channels_first" and len(fill.shape) == 1
        return ops.reshape(fill, (-1, 1, 1)) if first else fill

    def change(self, images: Any, transformation: Any) -> Any:
        """Fills the rectangles."""
        erased = ops.where(transformation["batch_masks"], transformation["fill_value"], images)
        return ops.where(for_pixels(transformation["apply_erasing"]), erased, images)


class MixingLayer(RandomBox):
    """Base of layers that mix each image of a batch with another one, and their labels."""

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """The labels w y + (1 − w) y', where y' is that of the other image."""
        if not training or transformation is None:
            return labels
        labels = ops.convert_to_tensor(labels)
        if len(labels.shape) != 2:
            raise ValueError(
                f"{type(self).__name__} '{self.name}' mixes labels of shape (batch, classes): "
                "convert whole numbers by `ops.one_hot` or `utils.to_categorical` first. Received: "
                f"labels of shape {tuple(labels.shape)}"
            )
        weight = ops.reshape(transformation["mix_weight"], (-1, 1))
        others = ops.take(labels, transformation["permutation_order"], axis=0)
        return weight * labels + (1 - weight) * others


class CutMix(MixingLayer):
    """Puts a rectangle of another image of the batch into each image, in training.

    The rectangle is √(1 − w) of the image's height and width, w from Beta(α, α) for each image, α
    uniform in `factor`. Labels are mixed by area.
    Source: Yun et al., "CutMix: regularization strategy to train strong classifiers with
    localizable features" (2019).

    Args:
        factor: an interval within [0, 1] for α, or a number f for (0, f).
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> data = {"images": keras.ops.ones((2, 4, 4, 3)), "labels": keras.ops.eye(2)}
        >>> mixed = keras.layers.CutMix(seed=1)(data, training=True)
        >>> keras.ops.sum(mixed["labels"], axis=1)
        Tensor([1., 1.], dtype=float32)
    """

    def __init__(
        self, factor: Any = 1.0, seed: Any = None, data_format: str | None = None, **kwargs: Any
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The rectangles, the other images, and the share of the image that stays."""
        if len(images.shape) == 3:
            return None  # there is no other image
        count, axes = batch_size(images), self.axes_of(images)
        alpha = self.uniform((), self.factor, seed) + 1e-6
        weight = random.beta((count,), alpha, alpha, dtype=self.compute_dtype, seed=seed)
        part = ops.sqrt(1 - weight)
        inside, area = self.boxes(images, part, part, seed)
        pixels = images.shape[axes.height] * images.shape[axes.width]
        return {
            "permutation_order": random.shuffle(ops.arange(count, dtype="int32"), seed=seed),
            "batch_masks": inside,
            "mix_weight": 1 - area / pixels,
        }

    def change(self, images: Any, transformation: Any) -> Any:
        """Puts the rectangles in."""
        others = ops.take(images, transformation["permutation_order"], axis=0)
        return ops.where(transformation["batch_masks"], others, images)


class MixUp(MixingLayer):
    """Mixes each image with another one of the batch, in training: `w x + (1 − w) x'`.

    w is from Beta(α, α) for each image; labels are mixed in the same way.
    Source: Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: beyond empirical risk minimization" (2018).

    Args:
        alpha: α.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example:
        >>> import minicnn as keras
        >>> data = {"images": keras.ops.ones((2, 4, 4, 3)), "labels": keras.ops.eye(2)}
        >>> mixed = keras.layers.MixUp(alpha=0.4, seed=1)(data, training=True)
        >>> keras.ops.sum(mixed["labels"], axis=1)
        Tensor([1., 1.], dtype=float32)
    """

    keeps_type = True
    takes_masks = False
    intervals = {}

    def __init__(
        self, alpha: float = 0.2, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The other images, and the share of the image that stays."""
        count = batch_size(images)
        order = random.shuffle(ops.arange(count, dtype="int64"), seed=seed)
        weight = random.beta((count,), self.alpha, self.alpha, seed=seed)
        return {"mix_weight": weight, "permutation_order": order}

    def change(self, images: Any, transformation: Any) -> Any:
        """Mixes the images."""
        weight = for_pixels(ops.cast(transformation["mix_weight"], images.dtype))
        others = ops.take(images, transformation["permutation_order"], axis=0)
        return weight * images + (1 - weight) * others

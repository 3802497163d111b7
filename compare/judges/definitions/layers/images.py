"""Layers that resize and randomly change images."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.layers.layer import Layer
from compare.judges.definitions.operations import images
from compare.judges.definitions.windows import channels_last, for_axes


def bounds(factor):
    """The range that a factor stands for: a number is drawn from −factor to factor."""
    return tuple(sorted(factor)) if isinstance(factor, (list, tuple)) else (-factor, factor)


class UpSampling2D(Layer):
    """An image whose sides are `size` times as long."""

    def __init__(self, size=2, data_format="channels_last", interpolation="nearest", **others):
        super().__init__(**others)
        self.size, self.data_format, self.interpolation = (
            for_axes(size, 2),
            data_format,
            interpolation,
        )

    def call(self, x, training):
        """The image, resized."""
        sides = channels_last(x, self.data_format).shape[1:3]
        longer = [n * times for n, times in zip(sides, self.size, strict=True)]
        return images.resize(x, longer, self.interpolation, data_format=self.data_format)


class RandomBrightness(Layer):
    """Adds a random part of the range of values to each image, and stays in that range."""

    def __init__(self, factor, value_range=(0, 255), **others):
        super().__init__(**others)
        self.factor, self.range = bounds(factor), value_range

    def call(self, x, training):
        """One draw for each image."""
        if not training:
            return x
        low, high = self.factor
        part = low + (high - low) * self.draws.uniform((len(x), 1, 1, 1)).astype(x.dtype)
        return np.clip(x + part * (self.range[1] - self.range[0]), *self.range).astype(x.dtype)


class RandomTranslation(Layer):
    """Moves each image by random parts of its height and width."""

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        fill_value=0.0,
        data_format="channels_last",
        **others,
    ):
        super().__init__(**others)
        self.factors, self.data_format = (bounds(height_factor), bounds(width_factor)), data_format
        self.arguments = {
            "interpolation": interpolation,
            "fill_mode": fill_mode,
            "fill_value": fill_value,
            "data_format": data_format,
        }

    def call(self, x, training):
        """A draw of heights for all images, then one of widths."""
        if not training:
            return x
        sides = channels_last(x, self.data_format).shape[1:3]
        down, right = (
            n * (low + (high - low) * self.draws.uniform((len(x), 1))[:, 0].astype(x.dtype))
            for n, (low, high) in zip(sides, self.factors, strict=True)
        )
        moves = np.tile([1.0, 0, 0, 0, 1, 0, 0, 0], (len(x), 1))
        moves[:, 2], moves[:, 5] = -right, -down
        return images.affine_transform(x, moves, **self.arguments)


class Pipeline(Layer):
    """Layers one after another."""

    def __init__(self, layers, **others):
        super().__init__(**others)
        self.layers = layers

    def call(self, x, training):
        """The last layer's output."""
        for layer in self.layers:
            x = layer(x, training)
        return x


DEFINITIONS = {
    "Pipeline": Pipeline,
    "RandomBrightness": RandomBrightness,
    "RandomTranslation": RandomTranslation,
    "UpSampling2D": UpSampling2D,
}

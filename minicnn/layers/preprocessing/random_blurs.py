"""Layers that sharpen and blur images at random."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import RandomImageLayer, batch_size, for_pixels

# The smoothing filter of the Python Imaging Library.
SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]]) / 13


class RandomSharpness(RandomImageLayer):
    """Mixes each image with a smooth one, in training.

    δ = 0 gives the smooth image, 0.5 changes nothing, 1 sharpens.

    `y = clip(x + (1 − 2 · δ) · (smooth(x) − x))`, where smooth is a convolution with a symmetric
    kernel of 3 × 3.

    Backward: `x̄ = 2 · δ · ȳ + (1 − 2 · δ) · smooth(ȳ)`, where ȳ counts as 0 for what was clipped.

    Args:
        factor: an interval within [0, 1] for δ, or a number f for (0, f).
        value_range: the least and the largest number that a pixel may have.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomSharpness((0.0, 0.0))
        >>> layer(keras.ops.array([[[13.0], [0.0], [0.0]]]), training=True)
        Tensor([[[5.],
                 [1.],
                 [0.]]], dtype=float32)
    """

    moves = False
    sorts_range = True
    intervals = {"factor": (0, 1)}

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

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """The sharpness of each image."""
        return {"factor": random.uniform((batch_size(images),), *self.factor, seed=seed)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Smooths or sharpens."""
        sharpness = for_pixels(ops.cast(transformation["factor"] * 2, images.dtype))
        channels = images.shape[self.axes_of(images).channels]
        kernel = ops.repeat(ops.cast(SMOOTH[:, :, None, None], images.dtype), channels, axis=2)
        form = {"padding": "same", "data_format": self.data_format}
        smooth = ops.depthwise_conv(images, kernel, **form)
        return ops.clip(images + (1 - sharpness) * (smooth - images), *self.value_range)


class RandomGaussianBlur(RandomImageLayer):
    """Blurs an image by a Gaussian with a probability, in training; see `ops.image.gaussian_blur`.

    So the network learns to do without sharp edges.

    `y[i, j] = Σ_{a, b} k[a, b] · x[i + a, j + b]`, where k is the Gaussian
    `k[a, b] = exp(−a² / (2 σ₁²) − b² / (2 σ₂²)) / Z`, with the sum 1.

    Backward: `x̄[i, j] = Σ_{a, b} k[a, b] · ȳ[i − a, j − b]` in a chosen image, `x̄ = ȳ` in the
    others.

    Args:
        factor: an interval of probabilities, or a number f for (0, f).
        kernel_size: an odd number, or two, for width and height.
        sigma: the standard deviations: an interval within [0, 1], or a number s for (0, s).
        value_range: the least and the largest number that a pixel may have.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomGaussianBlur((1.0, 1.0), kernel_size=3, sigma=(0.5, 0.5))
        >>> layer(keras.ops.array([[[100.0], [0.0], [0.0]]]), training=True).shape
        (1, 3, 1)
    """

    moves = False
    intervals = {"factor": (0, 1), "sigma": (0, 1)}

    def __init__(
        self,
        factor: Any = 1.0,
        kernel_size: Any = 3,
        sigma: Any = 1.0,
        value_range: Any = (0, 255),
        data_format: str | None = None,
        seed: Any = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        pair = kernel_size if isinstance(kernel_size, (list, tuple)) else (kernel_size,) * 2
        if len(pair) != 2 or not all(isinstance(n, (int, float)) and n % 2 == 1 for n in pair):
            raise ValueError(
                "kernel_size must be an odd number, or a list of two. Received: "
                f"kernel_size={kernel_size}, for RandomGaussianBlur '{self.name}'"
            )
        self.kernel_size = tuple(pair)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """Which images are blurred, and the two standard deviations."""
        chosen = self.chosen(images, seed)
        sigmas = self.uniform((2,), self.sigma, seed) + 1e-6
        return {"should_apply_blur": chosen, "blur_factor": sigmas}

    def change(self, images: Any, transformation: Any) -> Any:
        """Blurs the chosen images."""
        blurred = ops.image.gaussian_blur(
            images, self.kernel_size, transformation["blur_factor"], data_format=self.data_format
        )
        images = ops.where(for_pixels(transformation["should_apply_blur"]), blurred, images)
        return ops.clip(images, *self.value_range)

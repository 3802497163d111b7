"""Layers that change the colours of images at random, each image by its own numbers."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.common.configuration import epsilon
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import (
    RandomImageLayer,
    batch_size,
    for_pixels,
    rescaled,
)
from minicnn.layers.preprocessing.random_brightness import RandomBrightness
from minicnn.layers.preprocessing.random_contrast import RandomContrast


class ColorLayer(RandomImageLayer):
    """Base of layers that change hue, saturation and value of each pixel."""

    moves = False
    keeps_type = True

    def change_hsv(self, images: Any, part: int, change: Any) -> Any:
        """The images with hue (part 0) or saturation (part 1) changed by a function."""
        axis = self.axes_of(images).channels
        hsv = ops.image.rgb_to_hsv(images, data_format=self.data_format)
        parts = list(ops.unstack(hsv, 3, axis=axis))
        parts[part] = change(parts[part])
        return ops.image.hsv_to_rgb(ops.stack(parts, axis=axis), data_format=self.data_format)


class RandomHue(ColorLayer):
    """Turns the hue of all pixels by δ/2 of the colour circle, in training.

    So the network learns that the tint does not matter.

    `hue' = (hue ± δ/2) mod 1`, δ uniform in `factor`, with a random sign for each image.

    Backward: `x̄[i] = Σ_c ȳ[c] · D[c, i]` over the channels c of a pixel, where D[c, i] is the
    derivative of y[c] by x[i].

    Args:
        factor: an interval within [0, 1], or a number f for (0, f).
        value_range: the least and the largest number that a pixel may have.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example: half the circle away from red is cyan.
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomHue((1.0, 1.0), value_range=(0, 1))
        >>> layer(keras.ops.array([[[1.0, 0.0, 0.0]]]), training=True)
        Tensor([[[0., 1., 1.]]], dtype=float32)
    """

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
        """The part of the colour circle for each image."""
        shape = (batch_size(images),)
        sign = ops.where(random.uniform(shape, seed=seed) > 0.5, -1.0, 1.0)
        return {"factor": sign * random.uniform(shape, *self.factor, seed=seed) * 0.5}

    def change(self, images: Any, transformation: Any) -> Any:
        """Turns the hues."""
        turn = for_pixels(ops.cast(transformation["factor"], images.dtype))[..., 0]

        def turned(hue: Any) -> Any:
            hue = hue + turn
            hue = ops.where(hue > 1, hue - 1, hue)
            return ops.where(hue < 0, hue + 1, hue)

        x = self.change_hsv(rescaled(images, self.value_range, (0, 1)), 0, turned)
        return rescaled(ops.clip(x, 0, 1), (0, 1), self.value_range)


class RandomSaturation(ColorLayer):
    """Multiplies the saturation of all pixels by δ / (1 − δ), in training.

    δ is uniform in `factor`: 0 makes an image grey, 0.5 changes nothing, 1 makes it colourful.

    `s' = clip(s · δ / (1 − δ), low, high)`, s the saturation of a pixel.

    Backward: `x̄[i] = Σ_c ȳ[c] · D[c, i]` over the channels c of a pixel, where D[c, i] is the
    derivative of y[c] by x[i].

    Args:
        factor: an interval, or a number f for (−f, f).
        value_range: the least and the largest number that a saturation is clipped to, as in Keras.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example: δ = 0 leaves grey, as bright as the brightest channel.
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomSaturation((0.0, 0.0), value_range=(0, 1))
        >>> layer(keras.ops.array([[[0.8, 0.2, 0.4]]]), training=True)
        Tensor([[[0.8, 0.8, 0.8]]], dtype=float32)
    """

    sorts_range = True
    intervals = {"factor": (-1.0, 1.0)}

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
        """The factor of each image."""
        factor = random.uniform((batch_size(images),), *self.factor, seed=seed)
        return {"factor": factor / (1 - factor + epsilon())}

    def change(self, images: Any, transformation: Any) -> Any:
        """Multiplies the saturations."""
        factor = for_pixels(ops.cast(transformation["factor"], images.dtype))[..., 0]
        return self.change_hsv(images, 1, lambda s: ops.clip(s * factor, *self.value_range))


class RandomGrayscale(RandomImageLayer):
    """Makes an image grey with a probability, in training.

    So the network learns to do without colours.

    `y[c] = 0.2989 · R + 0.5870 · G + 0.1140 · B` for each channel c of a chosen image.

    Backward: `x̄[c] = w[c] · Σ_k ȳ[k]` with w = (0.2989, 0.5870, 0.1140) in a chosen image,
    `x̄ = ȳ` in the others.

    Args:
        factor: the probability.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomGrayscale(factor=1.0)
        >>> layer(keras.ops.array([[[1.0, 0.0, 0.0]]]), training=True)
        Tensor([[[0.2989, 0.2989, 0.2989]]], dtype=float32)
    """

    moves = False
    keeps_type = True

    def __init__(
        self, factor: float = 0.5, data_format: str | None = None, seed: Any = None, **kwargs: Any
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        if isinstance(factor, (str, list, tuple)) or not 0 <= factor <= 1:
            raise ValueError(
                f"`factor` should be between 0 and 1, the probability with which RandomGrayscale "
                f"'{self.name}' makes an image grey. Received: factor={factor}"
            )
        self.factor = factor

    settings = settings_of(__init__, without=("seed",))  # Keras writes no seed either

    def draw(self, images: Any, seed: Any) -> Any:
        """Which images become grey."""
        return for_pixels(random.uniform((batch_size(images),), seed=seed) < self.factor)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, of which the chosen ones are grey, in their own type."""
        if not training or transformation is None:
            return images
        grey = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return ops.where(transformation, grey, images)


class RandomColorDegeneration(RandomImageLayer):
    """Moves each pixel towards its grey value by a random part of the way, in training.

    A negative part moves it away, to stronger colours.

    `y = clip(x + δ · (grey − x))`, where grey = 0.2989 R + 0.5870 G + 0.1140 B.

    Backward: `x̄[c] = (1 − δ) · ȳ[c] + δ · w[c] · Σ_k ȳ[k]` with w = (0.2989, 0.5870, 0.1140),
    where ȳ counts as 0 for what was clipped.

    Args:
        factor: an interval within [−1, 1] for δ, or a number f for (−f, f).
        value_range: the least and the largest number that a pixel may have.
        data_format: "channels_last" or "channels_first".
        seed: an integer for the same random numbers in each run.

    Example: half way to grey.
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomColorDegeneration((0.5, 0.5), value_range=(0, 1))
        >>> layer(keras.ops.array([[[1.0, 0.0, 0.0]]]), training=True)
        Tensor([[[0.64945, 0.14945, 0.14945]]], dtype=float32)
    """

    moves = False
    keeps_type = True
    sorts_range = True
    intervals = {"factor": (-1.0, 1.0)}

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
        """The share of grey of each image."""
        shape = (batch_size(images), 1, 1, 1)
        return {"factor": random.uniform(shape, *self.factor, seed=seed)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Mixes the images with grey ones."""
        share = ops.cast(transformation["factor"], images.dtype)
        grey = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return ops.clip(images + share * (grey - images), *self.value_range)


class RandomInvert(RandomImageLayer):
    """Replaces an image by its negative with a probability, in training.

    So the network learns that dark on light is the same as light on dark.

    `y = high − x` for a chosen image, `y = x` for the others.

    Backward: `x̄ = −ȳ` in a chosen image, `x̄ = ȳ` in the others.

    Args:
        factor: an interval of probabilities, or a number f for (0, f).
        value_range: the least and the largest number that a pixel may have.
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomInvert((1.0, 1.0))
        >>> layer(keras.ops.array([[[255.0, 0.0, 100.0]]]), training=True)
        Tensor([[[  0., 255., 155.]]], dtype=float32)
    """

    moves = False
    keeps_type = True
    intervals = {"factor": (0, 1)}

    def __init__(
        self,
        factor: Any = 1.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """Which images are inverted."""
        return {"apply_inversion": self.chosen(images, seed)}

    def change(self, images: Any, transformation: Any) -> Any:
        """Inverts the chosen images."""
        chosen = for_pixels(transformation["apply_inversion"])
        return ops.where(chosen, self.value_range[1] - images, images)


class RandomColorJitter(RandomImageLayer):
    """Changes brightness, contrast, saturation and hue at random, in this order, in training.

    Each change is a layer of its own: `RandomBrightness`, `RandomContrast`, `RandomSaturation` and
    `RandomHue`. A change without a factor is left out.

    `y = hue(saturation(contrast(brightness(x))))`

    Backward: `x̄[i] = Σ_j ȳ[j] · D[j, i]`, where D[j, i] is the derivative of y[j] by x[i]; it is
    taken through the layers one after another, from the last to the first.

    Args:
        value_range: the least and the largest number that a pixel may have.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: the `factor` of
            `RandomBrightness`, `RandomContrast`, `RandomSaturation`, `RandomHue`; None for no such
            change.
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomColorJitter(brightness_factor=(0.2, 0.2))
        >>> layer(keras.ops.zeros((1, 1, 3)), training=True)
        Tensor([[[51., 51., 51.]]], dtype=float32)
    """

    moves = False
    keeps_type = True
    kinds = {
        "brightness": RandomBrightness,
        "contrast": RandomContrast,
        "saturation": RandomSaturation,
        "hue": RandomHue,
    }

    def __init__(
        self,
        value_range: Any = (0, 255),
        brightness_factor: Any = None,
        contrast_factor: Any = None,
        saturation_factor: Any = None,
        hue_factor: Any = None,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        for kind, layer in self.kinds.items():
            factor = getattr(self, f"{kind}_factor")
            shared = {"value_range": value_range, "seed": seed, "data_format": data_format}
            made = None if factor is None else layer(factor, dtype=self.dtype_policy, **shared)
            setattr(self, f"random_{kind}", made)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """What each of the layers draws, by its name."""
        layers = {f"random_{kind}": getattr(self, f"random_{kind}") for kind in self.kinds}
        return {name: layer.draw(images, seed) for name, layer in layers.items() if layer}

    def change(self, images: Any, transformation: Any) -> Any:
        """Applies the layers one after another."""
        for name, drawn in transformation.items():
            images = getattr(self, name).transform_images(images, drawn)
        return images

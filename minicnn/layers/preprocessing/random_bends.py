"""Layers that bend images at random: by a change of perspective, and elastically."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.layers.base.settings import settings_of
from minicnn.layers.preprocessing.image_layer import (
    FILL_MODES,
    RandomImageLayer,
    batch_size,
    check_sampling,
    for_pixels,
)


class RandomBend(RandomImageLayer):
    """Base of layers that bend some of the images, and their masks without mixing classes."""

    intervals = {"factor": (0, 1)}

    def bent(self, images: Any, transformation: Any, interpolation: str) -> Any:
        """The images, some of them bent."""
        raise NotImplementedError

    def change(self, images: Any, transformation: Any) -> Any:
        """The images, some of them bent; one image by itself is a batch of one."""
        if len(images.shape) == 3:
            return self.change(images[None], transformation)[0]
        return self.bent(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The masks, bent like the images."""
        if not training or transformation is None:
            return masks
        return self.bent(ops.cast(masks, self.compute_dtype), transformation, "nearest")


class RandomPerspective(RandomBend):
    """Moves the corners of an image with a probability, in training, and all pixels with them.

    As in Keras, a corner's coordinates grow by up to half of `scale`, (0, 0) thus stays; see
    `ops.image.perspective_transform`.

    `y[n, i, j, c] = x[n, p(i, j), q(i, j), c]`, where p and q are the quotients of linear functions
    that move the corners as drawn; between pixels it is interpolated.

    Backward: `x̄[n, p(i, j), q(i, j), c] += ȳ[n, i, j, c]`, with the weights of the interpolation.

    Args:
        factor: an interval of probabilities, or a number f for (0, f).
        scale: how far corners move, from 0 to 1.
        interpolation: "nearest" or "bilinear".
        fill_value: the value outside the image.
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomPerspective(1.0, scale=0.3, seed=1)
        >>> layer(keras.ops.ones((2, 5, 4, 3)), training=True).shape
        (2, 5, 4, 3)
    """

    def __init__(
        self,
        factor: Any = 1.0,
        scale: float = 1.0,
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        layer = f"RandomPerspective '{self.name}'"
        check_sampling(layer, "constant", interpolation)
        if not 0 <= scale <= 1:
            raise ValueError(
                f"The `scale` argument should be a number in the range [0,1]. Received: "
                f"scale={scale}, for {layer}"
            )

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """Which images are bent, and where their corners are before and after."""
        count, axes = batch_size(images), self.axes_of(images)
        chosen = self.chosen(images, seed)
        half = 0.5 * self.scale
        grow = self.uniform((count, 4, 2), (-half, half), seed)
        right, bottom = images.shape[axes.width] - 1, images.shape[axes.height] - 1
        corners = ops.cast([[0, 0], [right, 0], [0, bottom], [right, bottom]], self.compute_dtype)
        corners = ops.repeat(corners[None], count, axis=0)
        return {
            "apply_perspective": chosen,
            "start_points": corners,
            "end_points": corners + corners * grow,
            "input_shape": tuple(images.shape),
        }

    def bent(self, images: Any, transformation: Any, interpolation: str) -> Any:
        """The images, the chosen ones in perspective."""
        changed = ops.image.perspective_transform(
            images,
            transformation["start_points"],
            transformation["end_points"],
            interpolation=interpolation,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )
        return ops.where(for_pixels(transformation["apply_perspective"]), changed, images)


class RandomElasticTransform(RandomBend):
    """Moves the pixels of an image by a smooth random field with a probability, in training.

    The field is that of `ops.image.elastic_transform` with α = 0.1 s · the longer side and
    σ = 0.05 s · the shorter one, where s, the same for all images, is uniform in `scale`.

    `y[n, i, j, c] = x[n, i + u[i, j], j + v[i, j], c]`, where (u, v) is the field; between pixels
    it is interpolated.

    Backward: `x̄[n, i + u[i, j], j + v[i, j], c] += ȳ[n, i, j, c]`, with the weights of the
    interpolation.

    Args:
        factor: an interval of probabilities, or a number f for (0, f).
        scale: an interval within [0, 1] for s, or a number f for (0, f).
        interpolation: "nearest" or "bilinear".
        fill_mode: outside the image: "reflect", "wrap", "constant" (`fill_value`), "nearest" or
            "mirror".
        value_range: the least and the largest number that a pixel may have.
        seed: an integer for the same random numbers in each run.
        data_format: "channels_last" or "channels_first".

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.RandomElasticTransform(1.0, scale=0.5, seed=1)
        >>> layer(keras.ops.ones((2, 9, 7, 3)), training=True).shape
        (2, 9, 7, 3)
    """

    intervals = {"factor": (0, 1), "scale": (0, 1)}

    def __init__(
        self,
        factor: Any = 1.0,
        scale: Any = 1.0,
        interpolation: str = "bilinear",
        fill_mode: str = "reflect",
        fill_value: float = 0.0,
        value_range: Any = (0, 255),
        seed: Any = None,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        self.keep_settings(locals())
        modes = (*FILL_MODES, "mirror")
        check_sampling(f"RandomElasticTransform '{self.name}'", fill_mode, interpolation, modes)

    settings = settings_of(__init__)

    def draw(self, images: Any, seed: Any) -> Any:
        """Which images are bent, how strongly, and the seed of the field."""
        if not self.scale[1] or not self.factor[1]:
            return None
        return {
            "apply_transform": self.chosen(images, seed),
            "distortion_factor": self.uniform((), self.scale, seed),
            # One number, so that masks are moved by the same field as their images.
            "seed": int(random.randint((), 0, 2**31 - 1, seed=seed)),
        }

    def bent(self, images: Any, transformation: Any, interpolation: str) -> Any:
        """The images, the chosen ones moved by the field."""
        axes = self.axes_of(images)
        sides = images.shape[axes.height], images.shape[axes.width]
        strength = transformation["distortion_factor"]
        moved = ops.image.elastic_transform(
            images,
            alpha=0.1 * max(sides) * strength,
            sigma=0.05 * min(sides) * strength,
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            seed=transformation["seed"],
            data_format=self.data_format,
        )
        images = ops.where(for_pixels(transformation["apply_transform"]), moved, images)
        return ops.clip(images, *self.value_range)

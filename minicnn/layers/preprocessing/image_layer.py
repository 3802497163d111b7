"""Base classes of the layers that change images."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import random
from minicnn.common import configuration
from minicnn.common.whole_numbers import check_whole_number
from minicnn.layers.base.layer import Layer
from minicnn.ops.image.layout import Axes, image_axes, with_lengths

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


class ImageLayer(Layer):
    """A layer over `(batch, height, width, channels)`, over one image, or over a dict.

    A dict has them under "images"; its "segmentation_masks" are changed in the same way, and all
    other items are returned unchanged.

    Args:
        data_format: "channels_last" or "channels_first", `config.image_data_format()` by default.
    """

    moves = True  # whether pixels change their position, so that masks and boxes must change, too

    def __init__(
        self, data_format: str | None = None, bounding_box_format: str | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.data_format = configuration.standardize_data_format(data_format)
        self.bounding_box_format = bounding_box_format
        self._allow_non_tensor_positional_args = True

    def axes_of(self, images: Any) -> Axes:
        """The axes of height, width and channels."""
        if len(images.shape) not in (3, 4):
            raise ValueError(
                f"Expected the input image to be rank 3 or 4: layer '{self.name}' takes one image "
                f"or a batch of them. Received inputs of shape {tuple(images.shape)}"
            )
        return image_axes(images, self.data_format)

    def call(self, data: Any, training: bool = True) -> Any:
        """Changes the images."""
        images = data["images"] if isinstance(data, dict) else data
        self.axes_of(images)
        transformation = self.get_random_transformation(images, training)
        changed = self.transform_images(images, transformation, training)
        if not isinstance(data, dict):
            return changed
        masks = data.get("segmentation_masks")
        if self.moves and "bounding_boxes" in data:
            raise ValueError(
                f"Layer '{self.name}' of minicnn moves pixels but no bounding boxes: leave out "
                "'bounding_boxes' of the dict that it is called on."
            )
        if masks is not None:
            masks = self.transform_segmentation_masks(masks, transformation, training)
            data = {**data, "segmentation_masks": masks}
        return {**data, "images": changed}

    def get_random_transformation(self, images: Any, training: bool = True) -> Any:
        """The random choice for these images; None if there is none."""
        return None

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, changed by the transformation."""
        raise NotImplementedError

    def transform_segmentation_masks(
        self, masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The masks, changed like the images."""
        return self.transform_images(masks, transformation, training) if self.moves else masks

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        boxes = self.bounding_box_format
        own = {"data_format": self.data_format}
        return {**super().get_config(), **own, **({"bounding_box_format": boxes} if boxes else {})}


class SizedImageLayer(ImageLayer):
    """Base of layers that give images a fixed height and width."""

    def __init__(self, height: int, width: int, **kwargs: Any):
        super().__init__(**kwargs)
        for name, value in (("height", height), ("width", width)):
            check_whole_number(f"{type(self).__name__} '{self.name}'", name, value)
        self.height = height
        self.width = width

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape with the new height and width."""
        last = self.data_format == "channels_last"
        height, width = (-3, -2) if last else (-2, -1)
        return with_lengths(tuple(input_shape), {height: self.height, width: self.width})


class RandomImageLayer(ImageLayer):
    """Base of layers that change each image at random, in training only."""

    def __init__(self, seed: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def random_numbers(self, images: Any, low: float, high: float, rank: int) -> Any:
        """A random number from the interval for each image, in a shape of this rank."""
        batch = images.shape[0] if len(images.shape) == 4 else 1
        return random.uniform((batch, *[1] * (rank - 1)), low, high, seed=self.generator)


def check_number(layer: str, name: str, value: Any) -> None:
    """Raises for what is not one number."""
    if isinstance(value, str) or np.ndim(value) != 0:
        raise ValueError(f"`{name}` of {layer} must be a number. Received: {name}={value!r}")


def bounds(
    layer: str, name: str, factor: Any, low: float = -1.0, high: float = 1.0
) -> tuple[float, float]:
    """The interval that a factor means: itself, or from −factor (or `low`) to factor."""
    pair = factor if isinstance(factor, (list, tuple)) else (factor, factor)
    numbers = [x for x in pair if isinstance(x, (int, float)) and low <= x <= high]
    if len(pair) != 2 or len(numbers) != 2:
        raise ValueError(
            "The `factor` argument should be a number (or a list of two numbers) in the range "
            f"[{low}, {high}]. Received: {name}={factor}, for {layer}"
        )
    if isinstance(factor, (list, tuple)):
        return min(pair), max(pair)
    return max(-abs(factor), low), abs(factor)


def check_sampling(layer: str, fill_mode: str, interpolation: str) -> None:
    """Raises for unknown fill modes and interpolations."""
    for name, value, known in (
        ("fill_mode", fill_mode, FILL_MODES),
        ("interpolation", interpolation, INTERPOLATIONS),
    ):
        if value not in known:
            raise NotImplementedError(
                f"Unknown `{name}` {value}. Expected of one {known}, for {layer}."
            )

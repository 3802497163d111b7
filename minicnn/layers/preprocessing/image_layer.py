"""Base classes of the layers that change images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from minicnn import ops, random
from minicnn.common import configuration
from minicnn.common.whole_numbers import check_whole_number
from minicnn.layers.base.layer import Layer
from minicnn.ops.image.layout import Axes, image_axes, with_lengths

FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("nearest", "bilinear")


class ImageLayer(Layer):
    """A layer over `(batch, height, width, channels)`, over one image, or over a dict.

    A dict has them under "images"; its "segmentation_masks" are changed in the same way, its
    "labels" where images are mixed, and all other items are returned unchanged.

    Args:
        data_format: "channels_last" or "channels_first", `config.image_data_format()` by default.
    """

    moves = True  # whether pixels change their position, so that masks and boxes must change, too
    takes_masks = True
    keeps_type = False  # whether images that are not changed keep their type, as they do in Keras
    sorts_range = False  # whether `value_range` is kept as a sorted list, as it is in Keras
    intervals: Mapping[str, tuple[float, float]] = {}  # limits of settings that are intervals

    def __init__(
        self, data_format: str | None = None, bounding_box_format: str | None = None, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.data_format = configuration.standardize_data_format(data_format)
        self.bounding_box_format = bounding_box_format
        self._allow_non_tensor_positional_args = True

    def keep_settings(self, arguments: dict[str, Any]) -> None:
        """Sets an attribute for each setting: intervals as pairs, `value_range` checked."""
        layer = f"{type(self).__name__} '{self.name}'"
        for name in self.settings:
            if name in ("seed", "data_format"):
                continue  # the constructors of the base classes set them
            value = arguments[name]
            if name in self.intervals:
                value = bounds(layer, name, value, *self.intervals[name])
            elif name == "value_range":
                value = sorted_range(layer, value) if self.sorts_range else value
            setattr(self, name, value)

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
        items = data if isinstance(data, dict) else {"images": data}
        self._check_items(items)
        single = len(items["images"].shape) == 3
        transformation = self.get_random_transformation(data, training=training)
        changed = {}
        for name, change in (
            ("images", self.transform_images),
            ("labels", self.transform_labels),
            ("segmentation_masks", self.transform_segmentation_masks),
        ):
            if name in items:
                x = items[name][None] if single else items[name]
                x = change(x, transformation, training=training)
                changed[name] = x[0] if single else x
        return {**items, **changed} if isinstance(data, dict) else changed["images"]

    def _check_items(self, items: dict[str, Any]) -> None:
        if "images" not in items:
            raise ValueError(
                f"Layer '{self.name}' changes the item 'images' of a dict. Received: a dict with "
                f"{sorted(items)}"
            )
        self.axes_of(items["images"])
        if self.moves and "bounding_boxes" in items:
            raise ValueError(
                f"Layer '{self.name}' of minicnn moves pixels but no bounding boxes: leave out "
                "'bounding_boxes' of the dict that it is called on."
            )
        if not self.takes_masks and "segmentation_masks" in items:
            raise ValueError(
                f"Layer '{self.name}' of minicnn changes images but no segmentation masks: leave "
                "out 'segmentation_masks' of the dict that it is called on."
            )

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """The random choice for these images; None if there is none."""
        return None

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, changed by the transformation."""
        raise NotImplementedError

    def transform_labels(self, labels: Any, transformation: Any, training: bool = True) -> Any:
        """The labels, of which only layers that mix images make others."""
        return labels

    def transform_segmentation_masks(
        self, masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """The masks, changed like the images."""
        if not self.moves:
            return masks
        return self.transform_images(masks, transformation, training=training)

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
    """Base of layers that change each image at random, in training only.

    A subclass says in `draw` what is drawn, and in `change` what is made of it.
    """

    def __init__(self, seed: Any = None, **kwargs: Any):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def draw(self, images: Any, seed: Any) -> Any:
        """The random numbers for these images, which are a batch or one image."""
        raise NotImplementedError

    def change(self, images: Any, transformation: Any) -> Any:
        """A batch of images, changed."""
        raise NotImplementedError

    def get_random_transformation(self, data: Any, training: bool = True, seed: Any = None) -> Any:
        """What is drawn for these images; None outside training."""
        images = data["images"] if isinstance(data, dict) else data
        self.axes_of(images)
        return self.draw(images, self.generator if seed is None else seed) if training else None

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """The images, changed in training."""
        if not training or transformation is None:
            return images if self.keeps_type else ops.cast(images, self.compute_dtype)
        x = ops.cast(images, self.compute_dtype)
        return ops.cast(self.change(x, transformation), self.compute_dtype)

    def uniform(self, shape: Any, interval: Any, seed: Any) -> Any:
        """Uniform random numbers from an interval, in the layer's type."""
        return random.uniform(shape, *interval, dtype=self.compute_dtype, seed=seed)

    def chosen(self, images: Any, seed: Any) -> Any:
        """For each image, whether it is changed: with a probability drawn from `factor`."""
        shape = (batch_size(images),)
        probability = random.uniform(shape, *self.factor, seed=seed)
        return random.uniform(shape, seed=seed) < probability


def batch_size(images: Any) -> int:
    """How many images there are; 1 for one without a batch axis."""
    return images.shape[0] if len(images.shape) == 4 else 1


def one_each(images: Any) -> tuple[int, ...]:
    """The shape of one number for each image, beside their pixels."""
    return (*images.shape[:-3], 1, 1, 1)


def for_pixels(numbers: Any) -> Any:
    """One number for each image, shaped for `(batch, height, width, channels)`."""
    return ops.reshape(numbers, (-1, 1, 1, 1))


def rescaled(images: Any, old: Any, new: Any) -> Any:
    """Values of the range `old` as those of the range `new`."""
    if tuple(old) == tuple(new):
        return images
    return (images - old[0]) / (old[1] - old[0]) * (new[1] - new[0]) + new[0]


def sorted_range(layer: str, value_range: Any) -> list:
    """The least and the largest value of pixels, checked."""
    if not isinstance(value_range, (list, tuple)) or len(value_range) != 2:
        raise ValueError(
            "The `value_range` argument should be a list of two numbers. Received: "
            f"value_range={value_range}, for {layer}"
        )
    return sorted(value_range)


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
        return tuple(sorted(pair))
    return max(low, -abs(factor)), abs(factor)


def check_sampling(
    layer: str, fill_mode: str, interpolation: str, modes: tuple[str, ...] = FILL_MODES
) -> None:
    """Raises for unknown fill modes and interpolations."""
    for name, value, known in (
        ("fill_mode", fill_mode, modes),
        ("interpolation", interpolation, INTERPOLATIONS),
    ):
        if value not in known:
            raise NotImplementedError(
                f"Unknown `{name}` {value}. Expected of one {known}, for {layer}."
            )

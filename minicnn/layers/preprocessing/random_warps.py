"""Base class of the random affine maps: rotation, shear, translation, zoom."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.layers.preprocessing.image_layer import RandomImageLayer, check_number, check_sampling


class RandomWarp(RandomImageLayer):
    """Resamples each image through a random affine map.

    Args:
        fill_mode: outside the image: "reflect", "wrap", "constant" (`fill_value`) or "nearest".
        interpolation: "nearest" or "bilinear".
        seed: an integer for the same random numbers in each run.
    """

    def __init__(
        self,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        seed: Any = None,
        fill_value: float = 0.0,
        data_format: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(seed=seed, data_format=data_format, **kwargs)
        layer = f"{type(self).__name__} '{self.name}'"
        check_sampling(layer, fill_mode, interpolation)
        check_number(layer, "fill_value", fill_value)
        self.fill_mode = fill_mode
        self.interpolation = interpolation
        self.fill_value = fill_value

    def maps(self, transformation: Any, height: int, width: int) -> list[Any]:
        """`(a0, a1, a2, b0, b1, b2)` of the maps, each a number or of shape `(batch,)`."""
        raise NotImplementedError

    def change(self, images: Any, transformation: Any) -> Any:
        """Resamples the images."""
        return self.resample(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """Resamples the masks without mixing classes."""
        masks = ops.cast(masks, self.compute_dtype)
        if not training or transformation is None:
            return masks
        return self.resample(masks, transformation, "nearest")

    def resample(self, images: Any, transformation: Any, interpolation: str) -> Any:
        """The images, each read through its map."""
        axes = self.axes_of(images)
        sides = images.shape[axes.height], images.shape[axes.width]
        numbers = self.maps(transformation, *sides)
        count = next(x.shape[0] for x in numbers if not isinstance(x, (int, float)))
        rows = [ops.full((count,), x) if isinstance(x, (int, float)) else x for x in numbers]
        return ops.image.affine_transform(
            images,
            ops.stack([*rows, *[ops.zeros((count,))] * 2], axis=-1),
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

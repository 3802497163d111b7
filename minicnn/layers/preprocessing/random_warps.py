"""Base class of the random affine maps: rotation, translation, zoom."""

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

    def matrices(self, images: Any, height: int, width: int) -> list[Any]:
        """`(a0, a1, a2, b0, b1, b2)` of the maps, each of shape `(batch,)`."""
        raise NotImplementedError

    def get_random_transformation(self, images: Any, training: bool = True) -> Any:
        """The maps, `(batch, 8)`."""
        if not training:
            return None
        axes = self.axes_of(images)
        rows = self.matrices(images, images.shape[axes.height], images.shape[axes.width])
        zeros = ops.zeros_like(rows[0])
        return ops.stack([*rows, zeros, zeros], axis=-1)

    def transform_images(self, images: Any, transformation: Any, training: bool = True) -> Any:
        """Resamples the images."""
        return self._moved(images, transformation, self.interpolation)

    def transform_segmentation_masks(
        self, masks: Any, transformation: Any, training: bool = True
    ) -> Any:
        """Resamples the masks without mixing classes."""
        return self._moved(masks, transformation, "nearest")

    def _moved(self, images: Any, transformation: Any, interpolation: str) -> Any:
        x = ops.cast(images, self.compute_dtype)
        if transformation is None:
            return x
        return ops.image.affine_transform(
            x,
            transformation if len(x.shape) == 4 else transformation[0],
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

"""`NetworkInput`: how a drawing becomes the input of a network, whatever shape it takes."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from minicnn import layers
from minicnn.studio import drawing

SIDE = 28
"""Of the picture, where a network takes pictures of any size."""
LARGEST_SIDE = 512
COLOURS = (1, 3)


class CannotDraw(ValueError):
    """The network takes something that is not a picture."""


class NetworkInput(NamedTuple):
    """The picture that a network takes.

    Attributes:
        height: in pixels.
        width: in pixels.
        shape: of one input, without the batch.
        colour_axis: of `shape`, for networks whose pictures have one; else None.
        largest: the value of full ink: 1, or 255 for a network that scales the pixels itself.
    """

    height: int
    width: int
    shape: tuple[int, ...]
    colour_axis: int | None
    largest: float

    @classmethod
    def of(cls, model: Any) -> NetworkInput:
        """How the model takes a picture.

        Raises:
            CannotDraw: it takes something else; the sentence says what.
        """
        shape = _shape_of_input(model)
        largest = 255.0 if _scales_pixels(model) else 1.0
        if len(shape) == 1:
            side = math.isqrt(shape[0] or 0)
            if side >= 4 and side * side == shape[0]:
                return cls(side, side, shape, None, largest)
        if len(shape) == 2:
            return cls(*_sides(shape), _sides(shape), None, largest)
        for axis in (2, 0) if len(shape) == 3 else ():
            if shape[axis] in COLOURS:
                height, width = _sides(shape[:axis] + shape[axis + 1 :])
                full = (height, width, shape[axis]) if axis else (shape[axis], height, width)
                return cls(height, width, full, axis, largest)
        raise CannotDraw(
            f"The network {model.name!r} takes inputs of shape {shape}, which are no pictures: the "
            "page can draw for (height, width), (height, width, 1 or 3), (1 or 3, height, width) "
            "and flat squares, such as (784,)."
        )

    def picture(self, canvas: np.ndarray, treatment: bool) -> np.ndarray:
        """What the network sees of a canvas: `(height, width)`, from 0 to 1."""
        make = drawing.treated if treatment else drawing.untreated
        return make(canvas, self.height, self.width)

    def batch(self, picture: np.ndarray) -> np.ndarray:
        """The picture as a batch of one, in the network's shape and range."""
        pixels = picture.astype("float32") * np.float32(self.largest)
        if self.colour_axis is not None:
            pixels = np.repeat(
                np.expand_dims(pixels, self.colour_axis),
                self.shape[self.colour_axis],
                self.colour_axis,
            )
        return pixels.reshape((1, *self.shape))


def _shape_of_input(model: Any) -> tuple[int | None, ...]:
    try:
        shapes = model.input_shape
    except (AttributeError, ValueError):
        raise CannotDraw(
            f"The network {model.name!r} does not know the shape of its input: begin it with "
            "`keras.Input(shape)`, train or build it, and save it again."
        ) from None
    if isinstance(shapes, list) and len(shapes) == 1:
        shapes = shapes[0]
    if not isinstance(shapes, tuple):
        raise CannotDraw(
            f"The network {model.name!r} has {len(shapes)} inputs; the page draws for one."
        )
    return shapes[1:]


def _sides(shape: tuple[int | None, ...]) -> tuple[int, int]:
    height, width = (SIDE if n is None else n for n in shape)
    if not (4 <= height <= LARGEST_SIDE and 4 <= width <= LARGEST_SIDE):
        raise CannotDraw(
            f"The network takes pictures of {height} × {width} pixels; the page can draw for those "
            f"with sides from 4 to {LARGEST_SIDE}."
        )
    return height, width


def _scales_pixels(model: Any) -> bool:
    """Whether the network divides pixels from 0 to 255 itself, or normalizes them."""
    scaling = [x for x in model._flatten_layers() if isinstance(x, layers.Rescaling)]
    return any(np.max(np.abs(x.scale)) < 0.1 for x in scaling)

"""From the ink on the canvas to the small picture that a network gets, as MNIST was made.

"The original black and white images were size normalized to fit in a 20x20 pixel box while
preserving their aspect ratio. [...] the images were centered in a 28x28 image by computing the
center of mass of the pixels, and translating the image so as to position this point at the center."
Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits".

Before that, a pen that is much thicker or thinner than those of MNIST is made like them: on a
canvas all lines are as wide, so that a small digit has thick lines and a large one thin lines.
"""

from __future__ import annotations

import math

import numpy as np

BOX = 20 / 28
"""The side of the box that the ink fills, as a part of the picture's."""
LEAST_INK = 0.15
"""A canvas with fainter points only is empty."""
FAINT = 0.5 / 255
"""No ink: less than the least amount."""
FINE = 4
"""The pen is changed in a picture with so many times the rows and columns."""
PENS = (1.5, 2.5)
"""The widths of most pens of MNIST, in pixels of the small picture."""
USUAL_PEN = 2.2


def has_ink(picture: np.ndarray) -> bool:
    """Whether anything is drawn on a canvas of uint8."""
    return bool((picture > LEAST_INK * 255).any())


def treated(picture: np.ndarray, height: int = 28, width: int = 28) -> np.ndarray:
    """Crop, usual pen, scale to the box of 20 × 20, centre of mass in the middle.

    Args:
        picture: amounts of ink, uint8 `(rows, columns)`, with some ink.
        height: of the result.
        width: of the result.

    Returns:
        The small picture `(height, width)`, from 0 to 1.
    """
    ink = _with_usual_pen(_cropped(picture.astype("float32") / 255))
    scale = min(height * BOX / ink.shape[0], width * BOX / ink.shape[1])
    rows, columns = (max(1, round(n * scale)) for n in ink.shape)
    ink = resized(ink, rows, columns)
    ink /= ink.max()
    result = np.zeros((height, width), "float32")
    top, left = _place(ink, 0, height), _place(ink, 1, width)
    result[top : top + rows, left : left + columns] = ink
    return result


def untreated(picture: np.ndarray, height: int = 28, width: int = 28) -> np.ndarray:
    """The whole canvas made small: `(height, width)`, 0 to 1."""
    return resized(picture.astype("float32") / 255, height, width)


def resized(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """An image of another size, each new pixel the mean over its area.

    >>> resized(np.array([[0.0, 1.0], [2.0, 3.0]]), 1, 2)
    array([[1., 2.]])
    """
    return _area_means(image.shape[0], rows) @ image @ _area_means(image.shape[1], columns).T


def _area_means(old: int, new: int) -> np.ndarray:
    """`(new, old)`: how much of each new pixel lies on each old one, along one axis."""
    edges = np.arange(new + 1)[:, None] * (old / new)
    start, end, cell = edges[:-1], edges[1:], np.arange(old)
    overlap = np.minimum(end, cell + 1) - np.maximum(start, cell)
    return (np.maximum(overlap, 0) * (new / old)).astype("float32")


def _cropped(ink: np.ndarray) -> np.ndarray:
    rows, columns = np.nonzero(ink > FAINT)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def _with_usual_pen(ink: np.ndarray) -> np.ndarray:
    """The ink as it is, or in another size with lines as wide as is usual in MNIST."""
    for _ in range(3):  # without the outer part of its lines a digit is smaller, and they are wider
        scale = 28 * BOX * FINE / max(ink.shape)
        fine = resized(ink, *(max(1, round(n * scale)) for n in ink.shape))
        pen = pen_width(fine) / FINE
        if PENS[0] <= pen <= PENS[1]:
            break
        radius = abs(pen - USUAL_PEN) / 2 * FINE
        choose = np.minimum if pen > USUAL_PEN else np.maximum
        changed = _with_neighbours(np.pad(fine, math.ceil(radius)), radius, choose)
        if not (changed > 0.5).any():
            break
        ink = _cropped(changed)
    return ink


def pen_width(ink: np.ndarray) -> float:
    """The mean width of lines: twice their area over the length of their edges.

    >>> line = np.zeros((40, 40))
    >>> line[5:35, 10:14] = 1
    >>> round(pen_width(line), 1)
    3.6
    """
    edges = np.hypot(*np.gradient(np.pad(ink, 2))).sum()
    return float(2 * ink.sum() / max(edges, 1e-9))


def _with_neighbours(ink: np.ndarray, radius: float, choose: np.ufunc) -> np.ndarray:
    """Each pixel the largest (or smallest) of those in a disc around it."""
    reach = math.ceil(radius)
    padded = np.pad(ink, reach)
    rows, columns = ink.shape
    result = ink
    for y, x in np.ndindex(2 * reach + 1, 2 * reach + 1):
        if math.hypot(y - reach, x - reach) <= radius:
            result = choose(result, padded[y : y + rows, x : x + columns])
    return result


def _place(ink: np.ndarray, axis: int, side: int) -> int:
    """Where the ink begins, so that its centre of mass lies in the middle of the picture.

    As in all pictures of MNIST, that is the pixel with the number side / 2, whose own middle lies
    half a pixel further.
    """
    weights = ink.sum(axis=1 - axis)
    centre = float(weights @ (np.arange(len(weights)) + 0.5)) / float(weights.sum())
    return min(max(0, round((side + 1) / 2 - centre)), side - len(weights))

"""Explanations of a convolution kernel's gradient: its parts come from the wrong windows.

What one result gives to the gradient of the kernel is the window of the image under it. So the
window can be looked up in the image, and its place compared with the right one.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from minicnn.testing.errors import Diagnosis
from minicnn.testing.evidence import Evidence
from minicnn.testing.hypotheses.masks import pairs
from minicnn.testing.hypotheses.windows import say_offsets


def moved(evidence: Evidence) -> Diagnosis | None:
    """Each result's part of the kernel's gradient is another window of the image."""
    shapes = evidence.function.shapes
    if evidence.x.ndim != 4 or len(shapes) != 1 or len(shapes[0]) != 4:
        return None
    pair = pairs(evidence)
    if pair is None:
        return None
    for k, image in enumerate(evidence.function.arrays):
        if k != evidence.i and image.ndim == 4:
            for to_last, to_hwio in LAYOUTS:
                found = _moved_in(evidence, pair, image, to_last, to_hwio)
                if found is not None:
                    return found
    return None


LAYOUTS = (
    ((0, 1, 2, 3), (0, 1, 2, 3)),
    ((0, 2, 3, 1), (2, 3, 1, 0)),
)
"""How images become (batch, height, width, channels), and kernels (height, width, in, out)."""


def _moved_in(evidence: Evidence, pair, image, to_last, to_hwio) -> Diagnosis | None:
    image = image.transpose(to_last)
    shape = np.array(evidence.function.shapes[0])[list(to_last)]
    height, width, channels, filters = np.array(evidence.x.shape)[list(to_hwio)]
    if channels != image.shape[3] or filters != shape[3]:
        return None
    pad = ((0, 0), (height - 1, height - 1), (width - 1, width - 1), (0, 0))
    windows = sliding_window_view(np.pad(image, pad), (height, width), (1, 2))
    windows = windows.transpose(0, 1, 2, 4, 5, 3)
    offsets = {}
    for k in range(len(pair[0])):
        index = np.array(np.unravel_index(k, evidence.function.shapes[0]))[list(to_last)]
        if index[3] != 0:
            continue
        places = [
            _place(row.reshape(evidence.x.shape).transpose(to_hwio)[..., 0], windows[index[0]])
            for row in (part[k] for part in pair)
        ]
        if None in places:
            return None
        there = np.zeros(4, int)
        there[[to_last[1], to_last[2]]] = np.subtract(places[1], places[0])
        offsets[k] = tuple(map(int, there))
    return say_offsets(evidence, offsets, evidence.function.shapes[0]) if offsets else None


def _place(window: np.ndarray, windows: np.ndarray) -> tuple[int, int] | None:
    """Where a window lies in the image; None if nowhere."""
    scale = np.abs(window).max()
    same = (np.abs(windows - window) <= 1e-6 * scale).all(axis=(2, 3, 4))
    places = np.argwhere(same)
    return tuple(places[0]) if scale and len(places) else None

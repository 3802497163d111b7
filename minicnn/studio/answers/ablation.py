"""What the network says with some channels switched off: of the drawing, and of test images."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis import ablate
from minicnn.studio.answers.live import probabilities
from minicnn.studio.answers.numbers import drawn
from minicnn.studio.drawing import resized
from minicnn.studio.page_state import PageState

TEST_IMAGES = 1000


def ablation(page: PageState, channels: dict[str, list[int]]) -> dict[str, Any]:
    """The probabilities of the drawing, with all channels and without some."""
    found = ablate(page.model, drawn(page), channels)
    return {
        "before": probabilities(found.before[0]),
        "after": probabilities(found.after[0]),
    }


def ablated_accuracy(page: PageState, channels: dict[str, list[int]]) -> dict[str, Any]:
    """The share of 1,000 test images whose class is right, with all channels and without some."""
    classes = page.description.classes
    if classes != 10:
        raise ValueError(f"The test images have 10 classes; the network has {classes}.")
    x, labels = test_batch(page)
    found = ablate(page.model, x, channels, labels)
    return {
        "images": len(labels),
        "before": found.accuracy_before,
        "after": found.accuracy_after,
        "by_class": [_share(found.after, labels, c) for c in range(classes)],
    }


def test_batch(page: PageState) -> tuple[np.ndarray, np.ndarray]:
    """The first 1,000 test images as the network takes them, and their labels."""
    images, taken = page.test_images, page.description.input
    pictures = images.pixels[:TEST_IMAGES, ..., 0]
    if pictures.shape[1:] != (taken.height, taken.width):
        pictures = np.stack([resized(p, taken.height, taken.width) for p in pictures])
    return np.concatenate([taken.batch(p) for p in pictures]), images.labels[:TEST_IMAGES]


def _share(scores: np.ndarray, labels: np.ndarray, c: int) -> float | None:
    own = labels == c
    return float((scores[own].argmax(-1) == c).mean()) if own.any() else None

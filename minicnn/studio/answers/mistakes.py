"""Which digits the network takes for which: the confusion matrix of the test images."""

from __future__ import annotations

from typing import Any

import numpy as np

import minicnn as keras
from minicnn.studio.answers.live import probabilities
from minicnn.studio.drawing import resized
from minicnn.studio.page_state import PageState

PIECE = 250
"""Images that are answered at once, so that drawings are answered between them."""
MOST_PICTURES = 60


class _Count:
    """What the network said of the test images so far."""

    def __init__(self, classes: int):
        self.confusion = keras.metrics.MeanIoU(classes)
        self.scores = np.zeros((0, classes), "float32")


def count_mistakes(page: PageState, start: int) -> dict[str, Any]:
    """Goes on with the count of the test images from `start`; 0 begins it again."""
    images = page.test_images
    if start == 0:
        page.kept_of_network["mistakes"] = _Count(_checked_classes(page))
    count = _counted(page)
    if start != len(count.scores):
        raise ValueError(f"{len(count.scores)} images are counted, so the next is not {start}.")
    pictures, labels = images.pixels[start : start + PIECE, ..., 0], images.labels[start:][:PIECE]
    scores = page.model.predict_on_batch(_as_inputs(page, pictures))
    count.confusion.update_state(labels, scores.argmax(-1))
    count.scores = np.concatenate([count.scores, scores.astype("float32")])
    matrix = count.confusion.total_cm.numpy()
    return {
        "counted": len(count.scores),
        "images": len(images.labels),
        "matrix": matrix.astype("int32"),
        "right": int(matrix.trace()),
    }


def mistaken_pictures(page: PageState, true: int, predicted: int) -> dict[str, Any]:
    """The test images of one class that were taken for another (or the same), as far as counted.

    Mistakes come in the order of how sure the network was, right answers in the opposite one.
    """
    scores, images = _counted(page).scores, page.test_images
    labels = images.labels[: len(scores)]
    found = np.flatnonzero((labels == true) & (scores.argmax(-1) == predicted))
    sure = np.array([probabilities(scores[i])[predicted] for i in found], "float32")
    order = np.argsort(sure if true == predicted else -sure, kind="stable")[:MOST_PICTURES]
    return {
        "true": true,
        "predicted": predicted,
        "count": len(found),
        "indices": found[order],
        "probabilities": sure[order],
        "pixels": np.rint(images.pixels[found[order], ..., 0] * 255).astype("uint8"),
    }


def _checked_classes(page: PageState) -> int:
    description = page.description
    if description.problem is not None:
        raise ValueError(description.problem)
    if description.classes != 10:
        raise ValueError(
            f"The test images are digits of 10 classes; the network tells {description.classes} "
            "apart, so there is nothing to count."
        )
    return 10


def _counted(page: PageState) -> _Count:
    count = page.kept_of_network.get("mistakes")
    if count is None:
        raise ValueError("Nothing is counted of this network: begin with image 0.")
    return count


def _as_inputs(page: PageState, pictures: np.ndarray) -> np.ndarray:
    """Pictures `(images, 28, 28)` as the network takes them."""
    taken = page.description.input
    if pictures.shape[1:] != (taken.height, taken.width):
        pictures = np.stack([resized(p, taken.height, taken.width) for p in pictures])
    return np.concatenate([taken.batch(p) for p in pictures])

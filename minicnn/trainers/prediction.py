"""The outputs of many batches put together."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import tree


def copied(outputs: Any) -> Any:
    """The same structure of NumPy arrays that are the caller's to change."""
    return tree.map_structure(np.array, outputs, none_is_leaf=False)


class Predictions:
    """Collects what the model gives for each batch."""

    def __init__(self):
        self._batches: list[Any] = []

    def add(self, outputs: Any) -> None:
        """Keeps the outputs for a batch."""
        self._batches.append(tree.map_structure(np.asarray, outputs, none_is_leaf=False))

    def last(self) -> dict[str, Any]:
        """The outputs for the last batch, as logs."""
        return {"outputs": self._batches[-1]}

    def joined(self) -> Any:
        """The outputs for all batches one after the other.

        Raises:
            ValueError: no batches, or outputs whose shapes differ in more than the number of rows.
        """
        if not self._batches:
            raise ValueError(
                "No batches to predict on: the source of `x` has nothing (more) to give."
            )
        if len(self._batches) == 1:
            return copied(self._batches[0])
        return tree.map_structure(lambda *parts: _join(parts), *self._batches)


def _join(parts: tuple[np.ndarray, ...]) -> np.ndarray:
    if parts[0].ndim == 0:
        return np.stack(parts)
    shapes = {part.shape[1:] for part in parts}
    if len(shapes) > 1:
        raise ValueError(
            "`predict` puts the outputs of all batches into one array, so these may differ in the "
            f"number of rows only. Received outputs of shapes {[part.shape for part in parts]}. "
            "Call `predict_on_batch` for each batch instead."
        )
    return np.concatenate(parts)

"""Dropout in recurrent cells: the same elements in every step of a sequence."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random


class DropoutRNNCell:
    """Draws the masks of a cell's inputs and states once for a sequence.

    The cell has the attributes `dropout`, `recurrent_dropout` and `seed_generator`, and perhaps
    `dropout_mask_count`: then there are so many masks, one for each gate, in a list.
    Source: Gal, Ghahramani, "A theoretically grounded application of dropout in recurrent neural
    networks" (2016), section 4.
    """

    @property
    def _dropout_masks(self) -> dict[str, Any]:
        return self.__dict__.setdefault("_masks", {})

    def get_dropout_mask(self, step_input: Any) -> Any:
        """The mask of the inputs: drawn at the first step, None without dropout."""
        return self._dropout_mask("dropout", step_input)

    def get_recurrent_dropout_mask(self, step_input: Any) -> Any:
        """The mask of the states."""
        return self._dropout_mask("recurrent_dropout", step_input)

    def _dropout_mask(self, name: str, like: Any) -> Any:
        rate, masks = getattr(self, name), self._dropout_masks
        if name not in masks and rate > 0:
            ones, count = ops.ones_like(like), getattr(self, "dropout_mask_count", None)
            drawn = [
                random.dropout(ones, rate, seed=self.seed_generator) for _ in range(count or 1)
            ]
            masks[name] = drawn if count else drawn[0]
        return masks.get(name)

    def reset_dropout_mask(self) -> None:
        """Forgets the mask of the inputs, so that the next sequence gets another."""
        self._dropout_masks.pop("dropout", None)

    def reset_recurrent_dropout_mask(self) -> None:
        """Forgets the mask of the states."""
        self._dropout_masks.pop("recurrent_dropout", None)

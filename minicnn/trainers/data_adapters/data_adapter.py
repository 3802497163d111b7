"""What all sources of batches have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class DataAdapter:
    """A source of batches: arrays cut into pieces, a data set of one's own, a generator.

    A batch is what a step gets: `(x,)`, `(x, y)` or `(x, y, sample_weight)`, each of the three an
    array or a nested structure of arrays, or `x` alone.

    Attributes:
        begins_again: whether each iterator begins with the first batch.
    """

    begins_again = True

    def get_numpy_iterator(self) -> Iterator[Any]:
        """The batches of one epoch (or, for an endless source, batch after batch)."""
        raise NotImplementedError

    @property
    def num_batches(self) -> int | None:
        """Batches in an epoch, None if that is not known."""
        raise NotImplementedError

    @property
    def batch_size(self) -> int | None:
        """Samples in a batch, None if that is not known."""
        return None

    @property
    def has_partial_batch(self) -> bool | None:
        """Whether the last batch is smaller than the others, None if that is not known."""
        return None

    @property
    def partial_batch_size(self) -> int | None:
        """Samples in the last batch, if it is smaller than the others."""
        return None

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch."""

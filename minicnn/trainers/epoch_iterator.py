"""The steps of an epoch."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

from minicnn.common import configuration
from minicnn.trainers.data_adapters import get_data_adapter


class EpochIterator:
    """Deals out the batches of a data source, epoch by epoch.

    Without `steps_per_epoch`, an epoch is the whole source, from its beginning. With it, an epoch
    goes on where the one before stopped, and starts again where the source ends.

    Args:
        x, y, sample_weight, batch_size, shuffle, class_weight: see `Trainer.fit`.
        steps_per_epoch: batches in an epoch; None for all that the source has.
        steps_per_execution: batches dealt out at a time.
    """

    def __init__(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        batch_size: int | None = None,
        steps_per_epoch: int | None = None,
        shuffle: bool | str = False,
        class_weight: dict[int, float] | None = None,
        steps_per_execution: int = 1,
    ):
        self.steps_per_epoch = _capped(steps_per_epoch)
        self.steps_per_execution = steps_per_execution
        self.data_adapter = get_data_adapter(
            x,
            y,
            sample_weight,
            batch_size=batch_size,
            steps_per_epoch=self.steps_per_epoch,
            shuffle=shuffle,
            class_weight=class_weight,
        )
        self._num_batches = self.data_adapter.num_batches
        self._batches: Iterator[Any] | None = None
        self._taken = 0  # batches since the beginning of the source

    @property
    def num_batches(self) -> int | None:
        """Batches in an epoch; None if that is not known, which it is after the first epoch."""
        return self.steps_per_epoch or self._num_batches

    def __iter__(self) -> Iterator[tuple[int, int, list]]:
        """One epoch: the first and the last step of each execution, and its batches."""
        self.data_adapter.on_epoch_begin()
        try:
            yield from self._epoch()
        finally:
            self.data_adapter.on_epoch_end()

    enumerate_epoch = __iter__

    def _epoch(self) -> Iterator[tuple[int, int, list]]:
        if self._batches is None or self.steps_per_epoch is None:
            self._start_again()
        size = self.steps_per_execution
        for step in itertools.count(0, size):
            if self.num_batches is not None and step >= self.num_batches:
                break
            if self._at_end():
                self._warn_of_end(step)
                break
            batches = list(itertools.islice(self._batches, size))
            self._taken += len(batches)
            if len(batches) < size and not self._at_end():
                self._num_batches = self._taken
                if not batches:
                    self._warn_of_end(step)
                    break
            yield step, step + size - 1, batches
        if self._at_end():
            self.close()

    def _at_end(self) -> bool:
        return self._num_batches is not None and self._taken >= self._num_batches

    def _start_again(self) -> None:
        self.close()
        self._batches = iter(self.data_adapter.get_numpy_iterator())
        self._taken = 0

    def close(self) -> None:
        """Lets go of the source; threads that read ahead stop."""
        batches, self._batches = self._batches, None
        if hasattr(batches, "close"):
            batches.close()

    def _warn_of_end(self, step: int) -> None:
        if self.steps_per_epoch is None:
            return
        warnings.warn(
            f"Your input ran out of data; interrupting the epoch after {step} of "
            f"{self.steps_per_epoch} steps. Make sure that your data set or generator can give at "
            "least `steps_per_epoch * epochs` batches, or leave out `steps_per_epoch`.",
            stacklevel=2,
        )


def _capped(steps_per_epoch: int | None) -> int | None:
    """At most `config.max_steps_per_epoch()`, which is for trying programs out."""
    most = configuration.max_steps_per_epoch()
    if not most or (steps_per_epoch and steps_per_epoch <= most):
        return steps_per_epoch
    warnings.warn(f"Limiting steps_per_epoch to {most}", stacklevel=3)
    return most

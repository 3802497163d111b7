"""The steps of an epoch."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from minicnn.common import configuration
from minicnn.random.state import random_state, set_random_state
from minicnn.trainers.data_adapters import get_data_adapter
from minicnn.trainers.data_adapters.array_data_adapter import ArrayDataAdapter


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
        self.keeps_position = False
        self.steps_done = 0
        self._random_at_start: dict[str, Any] | None = None
        self._resume: tuple[dict[str, Any], Callable | None] | None = None

    @property
    def is_array_data(self) -> bool:
        """Whether batches are cut from arrays, so that no code of users makes them."""
        return type(self.data_adapter) is ArrayDataAdapter

    def warn_of_no_numbers(self) -> None:
        """Warns of NaN and infinity in data that are arrays."""
        if self.is_array_data:
            self.data_adapter.warn_of_no_numbers()

    @property
    def num_batches(self) -> int | None:
        """Batches in an epoch; None if that is not known, which it is after the first epoch."""
        return self.steps_per_epoch or self._num_batches

    def __iter__(self) -> Iterator[tuple[int, int, list]]:
        """One epoch: the first and the last step of each execution, and its batches."""
        begins = self._batches is None or self.steps_per_epoch is None
        if begins and self._resume is not None and "random" in self._resume[0]:
            set_random_state(self._resume[0]["random_at_start"])
        if begins and self.keeps_position:
            self._random_at_start = random_state()
        self.data_adapter.on_epoch_begin()
        try:
            if begins:
                self._start_again()
            yield from self._epoch()
        finally:
            self.data_adapter.on_epoch_end()

    enumerate_epoch = __iter__

    def position(self, epoch_is_over: bool) -> dict[str, Any]:
        """Where the training stands, as plain data; needs `keeps_position` from the beginning.

        - taken: batches since the beginning of the source;
        - batch: steps done in the present epoch;
        - random, random_at_start: the state of random numbers, now and when the source began.
        """
        now = random_state()
        if self._resume is not None:  # the next epoch has not begun yet
            return {"random": now, "random_at_start": now, **self._resume[0]}
        if self._batches is None or (epoch_is_over and self.steps_per_epoch is None):
            return {"taken": 0, "batch": 0, "random": now, "random_at_start": now}
        return {
            "taken": self._taken,
            "batch": 0 if epoch_is_over else self.steps_done,
            "random": now,
            "random_at_start": self._random_at_start,
        }

    def resume(self, position: dict[str, Any], then: Callable[[Any], None] | None = None) -> None:
        """Has the next epoch go on from a position.

        Args:
            position: what `position` gave; without states of random numbers these stay as they are.
            then: called with the batch before the position, None at the beginning of the source.
        """
        self._resume = position, then

    def _skip(self) -> None:
        """Takes the batches before the position to resume at."""
        (position, then), self._resume = self._resume, None
        now = position.get("random") or random_state()
        last = None
        for last in itertools.islice(self._batches, position["taken"]):  # noqa: B007
            self._taken += 1
        if self._taken < position["taken"]:
            raise ValueError(
                f"The training was interrupted after {position['taken']} batches of its data, but "
                f"these data have only {self._taken}. Give `fit` the data that it had before."
            )
        self.steps_done = position["batch"]
        set_random_state(now)
        if then is not None:
            then(last)

    def _epoch(self) -> Iterator[tuple[int, int, list]]:
        self.steps_done = 0
        if self._resume is not None:
            self._skip()
        size = self.steps_per_execution
        for step in itertools.count(self.steps_done, size):
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
            self.steps_done = step + len(batches)
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

    def begin_again(self) -> None:
        """Has the next epoch begin with the first batch, unless the source gives each only once."""
        if self.data_adapter.begins_again:
            self.close()

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

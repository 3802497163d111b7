"""When to save: after so many batches."""

from __future__ import annotations


class BatchCounter:
    """Counts batches over the epochs, and says when `frequency` of them have gone by."""

    def __init__(self, frequency: int):
        self.frequency = frequency
        self.since_last_time = 0
        self.last_batch = -1

    def is_due(self, batch: int) -> bool:
        """Whether it is time, after batch number `batch` of the epoch.

        With `steps_per_execution` in `compile`, there are numbers that do not come.
        """
        if batch <= self.last_batch:  # which was in the epoch before
            self.last_batch = -1
        self.since_last_time += batch - self.last_batch
        self.last_batch = batch
        if self.since_last_time < self.frequency:
            return False
        self.since_last_time = 0
        return True

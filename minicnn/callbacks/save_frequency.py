"""`BatchCounter`: says after which batches to save."""

from __future__ import annotations


class BatchCounter:
    """Counts batches over all epochs, and says when `frequency` more batches are over."""

    def __init__(self, frequency: int):
        self.frequency = frequency
        self.since_last_time = 0
        self.last_batch = -1

    def is_due(self, batch: int) -> bool:
        """Whether to save after batch number `batch` of the epoch.

        With `steps_per_execution` in `compile`, not every batch number occurs.
        """
        if batch <= self.last_batch:  # the last batch was in the epoch before
            self.last_batch = -1
        self.since_last_time += batch - self.last_batch
        self.last_batch = batch
        if self.since_last_time < self.frequency:
            return False
        self.since_last_time = 0
        return True

"""`TerminateOnNaN`: stops a training whose loss is NaN."""

from __future__ import annotations

import numpy as np

from minicnn.callbacks.callback import Callback, Logs
from minicnn.common.printing import print_msg


class TerminateOnNaN(Callback):
    """Stops training when the loss is NaN or infinite.

    Args:
        raise_error: raise RuntimeError, so that `on_train_end` of the callbacks is not called,
            instead of setting `model.stop_training`.
    """

    def __init__(self, raise_error: bool = False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Checks the loss."""
        loss = (logs or {}).get("loss")
        if loss is None or np.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(
                f"NaN or Inf loss encountered at batch {batch}: the loss is {loss}. Usual causes: "
                "a learning rate that is too large, or NaN or very large values in the data."
            )
        print_msg(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True

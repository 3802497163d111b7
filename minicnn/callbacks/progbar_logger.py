"""`ProgbarLogger`: prints the progress line of `fit`, `evaluate` and `predict`."""

from __future__ import annotations

import time

from minicnn.callbacks.callback import Callback, Logs
from minicnn.common.printing import print_msg
from minicnn.utils.progbar import Progbar


class ProgbarLogger(Callback):
    """Prints the progress line; added automatically unless `verbose=0`."""

    def __init__(self):
        super().__init__()
        self.verbose = 1
        self.epochs = 1
        self.target: int | None = None
        self.seen = 0
        self.progbar: Progbar | None = None
        self._in_fit = False
        self._next_draw = 0.0

    def set_params(self, params: dict) -> None:
        """Saves the arguments of `fit`; `verbose="auto"` means 1."""
        self.params = params
        self.verbose = 1 if params["verbose"] == "auto" else params["verbose"]
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def advance(self, batch: int, testing: bool = False) -> bool:
        """Counts a step; whether the line must be printed now, which needs logs."""
        if testing and self._in_fit:
            return False
        self.seen = batch + 1
        return self.verbose == 1 and (batch == 0 or time.time() >= self._next_draw)

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begins `fit`, whose validation prints no line of its own."""
        self._in_fit = True

    def on_train_end(self, logs: Logs = None) -> None:
        """Ends `fit`, so that a later `evaluate` prints its line."""
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begins a new line, under a heading if there are several epochs."""
        self._new_line()
        if self.verbose and self.epochs > 1:
            print_msg(f"Epoch {epoch + 1}/{self.epochs}")

    def on_test_begin(self, logs: Logs = None) -> None:
        """Begins a new line."""
        if not self._in_fit:
            self._new_line()

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Begins a new line."""
        self._new_line()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Prints the line."""
        self._update(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Prints the line."""
        if not self._in_fit:
            self._update(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Prints the line, without the predictions."""
        self._update(batch, None)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Prints the line for the last time."""
        self._finish(logs)

    def on_test_end(self, logs: Logs = None) -> None:
        """Prints the line for the last time."""
        if not self._in_fit:
            self._finish(logs)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Prints the line for the last time."""
        self._finish(None)

    def _new_line(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _update(self, batch: int, logs: Logs) -> None:
        self.seen = batch + 1
        if self.verbose == 1:
            self.progbar.update(self.seen, (logs or {}).items(), finalize=False)
            self._next_draw = time.time() + self.progbar.interval

    def _finish(self, logs: Logs) -> None:
        if self.target is None:
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.target, (logs or {}).items(), finalize=True)

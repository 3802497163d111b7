"""Logs in a table."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes the logs of each epoch as a row of a CSV file, as soon as the epoch ends.

    Args:
        filename: of the file, as "log.csv".
        separator: between the columns.
        append: whether to go on writing into a file that exists, rather than begin a new one.
    """

    def __init__(self, filename: str | os.PathLike, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self.csv_file: Any = None
        self._writer: Any = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Opens the file."""
        self._close()
        path = Path(self.filename)
        self._needs_header = not (self.append and path.exists() and path.stat().st_size)
        self.csv_file = path.open("a" if self.append else "w", newline="", encoding="utf-8")
        self._writer = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Writes the row."""
        logs = logs or {}
        if self._writer is None:
            self._begin_table(logs)
        row = {key: _cell(logs.get(key, "NA")) for key in self.keys}
        self._writer.writerow({"epoch": epoch, **row})
        self.csv_file.flush()

    def _begin_table(self, logs: dict[str, Any]) -> None:
        self.keys = sorted(logs)
        if not any(key.startswith("val_") for key in self.keys):
            self.keys += [f"val_{key}" for key in self.keys]
        self._writer = csv.DictWriter(self.csv_file, ["epoch", *self.keys], delimiter=self.sep)
        if self._needs_header:
            self._writer.writeheader()

    def on_train_end(self, logs: Logs = None) -> None:
        """Closes the file."""
        self._close()

    def _close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = self._writer = None


def _cell(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable) or np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'

"""`CSVLogger`: writes logs to a CSV file."""

from __future__ import annotations

import csv
import io
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
        append: whether to add rows to an existing file, instead of replacing it.
    """

    def __init__(self, filename: str | os.PathLike, separator: str = ",", append: bool = False):
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self.csv_file: Any = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Opens the file."""
        self._close()
        path = Path(self.filename)
        self._needs_header = not (self.append and path.exists() and path.stat().st_size)
        # Without a buffer, as a part that could not be written would be written again at closing.
        self.csv_file = path.open("ab" if self.append else "wb", buffering=0)
        self.keys = None

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Writes the row."""
        logs = logs or {}
        begins = self.keys is None
        if begins:
            self.keys = _columns(logs)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, ["epoch", *self.keys], delimiter=self.sep)
        if begins and self._needs_header:
            writer.writeheader()
        row = {key: _cell(logs.get(key, "NA")) for key in self.keys}
        writer.writerow({"epoch": epoch, **row})
        self._write(text.getvalue().encode())

    def _write(self, row: bytes) -> None:
        """Writes a complete row, or nothing after an error."""
        end = os.fstat(self.csv_file.fileno()).st_size
        try:
            while row:
                row = row[self.csv_file.write(row) :]
        except OSError as error:
            self.csv_file.truncate(end)
            reason = (
                f"Cannot write to {self.filename}: {error.strerror}. Its rows so far are whole."
            )
            raise type(error)(error.errno, reason) from error

    def on_train_end(self, logs: Logs = None) -> None:
        """Closes the file."""
        self._close()

    def _close(self) -> None:
        if self.csv_file is not None:
            self.csv_file.close()
        self.csv_file = None


def _columns(logs: dict[str, Any]) -> list[str]:
    keys = sorted(logs)
    if any(key.startswith("val_") for key in keys):
        return keys
    return [*keys, *(f"val_{key}" for key in keys)]


def _cell(value: Any) -> Any:
    if isinstance(value, str) or not isinstance(value, Iterable) or np.ndim(value) == 0:
        return value
    return f'"[{", ".join(map(str, value))}]"'

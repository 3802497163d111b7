"""Runs one program with real Keras or with minicnn, and saves the History of every `fit`.

Started by `compare script`, as
`python -m compare.script.run_program WHICH RECORD FILE.py ARGUMENTS`.
"""

from __future__ import annotations

import atexit
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import minicnn
from minicnn.as_keras import names

DATASETS = ("mnist", "fashion_mnist", "cifar10")


def main(which: str, record: str, file: str, *arguments: str) -> None:
    """Run the program as `__main__`."""
    library = _minicnn() if which == "minicnn" else _keras()
    _record_histories(library.Model, Path(record))
    sys.argv = [file, *arguments]
    sys.path[0] = str(Path(file).parent)
    runpy.run_path(file, run_name="__main__")


def _minicnn() -> Any:
    names.bind()
    return minicnn


def _keras() -> Any:
    """Real Keras, with minicnn's functions that load data, so that both train on the same data."""
    import keras

    for name in DATASETS:
        getattr(keras.datasets, name).load_data = getattr(minicnn.datasets, name).load_data
    return keras


def _record_histories(model: type, record: Path) -> None:
    histories: list[dict[str, list[float]]] = []
    fit = model.fit

    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        history = fit(self, *args, **kwargs)
        histories.append({k: [float(x) for x in v] for k, v in history.history.items()})
        return history

    model.fit = recorded
    atexit.register(lambda: record.write_text(json.dumps(histories)))


if __name__ == "__main__":
    main(*sys.argv[1:])

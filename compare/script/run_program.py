"""Runs one program with real Keras or with minicnn, and saves the History of every `fit`.

Started by `compare script`, as
`python -m compare.script.run_program WHICH FOLDER SAME_WEIGHTS FILE.py ARGUMENTS`. It writes
`FOLDER/WHICH.json` with "fit", a list of "model", "epochs" and "metrics"; "random", the classes of
layers that draw random numbers while they train; "weights", see `same_draws.replay_in_minicnn`.
"""

from __future__ import annotations

import atexit
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import minicnn
from compare.script import same_draws
from minicnn.as_keras import names

DATASETS = ("mnist", "fashion_mnist", "cifar10")
RANDOM = ("Dropout", "Gaussian", "Random")  # beginnings or ends of the names of such layers


def main(which: str, folder: str, same_weights: str, file: str, *arguments: str) -> None:
    """Run the program as `__main__`."""
    library = _minicnn() if which == "minicnn" else _keras()
    record: dict[str, Any] = {"fit": [], "random": []}
    _record_histories(library, record)
    atexit.register(lambda: Path(folder, f"{which}.json").write_text(json.dumps(record)))
    if same_weights == "yes" and which == "minicnn":
        record["weights"] = same_draws.replay_in_minicnn(library, Path(folder))
    elif same_weights == "yes":
        same_draws.record_in_keras(library, Path(folder))
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


def _record_histories(library: Any, record: dict[str, Any]) -> None:
    fit = library.Model.fit

    def recorded(self: Any, *args: Any, **kwargs: Any) -> Any:
        history = fit(self, *args, **kwargs)
        metrics = {k: [float(x) for x in v] for k, v in history.history.items()}
        epochs = [int(epoch) + 1 for epoch in history.epoch]
        record["fit"].append({"model": self.name, "epochs": epochs, "metrics": metrics})
        record["random"] = sorted({*record["random"], *_random_layers(self)})
        return history

    library.Model.fit = recorded


def _random_layers(model: Any) -> set[str]:
    kinds = {type(layer).__name__ for layer in model._flatten_layers()}
    return {k for k in kinds if k.startswith(RANDOM) or k.endswith(RANDOM)}


if __name__ == "__main__":
    main(*sys.argv[1:])

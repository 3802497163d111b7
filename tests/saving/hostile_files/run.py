"""Loads files that are not to be trusted: `python run.py --count 3000`.

First those of `made.py`, then files of models that are changed at random. Each file is loaded in a
process of its own. Those that take more than two seconds of the processor or a gigabyte, that
crash, or that end in an error which does not say what is wrong with which file are listed, and the
changed ones kept in a folder. The seed is new every time, and printed.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import json
import multiprocessing
import random
import secrets
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

import minicnn

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER))
import judge  # noqa: E402
import made  # noqa: E402
import mutants  # noqa: E402


def _models() -> ModuleType:
    spec = importlib.util.spec_from_file_location("models", FOLDER.parent / "models.py")
    models = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(models)
    return models


def originals(library_name: str) -> list[tuple[str, bytes, str]]:
    """(suffix, content, name) of the files that are changed, of a library's models."""
    library = importlib.import_module(library_name)
    found: list[tuple[str, bytes, str]] = []
    with tempfile.TemporaryDirectory() as temporary:
        path, weights = Path(temporary, "m.keras"), Path(temporary, "m.weights.h5")
        legacy = Path(temporary, "m.h5")
        for name, make in _models().MODELS.items():
            model = make(library)
            if len(model.outputs) == 1:
                model.compile("adam", "mse", metrics=["mae"])
                inputs = np.ones((2, *model.inputs[0].shape[1:]), "float32")
                model.fit(inputs, np.ones((2, *model.outputs[0].shape[1:])), verbose=0)
            model.save(path)
            model.save_weights(weights)
            label = f"{library_name} {name}"
            found.append((".keras", path.read_bytes(), label))
            found.append((".weights.h5", weights.read_bytes(), label))
            found.append((".json", model.to_json().encode(), label))
            if library_name == "minicnn":
                made.legacy(legacy, model)
            else:
                model.save(legacy)
            found.append((".h5", legacy.read_bytes(), label))
    return found


def twins(files: list[tuple[str, bytes, str]]) -> dict[str, Any]:
    """The models of the archives among the files, by their names."""
    return {
        label: minicnn.saving.load_model(io.BytesIO(content))
        for suffix, content, label in files
        if suffix == ".keras"
    }


def mutant(suffix: str, content: bytes, rng: random.Random) -> bytes:
    """The content, changed."""
    return mutants.CHANGES[suffix](content, rng)


def run_made() -> list[str]:
    """Judges the files that were made by hand; the faults found."""
    faults = []
    for name, make in made.FILES.items():
        with tempfile.TemporaryDirectory() as folder:
            model = made.small() if name.endswith(".weights.h5") else None
            outcome = judge.judged(make(Path(folder)), model)
        if outcome.fault:
            faults.append(f"{name}: {outcome.fault}. {outcome.error}: {outcome.message}")
            print(faults[-1], flush=True)
    print(f"{len(made.FILES)} files made by hand, faults {len(faults)}", flush=True)
    return faults


def run(count: int, seed: int, libraries: list[str], folder: Path) -> list[str]:
    """Judges so many mutants, two of three of them archives; the faults found."""
    rng = random.Random(seed)
    with multiprocessing.get_context("spawn").Pool(1) as apart:  # TensorFlow makes forks slow
        seeds = [file for library in libraries for file in apart.apply(originals, (library,))]
    models = twins(seeds)
    archives = [s for s in seeds if s[0] == ".keras"]
    others = [s for s in seeds if s[0] != ".keras"]
    ends: Counter[str] = Counter()
    faults, slowest, largest = [], 0.0, 0
    for i in range(count):
        suffix, content, label = rng.choice(archives if i % 3 else others)
        model = models[label] if suffix == ".weights.h5" else None
        path = folder / f"mutant-{seed}-{i}{suffix}"
        path.write_bytes(mutant(suffix, content, rng))
        outcome = judge.judged(path, model)
        ends[outcome.error or "loaded"] += 1
        slowest, largest = max(slowest, outcome.seconds), max(largest, outcome.bytes)
        if outcome.fault is None:
            path.unlink()
            continue
        faults.append(f"{path} ({label}): {outcome.fault}. {outcome.error}: {outcome.message}")
        print(faults[-1], flush=True)
    print(f"{count} files, seed {seed}: {json.dumps(dict(ends.most_common()))}")
    print(f"the slowest {slowest:.2f} s, the largest {largest / 1e6:.0f} MB, faults {len(faults)}")
    return faults


def main() -> int:
    """The number of faults, as the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 30))
    parser.add_argument("--folder", type=Path, default=Path("hostile"), help="for those at fault")
    parser.add_argument("--without-keras", action="store_true", help="files of minicnn alone")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    libraries = ["minicnn"] if arguments.without_keras else ["minicnn", "keras"]
    arguments.folder.mkdir(parents=True, exist_ok=True)
    faults = run_made()
    faults += run(arguments.count, arguments.seed, libraries, arguments.folder)
    return min(len(faults), 100)


if __name__ == "__main__":
    sys.exit(main())

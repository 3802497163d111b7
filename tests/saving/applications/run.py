"""Opens the networks of `keras.applications` up to 60 million parameters: `python run.py [NAME]`.

Keras makes and saves one at a time, in a process of its own, so that memory is held down. A row
shows the largest difference between the scores, as a share of the largest score: of minicnn to
Keras, and of each to float64 on the NumPy backend.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import networks

import minicnn


def compare(name: str) -> str:
    """A row of the table."""
    side = networks.SIDES.get(name, 32)
    with tempfile.TemporaryDirectory() as folder:
        saved = networks.save(networks.make(name, (side, side)), Path(folder))
        model = minicnn.saving.load_model(saved.whole)
        scores = model.predict(saved.images, verbose=0)
        minicnn.config.set_backend("numpy")
        truth = networks.in_float64(saved.whole).predict(saved.images, verbose=0)
    pairs = ((scores, saved.scores), (scores, truth), (saved.scores, truth))
    differences = "".join(f"{networks.relative(*pair):12.1e}" for pair in pairs)
    return f"{name:20}{model.count_params() / 1e6:10.1f}{side:6}{differences}"


def main(names: list[str]) -> None:
    """Prints the table, or one row of it."""
    if len(names) == 1:
        print(compare(names[0]))
        return
    print(
        f"{'network':20}{'million':>10}{'side':>6}{'to Keras':>12}{'to float64':>12}{'Keras':>12}"
    )
    for name in names or networks.NETWORKS:
        row = subprocess.run([sys.executable, __file__, name], capture_output=True, text=True)
        lines = row.stdout.splitlines() or row.stderr.splitlines() or ["nothing was printed"]
        print(lines[-1] if row.returncode == 0 else f"{name:20} FAILED: {lines[-1]}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

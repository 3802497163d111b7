"""Checks the gradients of a layer of yours that was written for Keras, on one of its backends.

Real Keras runs the layer in float64 and differentiates it; the truth is differences of the
layer's values, element by element. A wrong gradient is shown with what it looks like, as by
`minicnn.testing.check_gradients`. A second row compares the gradients in float32 with those in
float64.

The command line is `python -m compare gradients FILE.py:NAME --backend jax`; from Python:

>>> import tempfile
>>> from compare.cli.main import main
>>> with tempfile.TemporaryDirectory() as folder:
...     characters = Path(folder, "mine.py").write_text("from keras.layers import Softmax as Mine")
...     code = main(["gradients", f"{folder}/mine.py:Mine", "--input-shape", "2,3"])
gradient to  largest error in float64  in float32  verdict
input 0 ... holds
Inputs of shape (2, 3).
>>> code
0
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import paragraph, print_table
from compare.libraries import EXTRAS, worker

SUMMARY = "check the gradients of a layer of your own, written for Keras"
HEADS = ("gradient to", "largest error in float64", "in float32", "verdict")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare gradients`."""
    parser.add_argument(
        "layer",
        metavar="FILE.py:NAME",
        help="a layer's class, a layer, or a function that makes one",
    )
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--settings", metavar="JSON", default="{}", help="for the class: '{\"units\": 3}'"
    )
    parser.add_argument(
        "--input-shape",
        metavar="SHAPE",
        help="of the input, with the batch: 2,6,6,3; several with ; between. By default the first "
        "of some usual shapes that the layer accepts",
    )
    parser.add_argument("--training", action="store_true", help="call the layer in training")
    parser.add_argument("--seed", type=int, default=0)


def command(options: argparse.Namespace) -> Outcome:
    """Check the layer in Keras's process and show the result."""
    file, _, name = options.layer.rpartition(":")
    if not file or not name.isidentifier():
        raise CannotCompare(f"{options.layer!r} is not of the form FILE.py:NAME.")
    if not Path(file).is_file():
        raise CannotCompare(f"there is no file {file}.")
    task = {
        "file": str(Path(file).resolve()),
        "name": name,
        "settings": _settings(options.settings),
        "shapes": _shapes(options.input_shape),
        "training": options.training,
        "seed": options.seed,
    }
    function = "compare.gradients.keras_layer:check_layer"
    found: dict[str, Any] = next(iter(worker.in_keras(options.backend, function, task)))
    return _show(name, found)


def _show(name: str, found: dict[str, Any]) -> Outcome:
    rows = found["rows"]
    if rows:
        cells = [(r["name"], r["float64"], r["float32"], r["verdict"]) for r in rows]
        print_table(HEADS, cells, [None if r["verdict"] == "holds" else "bad" for r in rows])
    for note in found["notes"]:
        print(paragraph(note))
    if found["wrong"]:
        print(f"\n{paragraph(found['wrong'])}")
    wrong = [r["name"] for r in rows if r["verdict"] != "holds"]
    failure = f"the gradients of {name} to {', '.join(wrong)} do not hold." if wrong else None
    if found["wrong"] and not wrong:
        failure = f"the gradients of {name} do not hold."
    return Outcome(rows, {"layer": name, "input shapes": found["shapes"]}, failure)


def _settings(text: str) -> dict[str, Any]:
    try:
        settings = json.loads(text)
    except json.JSONDecodeError as error:
        raise CannotCompare(f"--settings is not JSON: {error}.") from None
    if not isinstance(settings, dict):
        raise CannotCompare("--settings must be an object, such as '{\"units\": 3}'.")
    return settings


def _shapes(text: str | None) -> list[list[int]] | None:
    if text is None:
        return None
    try:
        return [[int(n) for n in part.split(",")] for part in text.split(";")]
    except ValueError:
        raise CannotCompare(f"--input-shape must look like 2,6,6,3, but is {text!r}.") from None

"""A model of your own, layer by layer: minicnn beside real Keras and the float64 truth.

Both open the .keras file, get the same data and compute without dropout. A row shows what a layer
returned, in the order of the computation; then the gradients of the weights under a random
cotangent, from the last layer back to the first. The truth is minicnn's NumPy backend in float64;
what rounding explains is no difference. The first row that is further off is marked.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from compare.errors import ALLOWED, UNIT, error
from compare.libraries import EXTRAS
from compare.model.asking import Answers, Wish, ask
from compare.model.cut import before_unknown
from compare.model.description import read, unknown
from compare.model.run import Layer
from compare.outcome import CannotCompare, Outcome
from compare.table import print_table

SUMMARY = "compare a model of your own with Keras, layer by layer"
HEADS = ("shape", "minicnn", "ulp", "Keras", "ulp", "rounding explains", "verdict")


class Quantity(NamedTuple):
    """One array, as each of them has it."""

    name: str
    ours: np.ndarray
    keras: np.ndarray
    truth: np.ndarray
    neighbours: list[np.ndarray]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `compare model`."""
    parser.add_argument("file", metavar="FILE.keras", help="the model")
    parser.add_argument("--data", metavar="FILE.npz", help="what it is fed with (default: random)")
    parser.add_argument("--batch", type=int, default=4, help="how many rows (default 4)")
    parser.add_argument("--seed", type=int, default=0, help="of random data and cotangents")
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")


def command(options: argparse.Namespace) -> Outcome:
    """Ask all, and print two tables."""
    if options.batch < 1 or options.seed < 0:
        raise CannotCompare("--batch must be at least 1, and --seed at least 0.")
    description, left_out = read(options.file), []
    lacking = unknown(description)
    if lacking:
        description, left_out = before_unknown(description)
    asked = (options.data, options.batch, options.seed, options.backend)
    answers = ask(Wish(options.file, description, not lacking, *asked))
    outputs = [judged(q) for q in _outputs(answers)]
    gradients = [judged(q) for q in _gradients(answers)]
    _print("output of", outputs)
    print()
    _print("gradient to", gradients)
    print(f"\n{len(outputs)} outputs and {len(gradients)} gradients were compared.")
    reasons = [_lacks(lacking, left_out)] if lacking else []
    reasons += [_first_off("outputs", outputs), _first_off("gradients", gradients)]
    summary = {"file": options.file, "lacking": lacking, "left out": left_out}
    return Outcome([*outputs, *gradients], summary, " ".join(filter(None, reasons)) or None)


def judged(quantity: Quantity) -> dict[str, Any]:
    """The errors of both, and what is wrong if anything."""
    ours, keras = (error(a, quantity.truth) for a in (quantity.ours, quantity.keras))
    limit = explained(quantity.truth, quantity.neighbours)
    off = [who for who, e in (("minicnn", ours), ("Keras", keras)) if not e.relative <= limit]
    return {
        "name": quantity.name,
        "shape": list(quantity.truth.shape),
        "minicnn": ours._asdict(),
        "keras": keras._asdict(),
        "explained": limit,
        "off": off,
    }


def explained(truth: np.ndarray, neighbours: list[np.ndarray]) -> float:
    """How far the neighbours are, relative to the largest entry, and a few roundings more."""
    if truth.dtype.kind not in "fc":
        return 0.0
    moved = [error(n, truth).relative for n in neighbours]
    return max((m for m in moved if np.isfinite(m)), default=0.0) + ALLOWED * UNIT


def _outputs(answers: Answers) -> Iterator[Quantity]:
    """The outputs of the layers that all have, in minicnn's order."""
    keras, truth, *neighbours = (
        _by_name(a.layers) for a in (answers.keras, answers.truth, *answers.neighbours)
    )
    ours = _by_name(answers.ours.layers)
    for name in dict.fromkeys([*ours, *keras]):
        if name not in ours or name not in keras:
            who = "minicnn" if name not in ours else "Keras"
            raise CannotCompare(f"{who} did not compute {name}, which the other did.")
        yield Quantity(name, ours[name], keras[name], truth[name], [n[name] for n in neighbours])


def _by_name(layers: list[Layer]) -> dict[str, np.ndarray]:
    return {
        f"{layer.name} ({layer.kind})" + (f" [{i}]" if len(layer.outputs) > 1 else ""): array
        for layer in layers
        for i, array in enumerate(layer.outputs)
    }


def _gradients(answers: Answers) -> Iterator[Quantity]:
    """The gradients, from the last layer back."""
    parts = (answers.ours, answers.keras, answers.truth, *answers.neighbours)
    together = zip(answers.names, *(a.gradients for a in parts), strict=True)
    for name, ours, keras, truth, *neighbours in reversed(list(together)):
        yield Quantity(name, ours, keras, truth, neighbours)


def _print(what: str, rows: list[dict[str, Any]]) -> None:
    first = next((i for i, row in enumerate(rows) if row["off"]), None)
    cells = []
    for i, row in enumerate(rows):
        verdict = f"{' and '.join(row['off'])} off" if row["off"] else "holds"
        errors = (*row["minicnn"].values(), *row["keras"].values(), row["explained"])
        shape = str(tuple(row["shape"]))
        cells.append((row["name"], shape, *errors, verdict + " <- the first" * (i == first)))
    colours = ["bad" if i == first else "note" if r["off"] else None for i, r in enumerate(rows)]
    print_table((what, *HEADS), cells, colours)


def _first_off(what: str, rows: list[dict[str, Any]]) -> str:
    row = next((row for row in rows if row["off"]), None)
    if row is None:
        return ""
    errors = [f"{who} is {row[who.lower()]['relative']:.1g} off" for who in row["off"]]
    return (
        f"The {what} diverge first at {row['name']}: {' and '.join(errors)}, "
        f"rounding explains {row['explained']:.1g}."
    )


def _lacks(lacking: list[str], left_out: list[str]) -> str:
    were = "was" if len(left_out) == 1 else "were"
    return f"minicnn lacks {', '.join(lacking)}: {', '.join(left_out)} {were} not compared."

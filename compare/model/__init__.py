"""Compares a model of your own layer by layer: minicnn, real Keras and the float64 truth.

Both libraries open the .keras file, get the same data and compute without dropout. The first table
has a row for each layer's output, in the order of the computation; the second, for the gradient of
each weight with a random cotangent, from the last layer to the first. The truth is minicnn's NumPy
backend in float64. A difference that rounding explains is accepted; the first row with a larger
difference is marked.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import print_table
from compare.errors import ALLOWED, UNIT, error
from compare.libraries import EXTRAS
from compare.model.description import read, unknown
from compare.model.known_part import before_unknown
from compare.model.run import Layer
from compare.model.runs import Request, Results, run_all

SUMMARY = "compare a model of your own with Keras, layer by layer"
HEADS = ("shape", "minicnn", "ulp", "Keras", "ulp", "rounding explains", "verdict")


class Quantity(NamedTuple):
    """An output or gradient, computed by minicnn, by Keras and in float64."""

    name: str
    ours: np.ndarray
    keras: np.ndarray
    truth: np.ndarray
    perturbed: list[np.ndarray]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare model`."""
    parser.add_argument("file", metavar="FILE.keras", help="the model")
    parser.add_argument("--data", metavar="FILE.npz", help="its inputs (default: random)")
    parser.add_argument("--batch", type=int, default=4, help="how many rows (default 4)")
    parser.add_argument("--seed", type=int, default=0, help="of random data and cotangents")
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")


def command(options: argparse.Namespace) -> Outcome:
    """Run the model on both libraries and in float64, and print two tables."""
    if options.batch < 1 or options.seed < 0:
        raise CannotCompare("--batch must be at least 1, and --seed at least 0.")
    description, left_out = read(options.file), []
    lacking = unknown(description)
    if lacking:
        description, left_out = before_unknown(description)
    chosen = (options.data, options.batch, options.seed, options.backend)
    results = run_all(Request(options.file, description, not lacking, *chosen))
    outputs = [compare(q) for q in _outputs(results)]
    gradients = [compare(q) for q in _gradients(results)]
    _print("output of", outputs)
    print()
    _print("gradient to", gradients)
    print(f"\n{len(outputs)} outputs and {len(gradients)} gradients were compared.")
    reasons = [_lacks(lacking, left_out)] if lacking else []
    reasons += [_first_off("outputs", outputs), _first_off("gradients", gradients)]
    summary = {"file": options.file, "lacking": lacking, "left out": left_out}
    return Outcome([*outputs, *gradients], summary, " ".join(filter(None, reasons)) or None)


def compare(quantity: Quantity) -> dict[str, Any]:
    """The errors of both libraries, and which of them are larger than rounding explains."""
    ours, keras = (error(a, quantity.truth) for a in (quantity.ours, quantity.keras))
    limit = explained(quantity.truth, quantity.perturbed)
    off = [who for who, e in (("minicnn", ours), ("Keras", keras)) if not e.relative <= limit]
    return {
        "name": quantity.name,
        "shape": list(quantity.truth.shape),
        "minicnn": ours._asdict(),
        "keras": keras._asdict(),
        "explained": limit,
        "off": off,
    }


def explained(truth: np.ndarray, perturbed: list[np.ndarray]) -> float:
    """The largest relative error of the perturbed results, plus a few roundings."""
    if truth.dtype.kind not in "fc":
        return 0.0
    moved = [error(n, truth).relative for n in perturbed]
    return max((m for m in moved if np.isfinite(m)), default=0.0) + ALLOWED * UNIT


def _outputs(results: Results) -> Iterator[Quantity]:
    """The outputs of all layers, in minicnn's order."""
    keras, truth, *perturbed = (
        _by_name(a.layers) for a in (results.keras, results.truth, *results.perturbed)
    )
    ours = _by_name(results.ours.layers)
    for name in dict.fromkeys([*ours, *keras]):
        if name not in ours or name not in keras:
            library = "minicnn" if name not in ours else "Keras"
            raise CannotCompare(f"{library} did not compute {name}, but the other library did.")
        yield Quantity(name, ours[name], keras[name], truth[name], [n[name] for n in perturbed])


def _by_name(layers: list[Layer]) -> dict[str, np.ndarray]:
    return {
        f"{layer.name} ({layer.kind})" + (f" [{i}]" if len(layer.outputs) > 1 else ""): array
        for layer in layers
        for i, array in enumerate(layer.outputs)
    }


def _gradients(results: Results) -> Iterator[Quantity]:
    """The gradients, from the last layer to the first."""
    parts = (results.ours, results.keras, results.truth, *results.perturbed)
    together = zip(results.names, *(a.gradients for a in parts), strict=True)
    for name, ours, keras, truth, *perturbed in reversed(list(together)):
        yield Quantity(name, ours, keras, truth, perturbed)


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

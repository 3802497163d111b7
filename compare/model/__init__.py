"""Compares a model of your own layer by layer: minicnn, real Keras and the float64 truth.

Both libraries open the .keras file, get the same data and compute without dropout. The first table
has a row for each layer's output, in the order of the computation, and for the model's outputs as
they are usually computed, where minicnn fuses layers. The second has a row for the gradient of each
weight with a random cotangent, from the last layer to the first. The truth is minicnn's NumPy
backend in float64.

A difference that rounding explains is accepted; the first row with a larger difference is marked.
What rounding explains is measured by perturbed arithmetic that keeps the branch of every ReLU and
maximum, with the documented error of each convolution algorithm. If a row is off, units that are
within rounding of a kink are allowed their other branch. Where more than 1 % is explained, a row
proves nothing, and the command says so and fails. The sensitivity is the smallest factor on one
result of minicnn that is noticed, measured.

The JSON file has a result for each row: "name", "shape", "minicnn" and "keras" (each "relative"
and "ulp"), "explained", "share" (of it, by minicnn), "off" (who is), "unclear". Its summary has
"file", "lacking", "left out", "kinks" (a text) and "sensitivity" (see `compare.sensitivity`).

A model that is a class of its own needs `--code FILE.py`, the program that defines the class and
registers it with `keras.saving.register_keras_serializable`.
"""

from __future__ import annotations

import argparse
from typing import Any

from compare import sensitivity
from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import StreamedTable, paragraph
from compare.libraries import EXTRAS
from compare.model import judge
from compare.model.code import define_in_minicnn
from compare.model.description import UNITS, read, unit, unknown
from compare.model.known_part import before_unknown
from compare.model.runs import Request, Results, run_all
from compare.parity.judge import WIDEST

SUMMARY = "compare a model of your own with Keras, layer by layer"
COLUMNS = {"shape": 15, "minicnn": 7, "ulp": 6, "Keras": 7, "ulp ": 6}
COLUMNS |= {"explains": 8, "share": 6, "verdict": 21}
NAME_WIDTH = 28


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare model`."""
    parser.add_argument("file", metavar="FILE.keras", help="the model")
    parser.add_argument("--data", metavar="FILE.npz", help="its inputs (default: random)")
    parser.add_argument("--code", metavar="FILE.py", help="a program that defines its classes")
    parser.add_argument("--batch", type=int, default=4, help="how many rows (default 4)")
    parser.add_argument("--seed", type=int, default=0, help="of random data and cotangents")
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")


def command(options: argparse.Namespace) -> Outcome:
    """Run the model on both libraries and in float64, and print two tables."""
    if options.batch < 1 or options.seed < 0:
        raise CannotCompare("--batch must be at least 1, and --seed at least 0.")
    define_in_minicnn(options.code)
    description, left_out = read(options.file), []
    lacking = unknown(description)
    if lacking:
        description, left_out = before_unknown(description)
    chosen = (options.code, options.data, options.batch, options.seed, options.backend)
    results = run_all(Request(options.file, description, not lacking, *chosen))
    widest = min(WIDEST * unit(description) / UNITS["float32"], 0.5)
    outputs, gradients, others = _judged(results, widest)
    rows = [[judge.compare(q, widest) for q in group] for group in (outputs, gradients)]
    _print("output of", rows[0])
    print()
    _print("gradient to", rows[1])
    print(f"\n{len(outputs)} outputs and {len(gradients)} gradients were compared.")
    found = judge.measured({"outputs": outputs, "gradients": gradients})
    print(paragraph(sensitivity.sentences(found)))
    kinks = judge.names_of(results.exact.units) if others else ""
    if kinks:
        said = f"Within rounding of a kink, so their other branch is allowed: {kinks}."
        print(paragraph(said))
    reasons = [_lacks(lacking, left_out)] if lacking else []
    reasons += [_first_off("outputs", rows[0]), _first_off("gradients", rows[1])]
    summary = {"file": options.file, "lacking": lacking, "left out": left_out}
    summary |= {"kinks": kinks, "sensitivity": found}
    return Outcome([*rows[0], *rows[1]], summary, " ".join(filter(None, reasons)) or None)


def _judged(results: Results, widest: float) -> tuple[list, list, list]:
    """Outputs, gradients, and the results with other branches, which count if a row is off."""
    outputs, gradients = list(judge.outputs(results)), list(judge.gradients(results, []))
    if not any(judge.compare(q, widest)["off"] for q in gradients):
        return outputs, gradients, []
    others = list(results.exact.other_branches())
    return outputs, list(judge.gradients(results, others)), others


def _print(what: str, rows: list[dict[str, Any]]) -> None:
    first = next((i for i, row in enumerate(rows) if row["off"]), None)
    table = StreamedTable({what: NAME_WIDTH, **COLUMNS})
    for i, row in enumerate(rows):
        wrong = f"{' and '.join(row['off'])} off" if row["off"] else ""
        verdict = wrong or ("proves nothing" if row["unclear"] else "holds")
        errors = (*row["minicnn"].values(), *row["keras"].values(), row["explained"], row["share"])
        cells = (row["name"], str(tuple(row["shape"])), *errors)
        colour = "bad" if i == first else "note" if row["off"] or row["unclear"] else None
        table.add((*cells, verdict + " <- first" * (i == first)), colour)


def _first_off(what: str, rows: list[dict[str, Any]]) -> str:
    row = next((row for row in rows if row["off"]), None)
    if row is not None:
        errors = [f"{who} is {row[who.lower()]['relative']:.1g} off" for who in row["off"]]
        return (
            f"The {what} diverge first at {row['name']}: {' and '.join(errors)}, "
            f"rounding explains {row['explained']:.1g}."
        )
    unclear = [row for row in rows if row["unclear"]]
    if not unclear:
        return ""
    return (
        f"{len(unclear)} of the {what} prove nothing, as rounding explains "
        f"{unclear[0]['explained']:.1g} of {unclear[0]['name']}: give other --data or --seed."
    )


def _lacks(lacking: list[str], left_out: list[str]) -> str:
    were = "was" if len(left_out) == 1 else "were"
    return f"minicnn lacks {', '.join(lacking)}: {', '.join(left_out)} {were} not compared."

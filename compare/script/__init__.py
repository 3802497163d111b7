"""Runs a Keras program twice, on real Keras and with the name keras bound to minicnn.

Compares the History of every `fit`, epoch by epoch, then the last line of JSON that each run
prints. Names, texts, lengths and whole numbers must be equal. Fractions may differ by `--within`,
relative to the larger one; a metric of a training, relative to that plus a tenth of the way that it
has gone. So a late loss, however small, is judged.

The two libraries draw different random numbers: initial weights, orders of samples, dropout masks.
With `--same-weights`, minicnn starts from Keras's initial weights and both take the samples in the
same order. If nothing random is left, the results must be closer: `--within` is 0.02 by default,
with a hundredth of the way, otherwise 0.3. The verdict says which random numbers were different.
Each run has a temporary folder of its own.

The JSON file has a result for each value: "what", "minicnn", "keras", "difference" (relative),
"limit", "holds" and "place" (the number of the fit, the epoch and the metric, or None for printed
values). Its summary has "file", "compared", "failed", "same weights", "random" (a sentence) and
"first" (the first place where the runs part, or None).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import StreamedTable, paragraph
from compare.libraries import EXTRAS
from compare.libraries.worker import QUIET, check_installed
from compare.script.differences import differences

SUMMARY = "run a Keras program on both and compare its training and its printed results"
COLUMNS = {"what": 46, "minicnn": 16, "Keras": 16, "difference": 10, "limit": 6, "verdict": 7}
# How far fractions may differ, and the part of a metric's way that counts as its size.
DIFFERENT, SAME = (0.3, 0.1), (0.02, 0.01)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare script`."""
    parser.add_argument("file", metavar="FILE.py", help="the program")
    parser.add_argument("arguments", nargs="*", help="its own arguments, after --")
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--same-weights",
        action="store_true",
        help="minicnn starts from Keras's initial weights; both shuffle in the same way",
    )
    parser.add_argument(
        "--within",
        type=float,
        help="how far fractions may differ, relative to them "
        f"(default {DIFFERENT[0]}, if nothing random is left {SAME[0]})",
    )


def command(options: argparse.Namespace) -> Outcome:
    """Run the program on both libraries and compare the results."""
    file = Path(options.file).resolve()
    if not file.is_file():
        raise CannotCompare(f"there is no file {options.file}.")
    check_installed(options.backend)
    with tempfile.TemporaryDirectory() as folder:
        keras = _run("keras", file, options, folder)
        ours = _run("minicnn", file, options, folder)
    random, chance = random_numbers(ours, keras, options)
    within, part = DIFFERENT if chance else SAME
    results = differences(ours, keras, options.within or within, part)
    if not results:
        return Outcome(failure=f"{file.name} prints no line of JSON and calls no fit.")
    table = StreamedTable(COLUMNS)
    for r in results:
        verdict = "holds" if r["holds"] else "differs"
        cells = (r["what"], r["minicnn"], r["keras"], r["difference"], r["limit"], verdict)
        table.add(cells, None if r["holds"] else "bad")
    print(f"\n{paragraph(random)}")
    failed = [r for r in results if not r["holds"]]
    summary = {"file": str(file), "compared": len(results), "failed": len(failed)}
    summary |= {"same weights": options.same_weights, "random": random}
    summary["first"] = failed[0]["what"] if failed else None
    return Outcome(results, summary, _sentence(file.name, failed, ours, random))


def _sentence(name: str, failed: list[dict[str, Any]], ours: dict, random: str) -> str | None:
    """Where the runs part first, and how much more differs."""
    if not failed:
        return None
    first, more = failed[0], len(failed) - 1
    where = first["what"]
    if first["place"] and first["place"][0] <= len(ours["fit"]):
        where += f" of the model {ours['fit'][first['place'][0] - 1]['model']!r}"
    rest = f", and {more} more values differ" if more else ""
    return (
        f"{name}: the runs part at {where}: minicnn {first['minicnn']}, "
        f"Keras {first['keras']}{rest}. {random}"
    )


def random_numbers(ours: dict, keras: dict, options: argparse.Namespace) -> tuple[str, bool]:
    """A sentence about the random numbers that differ between the two runs; whether any do."""
    layers = sorted({*ours.get("random", []), *keras.get("random", [])})
    of_layers = f"the draws of {', '.join(layers)}" if layers else ""
    if not options.same_weights:
        drawn = ", ".join(filter(None, ["initial weights", "orders of samples", of_layers]))
        sentence = (
            f"Random numbers differ between the libraries ({drawn}), so results differ by chance, "
            "too: --same-weights compares more closely."
        )
        return sentence, True
    counts = ours.get("weights", {"same": 0, "other": 0})
    other = f"{counts['other']} initial weights without a counterpart" if counts["other"] else ""
    loader = "torch's orders of samples" if options.backend == "torch" else ""
    left = ", ".join(filter(None, [other, loader, of_layers]))
    rest = f"Still random: {left}." if left else "No random numbers differ that are known of."
    return f"{counts['same']} initial weights are Keras's. {rest}", bool(left)


def _run(which: str, file: Path, options: argparse.Namespace, records: str) -> dict[str, Any]:
    """Run the program on one library: its last line of JSON and its histories."""
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**QUIET, **os.environ, "KERAS_BACKEND": options.backend}
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "compare.script.run_program",
                which,
                records,
                "yes" if options.same_weights else "no",
                file,
                *options.arguments,
            ],
            cwd=folder,
            env={**environment, "PYTHONPATH": os.pathsep.join(paths)},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise CannotCompare(_failure(which, file, done))
    record = json.loads(Path(records, f"{which}.json").read_text())
    return {"printed": last_json(done.stdout), **record}


def last_json(text: str) -> Any:
    """The last line that is a JSON object or list; an empty object if there is none."""
    for line in reversed(text.splitlines()):
        if line.strip()[:1] in ("{", "["):
            try:
                return json.loads(line)
            except json.JSONDecodeError:
                continue
    return {}


def _failure(which: str, file: Path, done: subprocess.CompletedProcess) -> str:
    name = {"keras": "real Keras"}.get(which, which)
    lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
    last = lines[-1][:300] if lines else "It printed no error."
    if done.returncode < 0:
        return f"the process of {file.name} on {name} crashed by signal {-done.returncode}. {last}"
    return f"{file.name} ended with exit code {done.returncode} on {name}: {last}"

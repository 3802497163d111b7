"""Compares random networks on minicnn and on Keras: output, gradients, and what happens to them.

Hypothesis draws networks of twelve themes: small ones with branches, merges and shared layers; wide
ones with large batches, for which compiled kernels are made; masks; formats; settings of
optimizers. They are trained, evaluated, changed, frozen, saved and loaded. Judges are real Keras,
float64, and minicnn itself: replayed or not, on one thread or two, fused or not, Numba or NumPy.
The first network that differs is made as small as possible and printed as a short program that runs
with real Keras and with minicnn (`minicnn run`).
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compare.cases.network import Network
from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import paragraph, progress
from compare.fuzz import program_text, rows
from compare.fuzz.network_verdict import HOLDS, Verdict, examine
from compare.libraries import EXTRAS, worker
from minicnn.cli.arguments import at_least

SUMMARY = "compare random networks; print the smallest that differs as a program"
SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare fuzz`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--examples", type=at_least(1), default=100, help="number of networks (default 100)"
    )
    parser.add_argument("--seconds", type=at_least(1), help="stop after this time")
    parser.add_argument("--seed", type=int, help="the same seed draws the same networks")
    parser.add_argument("--program", metavar="FILE.py", help="write the program of a failure here")


def command(options: argparse.Namespace) -> Outcome:
    """Draw networks and compare each on both libraries."""
    try:
        from compare.fuzz import search
    except ModuleNotFoundError as error:
        raise CannotCompare(
            f"{error.name} is not installed: pip install 'minicnn[{EXTRAS[options.backend]}]'."
        ) from None
    seed = random.randrange(10**6) if options.seed is None else options.seed
    with worker.open_worker(
        options.backend, "compare.fuzz.network_verdict:keras_results"
    ) as run_in_keras:
        searched = search.Search(
            _with_progress(run_in_keras, options.examples),
            options.seconds,
            show=rows.Rows().show,
        )
        searched.run(options.examples, seed)
    progress(1, 1, "")
    return _outcome(searched, seed, options)


def _with_progress(run_in_keras: Callable, examples: int) -> Callable[[Network], Verdict]:
    count = 0

    def examine_next(network: Network) -> Verdict:
        nonlocal count
        progress(count, max(examples, count + 1), " → ".join(s.name for s in network.steps))
        count += 1
        return examine(network, run_in_keras)

    return examine_next


def _outcome(searched: Any, seed: int, options: argparse.Namespace) -> Outcome:
    closest = sorted((v for v in searched.verdicts if v.what == HOLDS), key=_share_of_limit)
    verdicts = [*closest[-SHOWN:][::-1]]
    if searched.failure:
        verdicts.insert(0, searched.failure)
    results = [_result(v) for v in verdicts]
    counts = Counter(v.what for v in searched.verdicts)
    drawn = len(searched.verdicts)
    found = ", ".join(f"{n} {what}" for what, n in counts.most_common())
    said = f"{drawn} random networks (--seed {seed}) on {options.backend}: {found}."
    print(f"\n{paragraph(said)}")
    summary = {"networks": drawn, "seed": seed, **counts}
    if not searched.failure:
        none = "no network could be compared." if not counts[HOLDS] else None
        return Outcome(results, summary, none)
    failed = results[0]
    print(f"\nThe smallest network that differs, as a program:\n\n{failed['program']}")
    if options.program:
        Path(options.program).write_text(failed["program"])
    return Outcome(
        results, summary, f"{failed['network']}: {failed['quantity']}: {failed['wrong']}."
    )


def _share_of_limit(verdict: Verdict) -> float:
    """The error of minicnn divided by the limit."""
    shown = verdict.shown
    return shown.ours.relative / shown.limit if shown and shown.ours else 0.0


def _result(verdict: Verdict) -> dict[str, Any]:
    shown = verdict.shown
    label = program_text.in_one_line(verdict.network)
    title = f"{label}.\n\n{shown.quantity}: {shown.wrong or 'holds'}\n"
    return {
        "network": label,
        "theme": verdict.network.theme,
        **asdict(shown),
        "unclear": verdict.unclear,
        "program": program_text.program(verdict.network, shown.quantity, title),
    }

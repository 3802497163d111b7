"""Random networks, on minicnn and on Keras: outputs, gradients, and three steps of training.

Hypothesis draws small networks with branches, merges, shared layers, losses and optimizers. Each is
measured against the float64 truth as `parity` does it. The first that differs is shrunk, and
printed as a short program that runs under real Keras and under minicnn (`minicnn run`).
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from compare import worker
from compare.libraries import EXTRAS
from compare.outcome import CannotCompare, Outcome
from compare.table import print_table, progress

SUMMARY = "draw random networks, shrink what differs, and print it as a program"
HEADS = ("network", "worst quantity", "minicnn", "Keras", "float32 explains", "verdict")
SHOWN = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `compare fuzz`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument("--examples", type=_positive, default=100, help="how many (default 100)")
    parser.add_argument("--seconds", type=_positive, help="stop drawing after so long")
    parser.add_argument("--seed", type=int, help="draws the same networks again")
    parser.add_argument("--program", metavar="FILE.py", help="write the program of a failure there")


def command(options: argparse.Namespace) -> Outcome:
    """Draw and judge."""
    try:
        from compare.fuzz import judging, search
    except ModuleNotFoundError as error:
        raise CannotCompare(
            f"{error.name} is not installed: pip install 'minicnn[{EXTRAS[options.backend]}]'."
        ) from None
    seed = random.randrange(10**6) if options.seed is None else options.seed
    with worker.conversation(options.backend, "compare.fuzz.judging:answers") as ask:
        searched = search.Search(_watched(judging, ask, options.examples), options.seconds)
        searched.run(options.examples, seed)
    progress(1, 1, "")
    return _outcome(searched, seed, options)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"it must be at least 1, and is {number}")
    return number


def _watched(judging: Any, ask: Any, examples: int) -> Any:
    count = 0

    def examine(network: Any) -> Any:
        nonlocal count
        progress(count, max(examples, count + 1), " → ".join(s.name for s in network.steps))
        count += 1
        return judging.examined(network, ask)

    return examine


def _outcome(searched: Any, seed: int, options: argparse.Namespace) -> Outcome:
    from compare.fuzz import judging

    closest = sorted((v for v in searched.verdicts if v.what == judging.HOLDS), key=_used)
    verdicts = [*closest[-SHOWN:][::-1]]
    if searched.failure:
        verdicts.insert(0, searched.failure)
    results = [_result(v) for v in verdicts]
    rows = [
        [r["network"], r["quantity"], *_errors(r), r["limit"], r["wrong"] or "holds"]
        for r in results
    ]
    if rows:
        print_table(HEADS, rows, ["bad" if r["wrong"] else None for r in results])
    counts = Counter(v.what for v in searched.verdicts)
    print(
        f"\n{len(searched.verdicts)} random networks (--seed {seed}) on {options.backend}: ", end=""
    )
    print(", ".join(f"{n} {what}" for what, n in counts.most_common()) + ".")
    summary = {"networks": len(searched.verdicts), "seed": seed, **counts}
    if not searched.failure:
        none = "no network could be judged." if not counts[judging.HOLDS] else None
        return Outcome(results, summary, none)
    failed = results[0]
    print(f"\nThe smallest network that differs, as a program:\n\n{failed['program']}")
    if options.program:
        Path(options.program).write_text(failed["program"])
    return Outcome(
        results, summary, f"{failed['network']}: {failed['quantity']}: {failed['wrong']}."
    )


def _used(verdict: Any) -> float:
    """The part of the limit that is used."""
    shown = verdict.shown
    return shown.ours.relative / shown.limit if shown and shown.ours else 0.0


def _errors(result: dict[str, Any]) -> list[float | None]:
    return [e and e[0] for e in (result["ours"], result["keras"])]


def _result(verdict: Any) -> dict[str, Any]:
    from compare.fuzz import text

    shown = verdict.shown
    label = text.described(verdict.network)
    title = f"{label}.\n\n{shown.quantity}: {shown.wrong or 'holds'}\n"
    return {
        "network": label,
        **asdict(shown),
        "unclear": verdict.unclear,
        "program": text.program(verdict.network, shown.quantity, title),
    }

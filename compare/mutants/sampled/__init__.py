"""Mutants made mechanically and drawn by a seed, judged by `tests` and by `parity + fuzz` apart.

See `places.py` for what is a mutant, `draw.py` for how it is drawn, `judging.py` for how it is
judged. What a person found to compute the same as the source is in `equivalent.json`, with the
reason; it counts neither as killed nor as survived.
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
from typing import Any

from compare.cli.outcome import CannotCompare, Outcome


def command(options: argparse.Namespace) -> Outcome:
    """Draw mutants, judge each, and report which survive. A survivor is no failure."""
    if not sys.platform.startswith("linux"):
        raise CannotCompare("--sample needs Linux: each mutant runs in a forked process.")
    for name, package in (("cosmic_ray", "cosmic-ray"), ("coverage", "coverage")):
        if importlib.util.find_spec(name) is None:
            raise CannotCompare(f"{package} is not installed: pip install 'minicnn[compare]'.")
    from compare.mutants.sampled import report
    from compare.mutants.sampled.draw import ROOMS, Mutant, draw
    from compare.mutants.sampled.session import Session
    from compare.mutants.sampled.stored import equivalent
    from compare.mutants.sampled.trees import ROOT

    mutants = draw(ROOT, options.sample, options.seed, options.under or ROOMS)
    reasons = equivalent()
    session = Session(options.backend, options.quick)

    def result(mutant: Mutant) -> dict[str, Any]:
        verdicts = None if mutant.key in reasons else session.verdicts.get(mutant)
        return report.result(mutant, verdicts, reasons.get(mutant.key))

    session.run(
        [m for m in mutants if m.key not in reasons],
        lambda mutant: report.show_survivor(result(mutant)),
    )
    results = [result(mutant) for mutant in mutants]
    drawn = {"seed": options.seed, "under": options.under or [], "quick": options.quick}
    report.show(results, **drawn)
    summary = {**drawn, "rooms": report.scores(results)}
    return Outcome(results, summary)

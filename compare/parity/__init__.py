"""Compares every layer, loss, metric, optimizer and operation with Keras and with float64.

A row shows the worst quantity of a case. For minicnn and for Keras, both in float32, it has the
largest difference from the truth: relative to the truth's largest entry, and in units in the last
place. Then comes the error that float32 explains, of the entry where it is largest. Each entry has
a limit of its own (`compare.errors.limits`); "share" is the largest part of its limit that an entry
of minicnn is off. For optimizers the updates of the weights are compared. The truth is minicnn's
NumPy backend in float64; central differences confirm its gradients in the same run. The truth
itself is held to judges that share no code with minicnn (`compare.judges`); the last table counts
them. A quantity that no such judge knows fails its case.
"""

from __future__ import annotations

import argparse
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from compare import sensitivity
from compare.cases import catalogue, kinds
from compare.cases.case import Case
from compare.cli.only import chosen
from compare.cli.outcome import Outcome, failure
from compare.cli.table import StreamedTable, paragraph, print_table, progress
from compare.judges import definitions, other_backends, relations
from compare.judges.opinion import Opinion
from compare.libraries import EXTRAS, Library, worker
from compare.libraries.precision import PRECISIONS
from compare.parity import half, judge, stored_answers

SUMMARY = "compare every layer, loss, metric, optimizer and operation with Keras and float64"
JUDGE_HEADS = ("judge", "quantities", "of them alone")
NOBODY = "only minicnn"
COLUMNS = {"case": 33, "worst quantity": 20, "minicnn": 7, "ulp": 7, "Keras": 7, "ulp ": 7}
COLUMNS |= {"explains": 8, "share": 6, "verdict": 9}


class Answer(NamedTuple):
    """What Keras's process says about a case.

    Attributes:
        found: Keras's result, or the text of its error.
        opinions: those of the relations, of the definition, and of Keras on other backends.
    """

    found: dict[str, Any] | str
    opinions: tuple[Opinion, ...] = ()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `compare parity`."""
    parser.add_argument("--backend", choices=sorted(EXTRAS), default="tensorflow")
    parser.add_argument(
        "--only",
        metavar="WORD",
        help="only cases with this in their name, in capitals or not: Conv2D, layers",
    )
    parser.add_argument(
        "--precision",
        choices=sorted(PRECISIONS),
        default="float32",
        help="float16, bfloat16: layers, losses and optimizers under the mixed policy; "
        "float32 (the default) adds a few of these",
    )
    parser.add_argument("--failures", action="store_true", help="show only the cases that fail")


def command(options: argparse.Namespace) -> Outcome:
    """Run all cases and print a row for each."""
    single = options.precision == "float32"
    names = half.NAMES if single else (options.precision,)
    listed = [(case, False) for case in (catalogue.cases() if single else ())]
    listed += [(case, True) for case in (half.few() if single else half.cases())]
    wanted = chosen(listed, options.only, lambda pair: _name(pair[0]), "case")
    everywhere = [case for case, is_half in wanted if not is_half]
    narrow = [case for case, is_half in wanted if is_half]
    missing = catalogue.missing() if single and not options.only else []
    table, results, halves = StreamedTable(COLUMNS), [], []
    answers = []
    for i, (case, answer) in enumerate(every_answer(options.backend, everywhere)):
        progress(i, len(everywhere), case.label)
        answers.append((case, answer))
        findings = examine(case, answer)
        shown = judge.worst(findings)
        results.append(_result(case, findings))
        if shown.wrong or not options.failures:
            progress(1, 1, "")
            colour = "bad" if shown.wrong else "note" if case.known_differences else None
            table.add(_row(case, shown), colour)
    for i, (case, name, findings) in enumerate(half.compared(narrow, names, options.backend)):
        progress(i, len(narrow) * len(names), f"{case.label} in {name}")
        shown = judge.worst(findings)
        halves.append(_result(case, findings, name))
        if shown.wrong or not options.failures:
            progress(1, 1, "")
            table.add(_row(case, shown, name), "bad" if shown.wrong else None)
    progress(1, 1, "")
    if single and not options.only:
        stored_answers.keep(options.backend, answers)
    failed = [r["case"] for r in [*results, *halves] if r["wrong"]]
    judged = count_judges(results, options.backend)
    if results:
        print()
        print_table(JUDGE_HEADS, [(who, *counts.values()) for who, counts in judged.items()])
    total = len(results) + len(halves)
    summary = {
        "cases": total,
        "failed": len(failed),
        "quantities": len(_judged(results)),
        "without a case": missing,
        "judges": judged,
        "half precision": half.summary(halves),
    }
    if results:
        summary["sensitivity"] = judge.sensitivity_of(results)
        print(paragraph(f"\n{sensitivity.sentences(summary['sensitivity'])}"))
    if halves:
        print(paragraph(f"\n{half.sentence(summary['half precision'])}"))
    print(f"\n{total - len(failed)} of {total} cases hold on {options.backend}.")
    without_case = f"no case for {', '.join(missing)}" if missing else None
    return Outcome([*results, *halves], summary, failure(failed, total, "cases", without_case))


def count_judges(results: Sequence[dict], backend: str) -> dict[str, dict[str, int]]:
    """For each judge, how many quantities it judged, and how many of them nobody else did."""
    every, alone = Counter(), Counter()
    for finding in _judged(results):
        judges = set(finding["judges"]) or {NOBODY}
        every.update(judges)
        alone.update(judges if len(judges) == 1 else ())
    names = {who: f"Keras on {backend}" if who == judge.KERAS else who for who in every}
    rows = sorted(every, key=lambda who: -every[who])
    counts = {names[who]: {"quantities": every[who], "alone": alone[who]} for who in rows}
    return {**counts, NOBODY: {"quantities": every[NOBODY], "alone": every[NOBODY]}}


def _judged(results: Sequence[dict]) -> list[dict]:
    """The quantities that the judges decide about: not an error, nor the check of the truth."""
    findings = (finding for result in results for finding in result["findings"])
    return [f for f in findings if f["quantity"] not in (judge.CONFIRMATION, "all")]


def every_answer(backend: str, everywhere: Sequence[Case]) -> Iterator[tuple[Case, Answer]]:
    """Each case on a backend, with what Keras on this one and on others says about it."""
    cases = [case.on(backend) for case in everywhere]
    elsewhere = other_backends.opinions(everywhere, backend)
    for case, answer in zip(cases, keras_answers(backend, cases), strict=True):
        others = elsewhere.get((case.kind, case.label), ())
        yield case, answer._replace(opinions=(*answer.opinions, *others))


def keras_answers(backend: str, cases: Sequence[Case]) -> Iterator[Answer]:
    """What Keras says about each case, which has the known differences of this backend only."""
    return worker.in_keras(backend, "compare.parity:keras_results", cases, backend)


def keras_results(library: Library, cases: Sequence[Case], backend: str) -> Iterator[Answer]:
    """Run in Keras's process: yields its answer to each case, with what the definition says.

    Neither depends on minicnn, so whoever plants bugs there asks once.
    """
    for case in cases:
        said = list(relations.opinions(library, case, backend))
        found = result_of(library, case)
        try:
            said += [defined] if (defined := definitions.opinion(case)) else []
        except Exception as error:
            found = f"no error, but the definition raised {_described(error)}"
        yield Answer(found, tuple(said))


def result_of(library: Library, case: Case) -> dict[str, Any] | str:
    """All quantities of a case, computed by a library, or the text of the error it raised."""
    try:
        return kinds.run(library, case)
    except Exception as error:
        return _described(error)


def examine(case: Case, answer: Answer) -> list[judge.Finding]:
    """All findings of a case; `answer` is what Keras's process says about it."""
    keras: dict[str, Any] | str | None = answer.found
    if any(known.quantity == "" for known in case.known_differences):
        keras = None
    if isinstance(keras, str):
        return [_error(f"Keras raised {keras}")]
    try:
        ours, truth = judge.ours(case), judge.reference(case)
        return judge.judge(case, ours, keras, truth, answer.opinions)
    except Exception as error:
        return [_error(f"minicnn raised {_described(error)}")]


def _described(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({place.filename}:{place.lineno})"


def _error(why: str) -> judge.Finding:
    return judge.Finding("all", None, None, 0.0, why)


def _name(case: Case) -> str:
    return f"{case.kind}.{case.label}"


def _result(case: Case, findings: list[judge.Finding], precision: str = "float32") -> dict:
    return {
        "kind": case.kind,
        "case": case.label if precision == "float32" else f"{case.label} in {precision}",
        "precision": precision,
        "wrong": [f"{f.quantity}: {f.wrong}" for f in findings if f.wrong],
        "known differences": [known._asdict() for known in case.known_differences],
        "findings": [asdict(f) for f in findings],
    }


def _row(case: Case, finding: judge.Finding, precision: str = "float32") -> tuple:
    ours, keras = (e or (None, None) for e in (finding.ours, finding.keras))
    known = "; ".join(difference.reason for difference in case.known_differences)
    verdict = (finding.wrong or known or "holds").splitlines()[0]
    share = judge.share_of_limit(finding)
    name = _name(case) if precision == "float32" else f"{_name(case)} in {precision}"
    return (name, finding.quantity, *ours, *keras, finding.limit, share, verdict)

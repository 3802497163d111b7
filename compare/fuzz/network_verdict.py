"""Compares a network on minicnn and on Keras with the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from compare import parity
from compare.cases.case import Case
from compare.cases.network import Network
from compare.errors import error
from compare.libraries.minicnn import MiniCNN
from compare.parity import judge
from compare.parity.judge import WIDEST, Finding

RunInKeras = Callable[[Case], Any]
MORE_SEEDS = range(1, 17)
KERAS_ERRORS = ("ValueError", "TypeError", "AttributeError", "KeyError", "IndexError")

HOLDS = "holds"
DIFFERS = "differs"
REJECTED = "rejected by both"
UNSUPPORTED = "not supported by Keras's backend"
UNCLEAR = "too close to a kink"
UNSTABLE = "not reproducible on Keras"
NEARLY_ZERO = 1e-6  # a zero gradient after rounding, where numbers are about 1
CASES_PER_SESSION = 25  # cases, after which Keras's session is cleared


class Verdict(NamedTuple):
    """The verdict on a network.

    `findings` are those with narrow limits. Where float32 explains large errors (close to a kink,
    or where Adam divides a gradient near zero by its size) a comparison proves nothing: `unclear`
    counts these.
    """

    network: Network
    what: str
    findings: list[Finding]
    unclear: int = 0
    note: str = ""

    @property
    def shown(self) -> Finding | None:
        """The first finding that is wrong, or else the one closest to its limit."""
        wrong = [f for f in self.findings if f.wrong]
        if wrong:
            return wrong[0]
        numeric = [f for f in self.findings if f.limit]
        return judge.worst(numeric) if numeric else None


def keras_results(library: Any, cases: Any) -> Any:
    """Run in Keras's process: yields Keras's result of each case that is sent."""
    for i, case in enumerate(cases):
        if i % CASES_PER_SESSION == 0:
            library.keras.utils.clear_session()
        yield parity.result_of(library, case)


def examine(network: Network, run_in_keras: RunInKeras) -> Verdict:
    """Run the network on both libraries and in float64, and compare.

    If there is a difference, the limits are computed again with more perturbed runs.
    """
    case = Case("networks", "network", settings={"network": network})
    keras = run_in_keras(case)
    ours = parity.result_of(MiniCNN(), case)
    if isinstance(keras, str) or isinstance(ours, str):
        return _with_errors(network, ours, keras)
    try:
        found = _findings(case, ours, keras, judge.PERTURBATION_SEEDS)
        if any(f.wrong and f.limit <= WIDEST for f in found):
            found = _findings(case, ours, keras, MORE_SEEDS)
    except Exception as error:
        why = f"minicnn's NumPy backend raised {type(error).__name__}: {error}"
        return Verdict(network, DIFFERS, [Finding("all", None, None, 0.0, why)])
    clear = [f for f in found if f.limit <= WIDEST]
    what = HOLDS
    if any(f.wrong for f in clear):
        what = DIFFERS if _is_stable(clear, keras, run_in_keras(case)) else UNSTABLE
    elif not any(f.limit for f in clear):
        what = UNCLEAR
    return Verdict(network, what, clear, len(found) - len(clear))


def _findings(case: Case, ours: dict, keras: dict, seeds: Any) -> list[Finding]:
    """All findings of a network.

    Where the truth is zero, a result of a few roundings is right. But Adam divides such a gradient
    by its size, so the steps of training prove nothing then.
    """
    truth = judge.reference(case, confirm=False, seeds=seeds)
    findings = judge.judge(case, ours, keras, truth)
    findings = [f for f in findings if f.quantity != "gradients in float64"]
    vanished = {
        f.quantity for f in findings if f.wrong and f.ours and _vanishes(f, truth, ours, keras)
    }
    return [
        replace(f, limit=np.inf) if f.quantity in vanished or (vanished and _is_of_a_step(f)) else f
        for f in findings
    ]


def _vanishes(finding: Finding, truth: judge.Reference, *found: dict) -> bool:
    name = finding.quantity
    if truth.values[name].any() or "output" in name:
        return False
    return all(np.abs(values[name]).max(initial=0.0) <= NEARLY_ZERO for values in found)


def _is_of_a_step(finding: Finding) -> bool:
    return " step " in finding.quantity


def _is_stable(findings: list[Finding], keras: dict, again: Any) -> bool:
    """Whether a second run on Keras gives the same results, within the limits."""
    if isinstance(again, str):
        return False
    return all(
        error(again[f.quantity], keras[f.quantity]).relative <= f.limit
        for f in findings
        if f.ours and keras[f.quantity].dtype.kind == "f"
    )


def _with_errors(network: Network, ours: Any, keras: Any) -> Verdict:
    """The verdict where at least one of the libraries raised an error."""
    if isinstance(ours, str) and isinstance(keras, str):
        return Verdict(network, REJECTED, [], note=f"minicnn: {ours}. Keras: {keras}")
    if isinstance(keras, str) and not keras.startswith(KERAS_ERRORS):
        return Verdict(network, UNSUPPORTED, [], note=keras)
    library, text = ("minicnn", ours) if isinstance(ours, str) else ("Keras", keras)
    wrong = f"only {library} raised an error: {text}"
    return Verdict(network, DIFFERS, [Finding("all", None, None, 0.0, wrong)])

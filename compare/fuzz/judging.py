"""Whether minicnn and Keras agree on a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from compare import judge, parity
from compare.case import Case
from compare.errors import error
from compare.fuzz.network import Network
from compare.judge import WIDEST, Finding
from compare.libraries.minicnn import MiniCNN

Ask = Callable[[Case], Any]
MANY = range(1, 17)
OWN_ERRORS = ("ValueError", "TypeError", "AttributeError", "KeyError", "IndexError")

HOLDS = "holds"
DIFFERS = "differs"
REFUSED = "refused by both"
BEYOND = "beyond Keras's backend"
UNCLEAR = "too close to a kink"
UNSTABLE = "answered by Keras in two ways"
VANISHED = 1e-6  # what rounding leaves of a gradient that is zero, where numbers are about 1
CLEARED = 25  # questions, after which Keras may forget its layers


class Verdict(NamedTuple):
    """What was found of a network.

    `findings` are those that can be judged. Where float32 explains large errors, as beside a kink
    or where Adam divides a gradient of nearly zero by its size, nothing can be said.
    """

    network: Network
    what: str
    findings: list[Finding]
    unclear: int = 0
    note: str = ""

    @property
    def shown(self) -> Finding | None:
        """What is wrong, the first of it, or else what came nearest to its limit."""
        wrong = [f for f in self.findings if f.wrong]
        if wrong:
            return wrong[0]
        numeric = [f for f in self.findings if f.limit]
        return judge.worst(numeric) if numeric else None


def answers(library: Any, questions: Any) -> Any:
    """In Keras's process: what Keras says to each case that is sent."""
    for i, case in enumerate(questions):
        if i % CLEARED == 0:
            library.keras.utils.clear_session()
        yield parity.answer(library, case)


def examined(network: Network, ask: Ask) -> Verdict:
    """Ask both and the truth. A difference must stand against many neighbours of the truth."""
    case = Case("networks", "network", settings={"network": network})
    keras = ask(case)
    ours = parity.answer(MiniCNN(), case)
    if isinstance(keras, str) or isinstance(ours, str):
        return _refused(network, ours, keras)
    try:
        found = _judged(case, ours, keras, judge.NEIGHBOURS)
        if any(f.wrong and f.limit <= WIDEST for f in found):
            found = _judged(case, ours, keras, MANY)
    except Exception as error:
        why = f"minicnn's NumPy backend raised {type(error).__name__}: {error}"
        return Verdict(network, DIFFERS, [Finding("all", None, None, 0.0, why)])
    clear = [f for f in found if f.limit <= WIDEST]
    what = HOLDS
    if any(f.wrong for f in clear):
        what = DIFFERS if _is_stable(clear, keras, ask(case)) else UNSTABLE
    elif not any(f.limit for f in clear):
        what = UNCLEAR
    return Verdict(network, what, clear, len(found) - len(clear))


def _judged(case: Case, ours: dict, keras: dict, seeds: Any) -> list[Finding]:
    """All findings. Where the truth is zero and somebody has what rounding left, they are right;
    but Adam divides that by its size, so that then nothing can be said of the steps.
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
    return all(np.abs(values[name]).max(initial=0.0) <= VANISHED for values in found)


def _is_of_a_step(finding: Finding) -> bool:
    return " step " in finding.quantity


def _is_stable(findings: list[Finding], keras: dict, again: Any) -> bool:
    """Whether Keras answers the same once more, within the limits."""
    if isinstance(again, str):
        return False
    return all(
        error(again[f.quantity], keras[f.quantity]).relative <= f.limit
        for f in findings
        if f.ours and keras[f.quantity].dtype.kind == "f"
    )


def _refused(network: Network, ours: Any, keras: Any) -> Verdict:
    """One raised an error, or both did."""
    if isinstance(ours, str) and isinstance(keras, str):
        return Verdict(network, REFUSED, [], note=f"minicnn: {ours}. Keras: {keras}")
    if isinstance(keras, str) and not keras.startswith(OWN_ERRORS):
        return Verdict(network, BEYOND, [], note=keras)
    who, said = ("minicnn", ours) if isinstance(ours, str) else ("Keras", keras)
    return Verdict(
        network, DIFFERS, [Finding("all", None, None, 0.0, f"{who} alone raised {said}")]
    )

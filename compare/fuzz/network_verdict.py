"""Compares a network on minicnn and on Keras with the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from compare import parity
from compare.cases.case import Case
from compare.cases.network import Network
from compare.errors import error
from compare.fuzz.reference import MORE_SEEDS, Reference, reference, widened
from compare.fuzz.variants import USUAL, VARIANTS, Variant, configured
from compare.libraries.minicnn import MiniCNN
from compare.parity import judge
from compare.parity.judge import Finding
from minicnn.utils import set_random_seed

RunInKeras = Callable[[Case], Any]
WINOGRAD = 8.0  # times the rounding error of other algorithms
WIDEST = 0.1  # where float32 explains larger errors than this, a comparison proves nothing
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


def examine(network: Network, run_in_keras: RunInKeras, known: Reference | None = None) -> Verdict:
    """Run the network on both libraries, in float64 and in minicnn's other ways, and compare.

    If there is a difference, the limits are computed again with more perturbed computations. The
    truth may be known from before.
    """
    case = Case("networks", "network", settings={"network": network})
    with ThreadPoolExecutor(1) as pool:  # Keras computes in its own process at the same time
        answer = pool.submit(run_in_keras, case)
        ours = _ours(case, USUAL)
        others, truth = {}, known
        if not isinstance(ours, str):
            others = {variant: _ours(case, variant) for variant in VARIANTS}
            truth = truth or _reference(case)
        keras = answer.result()
    if isinstance(keras, str) or isinstance(ours, str):
        return _with_errors(network, ours, keras)
    if isinstance(truth, str):
        return Verdict(network, DIFFERS, [Finding("all", None, None, 0.0, truth)])
    margin = WINOGRAD if _has_winograd(network) else 1.0
    found = _findings(ours, keras, others, truth, margin)
    if not known and any(f.wrong and 0.0 < f.limit <= WIDEST for f in found):
        found = _findings(ours, keras, others, widened(truth, case, MORE_SEEDS), margin)
    clear = [f for f in found if f.limit <= WIDEST]
    what = HOLDS
    if any(f.wrong for f in clear):
        what = DIFFERS if _is_stable(clear, keras, run_in_keras(case)) else UNSTABLE
    elif not any(f.limit for f in clear):
        what = UNCLEAR
    return Verdict(network, what, clear, len(found) - len(clear))


def _reference(case: Case) -> Reference | str:
    try:
        return reference(case)
    except Exception as error:
        return f"minicnn's NumPy backend raised {type(error).__name__}: {error}"


def _ours(case: Case, variant: Variant) -> dict[str, Any] | str:
    """The result of minicnn; every variant draws the same random numbers."""
    set_random_seed(0)
    with configured(variant):
        return parity.result_of(MiniCNN(), case)


def _findings(
    ours: dict,
    keras: dict,
    others: dict[Variant, dict | str],
    truth: Reference,
    margin: float = 1.0,
) -> list[Finding]:
    """All findings of a network.

    Where the truth is zero, a result of a few roundings is right. But Adam divides such a gradient
    by its size, so the events prove nothing then.
    """
    names = dict.fromkeys([*ours, *truth.values, *keras])
    found = [_finding(name, ours, keras, truth, margin) for name in names]
    vanished = {f.quantity for f in found if f.wrong and _vanishes(f, truth, ours, keras)}
    for variant, result in others.items():
        allowed = 1.0 if variant.avoids_winograd else margin
        found += _of(variant, result, ours, truth, allowed)
    return [
        replace(f, limit=np.inf)
        if f.ours and (f.quantity in vanished or (vanished and _is_of_an_event(f)))
        else f
        for f in found
    ]


def _finding(name: str, ours: dict, keras: dict, truth: Reference, margin: float) -> Finding:
    parts = {"minicnn": ours, "the truth": truth.values, "Keras": keras}
    absent = [who for who, part in parts.items() if name not in part]
    if absent:
        return Finding(name, None, None, 0.0, f"{' and '.join(absent)} lacks it")
    a, b, right = ours[name], keras[name], truth.values[name]
    if isinstance(a, str):
        wrong = None if a == b else f"minicnn has {judge.difference(a, b)}"
        return Finding(name, None, None, 0.0, wrong)
    limit, mine, theirs = truth.limits[name], error(a, right), error(b, right)
    wrong = None
    if not mine.relative <= limit * margin:
        wrong = f"minicnn is {mine.relative:.1g} off, float32 explains {limit * margin:.1g}"
    elif not theirs.relative <= limit:
        wrong = f"Keras is {theirs.relative:.1g} off, float32 explains {limit:.1g}"
    return Finding(name, mine, theirs, limit, wrong)


def _has_winograd(network: Network) -> bool:
    """Whether minicnn may use Winograd's algorithm, whose rounding errors are larger."""
    sizes = [s.settings.get("kernel_size") for s in network.steps if s.name == "Conv2D"]
    return any(size in (3, (3, 3)) for size in sizes)


def _of(
    variant: Variant, result: dict | str, ours: dict, truth: Reference, margin: float
) -> Iterator[Finding]:
    """What is wrong in a variant."""
    if isinstance(result, str):
        yield Finding("all", None, None, 0.0, f"minicnn {variant.name} raised {result}")
        return
    for name, value in ours.items():
        other = result.get(name)
        if isinstance(value, str) or other is None or np.array_equal(value, other, equal_nan=True):
            if other is None or (isinstance(value, str) and value != other):
                yield Finding(name, None, None, 0.0, f"minicnn {variant.name} has {other}")
            continue
        if variant.exact:
            off = error(other, value).relative
            wrong = f"minicnn {variant.name} has other bits: {off:.1g} off"
            yield Finding(name, None, None, 0.0, wrong)
            continue
        off, limit = error(other, truth.values[name]), truth.limits[name] * margin
        if not off.relative <= limit:
            wrong = (
                f"minicnn {variant.name} is {off.relative:.1g} off, float32 explains {limit:.1g}"
            )
            yield Finding(name, off, None, limit, wrong)


def _vanishes(finding: Finding, truth: Reference, *found: dict) -> bool:
    name = finding.quantity
    if not finding.ours or truth.values[name].any() or "output" in name:
        return False
    return all(np.abs(values[name]).max(initial=0.0) <= NEARLY_ZERO for values in found)


def _is_of_an_event(finding: Finding) -> bool:
    return finding.quantity[0].isdigit()


def _is_stable(findings: list[Finding], keras: dict, again: Any) -> bool:
    """Whether a second run on Keras gives the same results, within the limits."""
    if isinstance(again, str):
        return False
    return all(
        error(again[f.quantity], keras[f.quantity]).relative <= f.limit
        for f in findings
        if f.ours and f.quantity in keras and keras[f.quantity].dtype.kind == "f"
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

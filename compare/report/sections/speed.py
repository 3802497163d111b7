"""The section on speed and memory, as measured by `benchmarks/`: shorter bars are better."""

from __future__ import annotations

from statistics import median
from typing import Any

from compare.report.html import Html, tag
from compare.report.parts import bar, folded, section, sentence, table, verdict
from compare.report.results import Result, ratio

OURS = "minicnn"
HEADINGS = {
    "training": "Training",
    "prediction": "Prediction",
    "small": "Small work",
    "memory": "Peak memory of the process",
    "start": "Start of the process",
    "accuracy": "Time from the start to 99 % on MNIST",
    "convolution": "Algorithms of convolution",
}
MISSED = "no"  # the verdict on a target
TARGET_HEADS = ("target", "compared with", "at least", "reached", "verdict")
LONG = ("convolution",)  # shown only on a click


def render(results: list[Result]) -> Html:
    """The measurements of each section."""
    return section(
        "benchmarks", "Speed and memory", [_run(result.results[0]) for result in results]
    )


def _run(run: dict[str, Any]) -> Html:
    measured = [m for m in run["measurements"] if isinstance(m, dict)]
    names = dict.fromkeys([*HEADINGS, *(m.get("section", "") for m in measured)])
    return tag(
        "div",
        tag("p", _facts(run), class_="quiet"),
        tag(
            "p",
            "Medians over rounds, on the same machine; in each round every library runs once. "
            "Shorter bars are better.",
        ),
        _targets(run.get("targets") or []),
        [_section(name, [m for m in measured if m.get("section") == name]) for name in names],
    )


def counted(result: Result) -> str:
    """How many targets were reached, of those that were measured."""
    run = result.results[0]
    measured = [t for t in run.get("targets") or [] if t["reached"] is not None]
    kept = sum(t["verdict"] != MISSED for t in measured)
    of = f", {kept} of {len(measured)} targets reached" if measured else ""
    return f"{len(run['measurements'])} measurements{of}"


def _targets(targets: list[dict[str, Any]]) -> Html | None:
    """The ratios that minicnn should reach; those that it missed are marked."""
    if not targets:
        return None
    return tag("div", tag("h3", "Targets"), table(TARGET_HEADS, *_target_rows(targets)))


def _target_rows(targets: list[dict[str, Any]]) -> tuple[list, list[bool]]:
    rows = [
        (
            t["what"],
            t.get("against") or "",
            f"{t['least']:g} ×",
            "" if t["reached"] is None else f"{ratio(t['reached'])} ×",
            verdict(False, "missed") if t["verdict"] == MISSED else t["verdict"],
        )
        for t in targets
    ]
    return rows, [t["verdict"] == MISSED for t in targets]


def _facts(run: dict[str, Any]) -> str:
    machine = run.get("machine") or {}
    versions = ", ".join(f"{k} {v}" for k, v in (run.get("versions") or {}).items())
    cores = f"{machine['cores']} cores" if machine.get("cores") else ""
    parts = (machine.get("processor"), cores, run.get("date"), versions)
    return "; ".join(str(part) for part in parts if part)


def _section(name: str, measured: list[dict[str, Any]]) -> Html | None:
    if not measured:
        return None
    title = HEADINGS.get(name, name.capitalize())
    figures = tag("div", [_figure(m) for m in measured], class_="grid broad")
    if name in LONG:
        return folded(f"{title}, {len(measured)} measurements", figures)
    return tag("div", tag("h3", title), figures)


def _figure(measurement: dict[str, Any]) -> Html:
    samples = {k: v for k, v in (measurement.get("samples") or {}).items() if v}
    medians = {name: median(times) for name, times in samples.items()}
    unit = measurement.get("unit", "")
    most = max(medians.values(), default=0.0)
    bars = [
        bar(name, value, most, _number(value), weak=name != OURS)
        for name, value in sorted(medians.items(), key=lambda pair: pair[1])
    ]
    failures = measurement.get("failures") or {}
    failed = [tag("small", f"{name}: {sentence(why)}") for name, why in failures.items()]
    settings = ", ".join(f"{k} {v}" for k, v in (measurement.get("settings") or {}).items())
    title = ", ".join(filter(None, (measurement.get("subject", ""), settings)))
    return tag(
        "figure",
        tag("figcaption", tag("b", title), tag("span", _ratio(samples, medians))),
        tag("div", bars, tag("small", unit, class_="unit") if bars else None, class_="bars short"),
        failed,
    )


def _ratio(samples: dict[str, list[float]], medians: dict[str, float]) -> str:
    """The time (or memory) of the best other library divided by minicnn's, median of rounds."""
    others = {name: value for name, value in medians.items() if name != OURS}
    if OURS not in medians or not others:
        return ""
    best = min(others, key=lambda name: others[name])
    rounds = zip(samples[best], samples[OURS], strict=False)
    times = median(theirs / ours for theirs, ours in rounds if ours)
    return f"{best} needs {ratio(times)} times as much"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"

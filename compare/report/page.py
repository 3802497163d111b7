"""Makes the whole page: verdict, contents, sections, with style.css and script.js in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from compare.report.html import Html, joined, tag
from compare.report.parts import sentence, verdict
from compare.report.results import Result, Unreadable
from compare.report.sections import (
    accuracy,
    conformance,
    fuzz,
    model,
    mutants,
    parity,
    script,
    speed,
    training,
)

# In the order of the page: command, title in the list of contents, function that makes the section.
SECTIONS: dict[str, tuple[str, Callable[[list[Result]], Html]]] = {
    "parity": ("Parity", parity.render),
    "training": ("Training", training.render),
    "accuracy": ("Accuracy", accuracy.render),
    "benchmarks": ("Speed and memory", speed.render),
    "mutants": ("Planted bugs", mutants.render),
    "fuzz": ("Random networks", fuzz.render),
    "conformance": ("Keras's own tests", conformance.render),
    "model": ("Models", model.render),
    "script": ("Programs", script.render),
}


def page(results: list[Result], unreadable: list[Unreadable], when: str) -> str:
    """The whole document, which loads no other files."""
    here = Path(__file__).parent
    found = {name: [r for r in results if r.command == name] for name in SECTIONS}
    found = {name: some for name, some in found.items() if some}
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", "minicnn compared with Keras"),
        tag("style", Html((here / "style.css").read_text())),
    )
    body = tag(
        "body",
        tag(
            "header", tag("h1", "minicnn compared with Keras"), _verdict(results, unreadable, when)
        ),
        tag("nav", [tag("a", SECTIONS[name][0], href=f"#{name}") for name in found]),
        tag("main", [SECTIONS[name][1](some) for name, some in found.items()]),
        tag("script", Html((here / "script.js").read_text())),
    )
    return "<!doctype html>\n" + tag("html", joined([head, body]), lang="en") + "\n"


def _verdict(results: list[Result], unreadable: list[Unreadable], when: str) -> Html:
    order = list(SECTIONS)
    results = sorted(results, key=lambda r: (r.passed, order.index(r.command)))
    held = sum(r.passed for r in results)
    holds = held == len(results) and not unreadable
    word = "Everything holds" if holds else f"{len(results) - held} of {len(results)} do not hold"
    return joined(
        [
            tag("p", verdict(holds, word), class_="verdict"),
            tag("p", f"{len(results)} results, {when}.", class_="quiet"),
            tag(
                "ul", [_line(r) for r in results], [_unread(u) for u in unreadable], class_="lines"
            ),
        ]
    )


def _line(result: Result) -> Html:
    title = SECTIONS[result.command][0]
    on = f" on {result.backend}" if result.backend else ""
    return tag(
        "li",
        tag("a", verdict(result.passed, f"{title}{on}"), href=f"#{result.command}"),
        tag("span", sentence(result.failure or _counted(result))),
    )


def _counted(result: Result) -> str:
    """The numbers of a summary, each with its key."""
    numbers = {
        key: value
        for key, value in result.summary.items()
        if isinstance(value, int) and not isinstance(value, bool) and key != "seed"
    }
    if not numbers:
        return _measured(result)
    return ", ".join(f"{value:,} {key}" for key, value in numbers.items())


def _measured(result: Result) -> str:
    measured = sum(len(run.get("measurements") or []) for run in result.results)
    if measured:
        return f"{measured} measurements"
    return f"{len(result.results)} results" if len(result.results) > 1 else ""


def _unread(file: Unreadable) -> Html:
    return tag("li", verdict(False, file.file), tag("span", file.why))

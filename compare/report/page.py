"""Makes the whole page: verdict, contents, sections, with style.css and script.js in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

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
    sampled_mutants,
    script,
    speed,
    training,
)


class Section(NamedTuple):
    """A section of the page.

    Attributes:
        title: its title in the list of contents.
        render: makes it of the results of its command.
        command: how to get such results.
        counted: says a result's numbers in one line; by default those of its summary.
    """

    title: str
    render: Callable[[list[Result]], Html]
    command: str
    counted: Callable[[Result], str] | None = None


# In the order of the page.
SECTIONS: dict[str, Section] = {
    "parity": Section("Parity", parity.render, "compare parity --json parity.json"),
    "training": Section("Training", training.render, "compare training --json training.json"),
    "accuracy": Section("Accuracy", accuracy.render, "compare accuracy --json accuracy.json"),
    "benchmarks": Section(
        "Speed and memory",
        speed.render,
        "benchmarks --output FOLDER",
        speed.counted,
    ),
    "mutants": Section("Planted bugs", mutants.render, "compare mutants --json mutants.json"),
    "sampled-mutants": Section(
        "Sampled mutants",
        sampled_mutants.render,
        "compare mutants --sample 100 --seed 7 --json sampled-mutants.json",
        sampled_mutants.counted,
    ),
    "fuzz": Section("Random networks", fuzz.render, "compare fuzz --json fuzz.json"),
    "conformance": Section(
        "Keras's own tests", conformance.render, "compare conformance --json conformance.json"
    ),
    "model": Section(
        "Models", model.render, "compare model FILE.keras --json model.json", model.counted
    ),
    "script": Section(
        "Programs", script.render, "compare script FILE.py --json script.json", script.counted
    ),
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
        tag("nav", [tag("a", SECTIONS[name].title, href=f"#{name}") for name in found]),
        tag("main", [SECTIONS[name].render(some) for name, some in found.items()]),
        _missing([section for name, section in SECTIONS.items() if name not in found]),
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
    title, counted = SECTIONS[result.command].title, SECTIONS[result.command].counted or _counted
    on = f" on {result.backend}" if result.backend else ""
    return tag(
        "li",
        tag("a", verdict(result.passed, f"{title}{on}"), href=f"#{result.command}"),
        tag("span", sentence(result.failure or counted(result))),
    )


def _counted(result: Result) -> str:
    """The numbers of a summary, each with its key."""
    numbers = {
        key: value
        for key, value in result.summary.items()
        if isinstance(value, int) and not isinstance(value, bool) and key != "seed"
    }
    numbers = numbers or {"results": len(result.results)}
    return ", ".join(f"{value:,} {key}" for key, value in numbers.items())


def _missing(sections: list[Section]) -> Html | None:
    """What is not among the results, and the command that makes it."""
    if not sections:
        return None
    rows = [
        tag("li", f"{section.title}: ", tag("code", f"python -m {section.command}"))
        for section in sections
    ]
    return tag(
        "footer",
        tag("h2", "Not among these results"),
        tag("p", "Each command writes a file that the report shows when it is made again."),
        tag("ul", rows),
    )


def _unread(file: Unreadable) -> Html:
    return tag("li", verdict(False, file.file), tag("span", file.why))

"""The section on sampled mutants: how many `tests` kill, and how many `parity` and `fuzz`."""

from __future__ import annotations

import textwrap
from typing import Any

from compare.report.charts import legend
from compare.report.html import Html, tag
from compare.report.parts import folded, section, sentence, stacked, table
from compare.report.results import Result

JUDGES = ("tests", "parity + fuzz")
ALL = "all"
HEADS = ("folder", "mutants", "equivalent")


def render(results: list[Result]) -> Html:
    """The score of each sample, by folder, with survivors and equivalent mutants."""
    return section(
        "sampled-mutants",
        "Sampled mutants",
        tag(
            "p",
            "Bugs that nobody chose: changes of the source that are made mechanically and drawn by "
            "a seed. A mutant is killed by a judge if something fails that passes without it. One "
            "that computes the same as the source is equivalent and does not count; each of these "
            "was looked at by a person.",
        ),
        [_sample(result) for result in results],
    )


def counted(result: Result) -> str:
    """The score in one line."""
    score = result.summary["rooms"].get(ALL) or {}
    judged = _judged(score)
    return ", ".join(f"{score[j]} of {judged} killed by {j}" for j in JUDGES if j in score)


def _judged(score: dict[str, int]) -> int:
    return score.get("mutants", 0) - score.get("equivalent", 0)


def _sample(result: Result) -> Html:
    rooms = result.summary["rooms"]
    seed, quick = result.summary.get("seed"), result.summary.get("quick")
    depth = "only the nearest tests and cases were run" if quick else "all that runs a line was run"
    place = f" from {', '.join(under)} only" if (under := result.summary.get("under")) else ""
    score = rooms.get(ALL) or {}
    same = [r for r in result.results if r.get("equivalent")]
    alive = [r for r in result.results if any(_survives(r, judge) for judge in JUDGES)]
    return tag(
        "div",
        tag("p", f"{score.get('mutants', 0)} mutants, drawn by seed {seed}{place}; {depth}."),
        legend(("passed", "killed"), ("failed", "survive"), ("skipped", "equivalent")),
        tag("div", [_bar(judge, score) for judge in JUDGES if judge in score], class_="bars"),
        _folders(rooms),
        folded(f"Survivors ({len(alive)})", [_survivor(r) for r in alive]) if alive else None,
        folded(f"Equivalent ({len(same)})", [_equivalent(r) for r in same]) if same else None,
    )


def _bar(judge: str, score: dict[str, int]) -> Html:
    killed, judged = score[judge], _judged(score)
    parts = {"passed": killed, "failed": judged - killed, "skipped": score.get("equivalent", 0)}
    share = f" ({100 * killed / judged:.0f} %)" if judged else ""
    return stacked(judge, parts, f"killed {killed} of {judged}{share}")


def _folders(rooms: dict[str, dict[str, int]]) -> Html:
    heads = [f"{verb} {judge}" for judge in JUDGES for verb in ("killed by", "survive")]
    rows = [
        [room, score.get("mutants"), score.get("equivalent")]
        + [n for j in JUDGES for n in (score.get(j, 0), _judged(score) - score.get(j, 0))]
        for room, score in rooms.items()
    ]
    return table((*HEADS, *heads), rows)


def _survives(found: dict[str, Any], judge: str) -> bool:
    return bool(found.get(judge)) and not found[judge]["killed"]


def _place(found: dict[str, Any], more: str) -> Html:
    where = f"{found['file']}:{found['line']}"
    function = found.get("function")
    title = tag("b", f"{where} in {function}" if function else where)
    code = tag("pre", tag("code", _changed_lines(found["diff"])))
    return tag("div", title, tag("small", more), code, class_="mutant")


def _changed_lines(diff: str) -> str:
    """The lines of a diff with their signs, without the indentation that all of them have."""
    lines = [line for line in diff.splitlines() if line and not line.startswith("@@")]
    texts = textwrap.dedent("\n".join(line[1:] for line in lines)).split("\n")
    return "\n".join(f"{line[0]} {text}" for line, text in zip(lines, texts, strict=True))


def _survivor(found: dict[str, Any]) -> Html:
    return _place(found, "; ".join(_verdict(found, j) for j in JUDGES if found.get(j)) + ".")


def _verdict(found: dict[str, Any], judge: str) -> str:
    said = found[judge]
    if said["killed"]:
        return f"killed by {judge} ({said.get('by') or 'its import'})"
    ran = f"{said.get('run', 0)} of {said.get('of', 0)} run"
    why = sentence(said.get("why") or "", 80)
    return f"survives {judge} ({ran}{', ' + why if why else ''})"


def _equivalent(found: dict[str, Any]) -> Html:
    return _place(found, f"Equivalent: {found['equivalent']}")

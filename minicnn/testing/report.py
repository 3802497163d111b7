"""The texts of what was checked, and of what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from minicnn.testing.comparison import Comparison
from minicnn.testing.errors import Diagnosis, Element, Mistake
from minicnn.testing.where import where_wrong

SHOWN = 5


@dataclass
class Row:
    """How one gradient was checked.

    Attributes:
        name, what: the input, and "gradient" or "second derivative".
        method, why: how the truth was found, and why it was not the complex step.
        error: the largest difference, relative to the gradient's largest element.
        order: that of the Taylor remainder, if asked for.
        kinks: indices of elements on a kink, whose gradient lies between the slopes.
        left_out: indices of elements that were not compared.
    """

    name: str
    what: str
    method: str
    why: str
    error: float
    order: float | None
    kinks: list[tuple[int, ...]]
    left_out: list[tuple[int, ...]]

    def text(self) -> str:
        """The row as a line of the report."""
        parts = [f"{self.what} to {self.name}: right, by {self.method}"]
        if self.why and self.why != "asked for":
            parts[0] += f" (not by the complex step: {self.why})"
        if self.order is not None:
            parts.append(
                "no remainder at all: the function is linear there"
                if np.isinf(self.order)
                else f"order {self.order:.2f} (2 if right, 1 if wrong)"
            )
        else:
            parts.append(f"largest error {self.error:.1g}")
        if self.kinks:
            parts.append(
                f"{_count(self.kinks)} on a kink, where any slope between those of the two sides "
                f"is right: {_places(self.kinks)}"
            )
        if self.left_out:
            parts.append(f"{_count(self.left_out)} not compared: {_places(self.left_out)}")
        return "; ".join(parts)


@dataclass
class GradientReport:
    """What was checked, if all of it is right.

    Attributes:
        rows: one for each gradient.
        notes: what else a reader should know.
    """

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def largest_error(self) -> float:
        """The largest relative error of all gradients."""
        return max((row.error for row in self.rows), default=0.0)

    def __str__(self) -> str:
        return "\n".join([*(row.text() for row in self.rows), *self.notes])


def row_of(compared: Comparison, what: str) -> Row:
    """The row of a comparison."""
    return Row(
        compared.name,
        what,
        compared.method,
        compared.why,
        compared.error,
        compared.order,
        compared.kinks,
        compared.left_out,
    )


def mistake_of(compared: Comparison, what: str, diagnosis: Diagnosis | None) -> Mistake:
    """What is wrong with a gradient, with its text."""
    found, expected = compared.found, compared.truth.nearest(compared.found)
    for group, total in compared.ties:
        expected.flat[group] = total / len(group)
    off = np.where(compared.wrong, np.abs(found - expected), -1.0)
    furthest = np.argsort(-np.nan_to_num(off, nan=np.inf), None, kind="stable")
    count = int(compared.wrong.sum())
    worst = [
        Element(_index(j, found.shape), float(found.flat[j]), float(expected.flat[j]))
        for j in furthest[: min(SHOWN, count)]
    ]
    text = _text(compared, what, worst, count, diagnosis)
    return Mistake(compared.name, what, worst, (count, found.size), diagnosis, text)


def _text(
    compared: Comparison,
    what: str,
    worst: Sequence[Element],
    count: int,
    diagnosis: Diagnosis | None,
) -> str:
    size = compared.found.size
    largest = float(np.nanmax(np.abs(compared.truth.gradient)))
    how_many = "Every element is" if count == size else f"{count} of {size} elements are"
    where = where_wrong(compared.wrong) if diagnosis is None else ""
    looks = (
        f"It looks like this: {diagnosis.text}"
        if diagnosis
        else "It looks like none of the usual mistakes."
        if np.isfinite(compared.truth.gradient).all()
        else "Only some elements were compared, too few to say what it looks like: take smaller "
        "inputs."
    )
    notes = [f"Expected values by {compared.method}."]
    if compared.order is not None:
        notes.append(f"The Taylor remainder has order {compared.order:.2f}; 2 would be right.")
    if compared.kinks:
        notes.append(f"{_count(compared.kinks)} on a kink: {_places(compared.kinks)}.")
    return "\n".join(
        [
            f"Wrong {what} to {compared.name}. {'It is' if size == 1 else how_many} off{where}; "
            f"the largest element should be {largest:.4g} in size.",
            *_table(worst),
            looks,
            " ".join(notes),
        ]
    )


def _table(worst: Sequence[Element]) -> list[str]:
    rows = [("element", "came", "expected", "off by")]
    for index, found, expected in worst:
        off = abs(found - expected)
        place = f"[{', '.join(map(str, index))}]"
        rows.append((place, f"{found:.6g}", f"{expected:.6g}", f"{off:.3g}"))
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    lines = ("  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)) for r in rows)
    return [f"    {line.rstrip()}" for line in lines]


def _index(j: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(map(int, np.unravel_index(j, shape)))


def failure(mistakes: Sequence[Mistake], right: Sequence[str], seed: int) -> str:
    """The text of all that is wrong."""
    parts = [mistake.text for mistake in mistakes]
    if right:
        parts.append(f"Right: {', '.join(right)}.")
    parts.append(
        "What is compared: the gradient for a random cotangent (the gradient that comes from "
        f"above), drawn with seed={seed}."
    )
    return "\n\n".join(parts)


def _count(places: Sequence) -> str:
    return f"{len(places)} element{'' if len(places) == 1 else 's'}"


def _places(places: Sequence[tuple[int, ...]]) -> str:
    shown = ", ".join(f"[{', '.join(map(str, p))}]" for p in places[:3])
    return shown + (", …" if len(places) > 3 else "")

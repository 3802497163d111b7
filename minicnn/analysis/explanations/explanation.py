"""`Explanation`: the products and the steps that one number is made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any, NamedTuple

import numpy as np

from minicnn.common.tables import ShownAsTable, Table

SHOWN = 8
"""How many products a printed explanation lists; the rest is given as one sum."""


class Terms(NamedTuple):
    """Products that are added: `Σ factor · factor · ...`.

    Attributes:
        title: what they are.
        source: the tensor that the first factor comes from: the name of a call, `input`, or of a
            weight.
        places: `(*shape, axes)`, where in that tensor the first factor stands, without the batch
            (in the gradient of a weight with it); -1 along an axis means outside of it, in the
            padding. None if it stands nowhere.
        factors: arrays of the same shape by name, such as `input` and `kernel`.
        chosen: where in these arrays the largest is, of which only that one counts; None if all
            are added.
    """

    title: str
    source: str
    places: np.ndarray | None
    factors: dict[str, np.ndarray]
    chosen: tuple[int, ...] | None = None

    @property
    def products(self) -> np.ndarray:
        """The products, in float64."""
        return reduce(np.multiply, [np.asarray(f, "float64") for f in self.factors.values()])

    @property
    def total(self) -> float:
        """Their sum, or the chosen one."""
        products = self.products
        return float(products.sum() if self.chosen is None else products[self.chosen])

    def largest(self, count: int = SHOWN) -> tuple[list[tuple[int, ...]], float]:
        """The places in the arrays of the products that count most, and the sum of the others."""
        products = self.products
        sizes = abs(products)
        if self.chosen is not None:
            sizes[self.chosen] = np.inf
        order = np.argsort(-sizes, axis=None, kind="stable")[:count]
        found = [tuple(int(n) for n in np.unravel_index(i, products.shape)) for i in order]
        return found, float(products.sum() - sum(products[i] for i in found))


class Step(NamedTuple):
    """One line of a calculation.

    Attributes:
        name: what it is.
        formula: how it is computed, with the numbers in it where they are few.
        value: the number.
    """

    name: str
    formula: str
    value: float


class Parts(NamedTuple):
    """What a rule returns: groups of products, and steps, of which the last is the result."""

    terms: list[Terms]
    steps: list[Step]


class Explanation(ShownAsTable):
    """How one number came about.

    Attributes:
        title: which number it is.
        kind: the class of the layer, operation or optimizer that computed it.
        index: which element of its array, without the batch.
        sample: which sample of the batch; None for weights.
        value: the number itself, as it was computed.
        terms: the products that were added, group by group.
        steps: the calculation, line by line; the last gives the number again, in float64.
    """

    def __init__(
        self,
        title: str,
        kind: str,
        index: tuple[int, ...],
        sample: int | None,
        value: float,
        parts: Parts,
    ):
        self.title = title
        self.kind = kind
        self.index = index
        self.sample = sample
        self.value = value
        self.terms, self.steps = parts

    @property
    def result(self) -> float:
        """What the last step gives; equal to `value` up to rounding."""
        return self.steps[-1].value

    def table(self) -> Table:
        """The largest products of each group, then the steps."""
        rows = [row for terms in self.terms for row in _term_rows(terms)]
        rows += [["", step.name, step.formula, _number(step.value)] for step in self.steps]
        at = "" if self.sample is None else f" of sample {self.sample}"
        title = f"{self.title}{list(self.index)}{at} = {_number(self.value)}  ({self.kind})"
        return Table(title, ["from", "at", "calculation", "number"], rows)


def _term_rows(terms: Terms) -> Iterator[list[Any]]:
    products = terms.products
    found, rest = terms.largest()
    for number, i in enumerate(found):
        factors = [_number(float(f[i])) for f in terms.factors.values()]
        sign = "" if terms.chosen in (None, i) else "smaller"
        yield [
            terms.source if not number else "",
            _place(terms, i),
            " · ".join(factors) if len(factors) > 1 else sign,
            _number(float(products[i])),
        ]
    others = products.size - len(found)
    if others and terms.chosen is None:
        yield ["", f"{others:,} more", f"their sum ({' · '.join(terms.factors)})", _number(rest)]
    elif others:
        yield ["", f"{others:,} more", "smaller", ""]


def _place(terms: Terms, i: tuple[int, ...]) -> str:
    if terms.places is None:
        return ", ".join(map(str, i))
    place = terms.places[i]
    return "padding" if (place < 0).any() else ", ".join(str(int(n)) for n in place)


def _number(x: float) -> str:
    return f"{x:.5g}"

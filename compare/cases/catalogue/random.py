"""Cases of functions that draw random numbers, tested for their distribution."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case
from compare.cases.values import apart

MANY = (503, 407)  # cut into more than four pieces


def draws(name: str, *inputs: Any, **settings: Any) -> Case:
    """A case of a function of `random`."""
    return Case("random", name, inputs, settings)


CASES = [
    draws("dropout", apart(61, 7), rate=0.3, seed=1),
    draws("dropout", apart(*MANY), rate=0.37, seed=2),
    draws("dropout", apart(*MANY), rate=0.001, seed=3),
    *(draws("dropout", apart(*MANY), rate=r, seed=4) for r in (0.004, 0.01, 1 / 3, 0.9, 0.999)),
    draws("uniform", shape=(251, 203), seed=1),
    draws("normal", shape=(251, 203), seed=2),
]

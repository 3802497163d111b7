"""Cases of operations: name, inputs, settings, in a file for each group of operations."""

from compare.cases.catalogue.operations import (
    arithmetic,
    control_flow,
    nn,
    products,
    reductions,
    shaping,
    whole_numbers,
)

CASES = [
    *arithmetic.CASES,
    *reductions.CASES,
    *shaping.CASES,
    *products.CASES,
    *nn.CASES,
    *whole_numbers.CASES,
    *control_flow.CASES,
]

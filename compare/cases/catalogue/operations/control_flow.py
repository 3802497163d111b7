"""Cases of branches and loops, whose arguments are functions."""

from __future__ import annotations

from compare.cases.catalogue.operations.line import op
from compare.cases.functions import Function
from compare.cases.values import apart, index, truth

COMPOSITION = Function("composition")
CASES = [
    op("cond", truth(True), Function("ones"), Function("twos")),
    op("cond", False, Function("ones"), Function("twos")),
    op("switch", 0, [Function("x sin y"), Function("x² - y")], apart(2, 3), apart(3)),
    op("switch", 1, [Function("x sin y"), Function("x² - y")], apart(2, 3), apart(3)),
    op("switch", 7, [Function("x sin y"), Function("x² - y")], apart(2, 3), apart(3)),
    op("map", Function("sum and sine"), apart(4, 3)),
    op("map", Function("sine or square"), apart(4, 3)),
    op("vectorized_map", Function("sum and sine"), apart(4, 3)),
    op("while_loop", Function("fewer than 3"), Function("next and tanh"), [index(0), apart(4)]),
    op(
        "while_loop",
        Function("fewer than 3"),
        Function("next and tanh"),
        [index(0), apart(4)],
        maximum_iterations=2,
    ),
    op("fori_loop", 1, 4, Function("i sin x"), apart(2, 3)),
    op("scan", Function("tanh of sum, and product"), apart(3), apart(4, 3)),
    op("scan", Function("tanh of sum, and product"), apart(3), apart(4, 3), 4, True),
    op("scan", Function("sine, and square"), apart(3), length=3),
    op("associative_scan", Function("x y"), apart(5, 2)),
    op("associative_scan", COMPOSITION, [apart(5, 2), apart(5, 2)]),
    op("associative_scan", COMPOSITION, [apart(2, 4), apart(2, 4)], reverse=True, axis=1),
    op("associative_scan", Function("x y"), apart(3, 7), axis=-1),
]

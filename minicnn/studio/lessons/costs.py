"""What a layer, loss or optimizer costs: counted, and the time that it takes here."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import minicnn as keras
from minicnn.analysis import operations

REPEATS = 5
WEIGHTS = 100_000

Cost = list[tuple[str, float | int | None]]


def cost_of_layer(model: Any, batch: int) -> Cost:
    """Of a model of one layer, for the numbers of the example."""
    found = operations(model, batch_size=batch)  # a layer with others inside has several rows
    return [
        ("multiply-adds forward", None if found.unknown else found.multiply_adds),
        ("multiply-adds backward", None if found.unknown else found.backward_multiply_adds),
        ("parameters", found.parameters),
        ("bytes of the output", found.layers[-1].output_bytes),
    ]


def cost_of_loss(loss: Any, target: np.ndarray, scores: np.ndarray) -> Cost:
    """Of a loss and its gradient to the scores."""
    x = keras.ops.convert_to_tensor(scores)

    def compute() -> None:
        with keras.GradientTape() as tape:
            tape.watch(x)
            value = loss(target, x)
        tape.gradient(value, x)

    return [
        ("bytes of the gradient", scores.nbytes),
        ("microseconds for it, forward and backward", round(_microseconds(compute))),
    ]


def cost_of_step(make: Callable[[], Any]) -> Cost:
    """Of the steps of an optimizer."""
    optimizer = make()
    w = keras.Variable(np.zeros(WEIGHTS, "float32"), name="weights")
    optimizer.build([w])
    gradient = keras.ops.ones((WEIGHTS,))
    kept = sum(v.numpy().size for v in optimizer.variables) / WEIGHTS
    taken = _microseconds(lambda: optimizer.apply([gradient], [w]))
    return [
        ("numbers kept beside each weight", round(kept, 2)),
        (f"microseconds for a step of {WEIGHTS:,} weights", round(taken)),
    ]


def _microseconds(compute: Callable[[], Any]) -> float:
    """The median time, after one call that does not count."""
    compute()
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        compute()
        times.append(time.perf_counter() - start)
    return 1e6 * statistics.median(times)

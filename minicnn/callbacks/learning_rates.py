"""The learning rates of an optimizer, or of a model's several optimizers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def named_optimizers(optimizer: Any) -> Iterator[tuple[str, Any]]:
    """The optimizers that have a learning rate; with names if there are several, else ""."""
    if not hasattr(optimizer, "optimizers"):
        yield "", optimizer
        return
    for each in optimizer.optimizers:
        yield each.name, each


def learning_rate(optimizer: Any) -> float:
    """The learning rate now.

    Raises:
        ValueError: an optimizer without one.
    """
    if not hasattr(optimizer, "learning_rate"):
        raise ValueError(
            f'Optimizer must have a "learning_rate" attribute. Received: {type(optimizer).__name__}'
        )
    return float(optimizer.learning_rate)


def log_learning_rates(optimizer: Any, logs: dict) -> None:
    """Puts the learning rates among the logs."""
    for name, each in named_optimizers(optimizer):
        logs[f"learning_rate_{name}" if name else "learning_rate"] = learning_rate(each)

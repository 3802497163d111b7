"""The ratios that minicnn should reach, and the ratios that it reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from benchmarks.libraries import KERAS, OURS, PYTORCH, TENSORFLOW
from benchmarks.rounds import Measurement
from benchmarks.statistics import Summary, best, ratios, summary


class Target(NamedTuple):
    """A ratio to reach: the time (or memory) of the best of `against`, divided by minicnn's."""

    what: str
    section: str
    subject: str
    batch: int | None
    against: tuple[str, ...]
    least: float
    aim: float


JAX = ("Keras-JAX",)
TARGETS = (
    Target("convnet, train, 128", "training", "convnet", 128, TENSORFLOW, 4.5, 6),
    Target("deep, train, 128", "training", "deep", 128, KERAS, 3.5, 4.5),
    Target("convnet, train, 32", "training", "convnet", 32, KERAS, 5, 6),
    Target("deep, train, 32", "training", "deep", 32, KERAS, 3.5, 4.5),
    Target("mlp, train, 32", "training", "mlp", 32, KERAS, 1.3, 2),
    Target("mlp, train, 128", "training", "mlp", 128, KERAS, 1.4, 2),
    Target("residual, train, 128", "training", "residual", 128, KERAS, 3, 4),
    Target("recurrent, train, 32", "training", "recurrent", 32, KERAS, 1.5, 2),
    Target("mobile, train, 128", "training", "mobile", 128, KERAS, 3, 5),
    Target("convnet, predict, 128", "prediction", "convnet", 128, KERAS, 2.5, 3.5),
    Target("deep, predict, 128", "prediction", "deep", 128, KERAS, 2.5, 3.5),
    Target("mlp, predict, 32", "prediction", "mlp", 32, KERAS, 1.3, 2),
    Target("residual, predict, 128", "prediction", "residual", 128, KERAS, 2.5, 3.5),
    Target("convnet, train, 128", "training", "convnet", 128, PYTORCH, 5, 6),
    Target("convnet, train, 32", "training", "convnet", 32, PYTORCH, 3, 4),
    Target("deep, train, 128", "training", "deep", 128, PYTORCH, 4, 5),
    Target("residual, train, 128", "training", "residual", 128, PYTORCH, 2.5, 3.5),
    Target("mlp, train, 32", "training", "mlp", 32, PYTORCH, 1.5, 2),
    Target("mlp, train, 128", "training", "mlp", 128, PYTORCH, 1.5, 2),
    Target("residual, predict, 128", "prediction", "residual", 128, PYTORCH, 2.5, 3.5),
    Target("mlp, predict, 32", "prediction", "mlp", 32, PYTORCH, 1.2, 2),
    Target("epoch of one step, 2-16-1", "small", "epoch of one step, 2-16-1", None, JAX, 1.3, 2),
    Target("convnet, predict, 1 image", "small", "convnet, predict, 1 image", None, JAX, 1.2, 2),
    Target("convnet, train_on_batch, 32", "small", "convnet, train_on_batch, 32", None, JAX, 4, 6),
    Target("memory of the process, deep, train", "memory", "deep", 128, TENSORFLOW, 2, 3),
    Target("process to 99 % on MNIST", "accuracy", "99 % on MNIST", None, TENSORFLOW, 4.5, 6),
)


class Reached(NamedTuple):
    """A reached ratio, and the library that it compares with."""

    best_other: str
    ratio: Summary


def reached(target: Target, measured: Sequence[Measurement]) -> Reached | None:
    """The ratio that was reached for a target; None if it was not measured."""
    for measurement in measured:
        place = (measurement.section, measurement.subject, measurement.settings.get("batch"))
        if place == (target.section, target.subject, target.batch):
            return against(measurement, target.against)
    return None


def against(measurement: Measurement, others: Sequence[str]) -> Reached | None:
    """The ratio of the best of these libraries to minicnn; None if it was not measured."""
    best_other = best(measurement.samples, others)
    if best_other is None or not measurement.samples.get(OURS):
        return None
    return Reached(
        best_other, summary(ratios(measurement.samples[best_other], measurement.samples[OURS]))
    )


def as_data(measured: Sequence[Measurement]) -> list[dict[str, Any]]:
    """Each target with its verdict, as plain data."""
    found = [(target, reached(target, measured)) for target in TARGETS]
    return [
        {
            "what": target.what,
            "against": result.best_other if result else None,
            "least": target.least,
            "reached": result.ratio.median if result else None,
            "verdict": verdict(target, result),
        }
        for target, result in found
    ]


def verdict(target: Target, found: Reached | None) -> str:
    """Whether a target is reached, in a word."""
    if found is None:
        return "not measured"
    median = found.ratio.median
    return "aim reached" if median >= target.aim else "reached" if median >= target.least else "no"

"""A network that was drawn: nothing but data, so that it can be sent, run anywhere and printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from compare.case import Made

# Where the random numbers of a network begin: what is numbered from there on.
LABELS, SAMPLE_WEIGHTS, COTANGENT, WEIGHTS = 100, 101, 102, 200


@dataclass(frozen=True)
class Step:
    """A layer that is called, or called again.

    Attributes:
        name: the layer's class.
        settings: its settings.
        sources: what it is called on, by number: first the inputs, then the steps.
        again: the number of the step whose layer this one shares.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    sources: tuple[int, ...] = (0,)
    again: int | None = None


@dataclass(frozen=True)
class Network:
    """An architecture, and how it is trained. Shapes are without the batch.

    Attributes:
        inputs: their shapes; whole numbers below `words` for an Embedding, if that is not zero.
        steps: in the order in which they are called; the last one is the output.
        output: the output's shape.
        labels: of which kind, as `compare.fuzz.numbers` knows them.
    """

    inputs: tuple[tuple[int, ...], ...]
    steps: tuple[Step, ...]
    output: tuple[int, ...]
    batch: int
    loss: Made
    labels: str
    optimizer: Made
    weighted: bool = False
    sequential: bool = False
    words: int = 0


def numbers(seed: int, *shape: int) -> np.ndarray:
    """Random numbers of both signs, in float32."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def weight(seed: int, shape: tuple[int, ...], name: str) -> np.ndarray:
    """A value for a weight, by which numbers neither grow nor vanish from layer to layer."""
    drawn = numbers(seed, *shape) / np.float32(max(1, np.prod(shape[:-1])) ** 0.5)
    return np.abs(drawn) if "variance" in name else drawn


LABEL_KINDS = {
    "numbers": lambda x: x,
    "positive": np.abs,
    "signs": np.sign,
    "flags": lambda x: np.float32(x > 0),
    "one_hot": lambda x: np.float32(x == x.max(-1, keepdims=True)),
    "classes": lambda x: x.argmax(-1),
}


def labels(network: Network) -> np.ndarray:
    """What the output should become."""
    return LABEL_KINDS[network.labels](numbers(LABELS, network.batch, *network.output))


def data(network: Network) -> list[np.ndarray]:
    """What the network is called on."""
    drawn = [numbers(i, network.batch, *shape) for i, shape in enumerate(network.inputs)]
    if network.words:
        return [np.int32(np.abs(x) * 100) % network.words for x in drawn]
    return drawn


def sample_weights(network: Network) -> np.ndarray | None:
    """A weight for each row, if there are any."""
    return np.abs(numbers(SAMPLE_WEIGHTS, network.batch)) if network.weighted else None

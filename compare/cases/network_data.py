"""The random numbers of a drawn network: inputs, weights, labels, sample weights, cotangent."""

from __future__ import annotations

import numpy as np

from compare.cases.network import Network

# The seeds of a network's numbers. Inputs begin at 0; weights are numbered from WEIGHTS, those that
# they are replaced by later from RENEWED on.
LABELS, SAMPLE_WEIGHTS, COTANGENT, PADDING, WEIGHTS, RENEWED = 100, 101, 102, 110, 200, 1000


def numbers(seed: int, *shape: int) -> np.ndarray:
    """Random numbers of both signs, in float32."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def weight(seed: int, shape: tuple[int, ...], name: str) -> np.ndarray:
    """A value for a weight, scaled so that outputs of layers neither grow nor vanish."""
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
    """The labels of all rows."""
    return LABEL_KINDS[network.labels](numbers(LABELS, network.rows, *network.output))


def inputs(network: Network) -> list[np.ndarray]:
    """The arrays that the network is trained on."""
    drawn = [numbers(i, network.rows, *shape) for i, shape in enumerate(network.inputs)]
    if network.vocabulary:
        drawn = [np.int32(np.abs(x) * 100) % network.vocabulary for x in drawn]
    if not network.padded:
        return drawn
    return [padded(x, PADDING + i) for i, x in enumerate(drawn)]


def padded(x: np.ndarray, seed: int) -> np.ndarray:
    """The array `(rows, steps, ...)` with about a third of the steps of each row zero."""
    left_out = numbers(seed, *x.shape[:2]) > 0.5
    return np.where(left_out.reshape(left_out.shape + (1,) * (x.ndim - 2)), x.dtype.type(0), x)


def sample_weights(network: Network) -> np.ndarray | None:
    """A weight for each row, or None if the network is trained without."""
    return np.abs(numbers(SAMPLE_WEIGHTS, network.rows)) if network.weighted else None


def class_weights(network: Network) -> dict[int, float]:
    """A weight for each class, of labels for which the loss has a class."""
    count = max(2, network.output[-1])
    return {k: (k % 3 + 1) / 2 for k in range(count)}

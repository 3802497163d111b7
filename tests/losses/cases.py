"""Losses with settings and data of the kind each is for, shared by the tests."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


def numbers(rng, shape):
    return rng.normal(size=shape), rng.normal(size=shape)


def positive(rng, shape):
    return rng.uniform(0.5, 3.0, shape), rng.uniform(0.5, 3.0, shape)


def signs(rng, shape):
    return rng.choice([-1.0, 1.0], shape), rng.normal(size=shape)


def binary(rng, shape):
    labels = rng.integers(0, 2, shape).astype("float64")
    labels.flat[:2] = 0, 1
    return labels, rng.uniform(0.05, 0.95, shape)


def binary_logits(rng, shape):
    return binary(rng, shape)[0], 3 * rng.normal(size=shape)


def distributions(rng, shape):
    pair = rng.uniform(0.1, 1.0, (2, *shape))
    return tuple(pair / pair.sum(axis=-1, keepdims=True))


def one_hot(rng, shape):
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])], distributions(rng, shape)[1]


def one_hot_unnormalized(rng, shape):
    return one_hot(rng, shape)[0], rng.uniform(0.1, 2.0, shape)


def one_hot_logits(rng, shape):
    return one_hot(rng, shape)[0], 3 * rng.normal(size=shape)


def sparse(rng, shape):
    return rng.integers(0, shape[-1], shape[:-1]), distributions(rng, shape)[1]


def sparse_logits(rng, shape):
    return sparse(rng, shape)[0], 3 * rng.normal(size=shape)


def embeddings(rng, shape):
    vectors = rng.normal(size=shape)
    return rng.integers(0, 2, shape[:1]), vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@dataclass
class Case:
    """A loss, its settings, and a maker of labels and predictions."""

    name: str
    data: object
    settings: dict = field(default_factory=dict)
    shapes: tuple = ((5, 3), (4, 2, 3))

    def __str__(self):
        settings = ",".join(f"{k}={v}" for k, v in self.settings.items())
        return f"{self.name}({settings})-{self.data.__name__}"


FLAT = ((5, 3),)

CASES = [
    Case("MeanSquaredError", numbers),
    Case("MeanAbsoluteError", numbers),
    Case("MeanAbsolutePercentageError", numbers),
    Case("MeanSquaredLogarithmicError", positive),
    Case("CosineSimilarity", numbers),
    Case("CosineSimilarity", numbers, {"axis": 1}),
    Case("Huber", numbers),
    Case("Huber", numbers, {"delta": 0.4}),
    Case("LogCosh", numbers),
    Case("Hinge", signs),
    Case("Hinge", binary_logits),
    Case("SquaredHinge", signs),
    Case("SquaredHinge", binary_logits),
    Case("CategoricalHinge", one_hot_logits),
    Case("KLDivergence", distributions),
    Case("Poisson", positive),
    Case("BinaryCrossentropy", binary),
    Case("BinaryCrossentropy", binary, {"label_smoothing": 0.2, "axis": 0}),
    Case("BinaryCrossentropy", binary_logits, {"from_logits": True}),
    Case("CategoricalCrossentropy", one_hot),
    Case("CategoricalCrossentropy", one_hot_unnormalized),
    Case("CategoricalCrossentropy", one_hot, {"label_smoothing": 0.2}),
    Case("CategoricalCrossentropy", one_hot_logits, {"from_logits": True}),
    Case("CategoricalCrossentropy", one_hot_logits, {"from_logits": True, "axis": 1}),
    Case("SparseCategoricalCrossentropy", sparse),
    Case("SparseCategoricalCrossentropy", sparse_logits, {"from_logits": True}),
    Case("SparseCategoricalCrossentropy", sparse, {"ignore_class": 1}),
    Case("SparseCategoricalCrossentropy", sparse_logits, {"from_logits": True, "ignore_class": 0}),
    Case("BinaryFocalCrossentropy", binary),
    Case("BinaryFocalCrossentropy", binary, {"apply_class_balancing": True, "gamma": 1.5}),
    Case("BinaryFocalCrossentropy", binary_logits, {"from_logits": True, "label_smoothing": 0.1}),
    Case("CategoricalFocalCrossentropy", one_hot_unnormalized),
    Case("CategoricalFocalCrossentropy", one_hot, {"alpha": [0.2, 0.3, 0.4], "gamma": 3.0}),
    Case("CategoricalFocalCrossentropy", one_hot_logits, {"from_logits": True}),
    Case("CategoricalGeneralizedCrossEntropy", sparse, {"q": 0.7}, FLAT),
    Case("Dice", binary),
    Case("Dice", binary, {"axis": (1,)}),
    Case("Tversky", binary, {"alpha": 0.3, "beta": 0.6}),
    Case("Tversky", binary, {"axis": (-1,)}),
    Case("Circle", embeddings, {"gamma": 4.0}, ((6, 3),)),
    Case("Circle", embeddings, {"gamma": 4.0, "remove_diagonal": False}, ((6, 3),)),
]

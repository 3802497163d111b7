"""Muon beside real Keras, and what its iteration must do to singular values."""

import numpy as np
import pytest

from minicnn import Variable, config, layers, optimizers

# Sums of few powers of two, as Keras rounds settings to float32 in float64 computations too.
EXACT = {
    "rms_rate": None,
    "learning_rate": 0.125,
    "adam_beta_1": 0.875,
    "adam_beta_2": 0.96875,
    "epsilon": 2.0**-10,
    "weight_decay": 0.0625,
    "adam_weight_decay": 0.125,
}
SHAPES = ((7,), (5, 3), (4, 9), (2, 3, 2))


def walk(library, settings, dtype, names=("a", "b", "c", "d")):
    random = np.random.default_rng(4)
    weights = [
        library.Variable(random.normal(size=shape), dtype=dtype, name=name)
        for shape, name in zip(SHAPES, names, strict=True)
    ]
    optimizer = library.optimizers.Muon(**settings)
    for _ in range(8):
        optimizer.apply([random.normal(size=s).astype(dtype) for s in SHAPES], weights)
    return [w.numpy() for w in (*weights, *optimizer.variables)]


@pytest.mark.parametrize(
    ("settings", "dtype", "bound"),
    [
        (EXACT, "float64", 1e-11),
        ({**EXACT, "nesterov": False, "weight_decay": None}, "float64", 1e-11),
        ({"learning_rate": 0.125, "exclude_layers": ["b"], "adam_lr_ratio": 0.5}, "float32", 1e-4),
        ({"learning_rate": 0.125, "ns_steps": 2, "momentum": 0.5}, "float32", 1e-4),
        ({"learning_rate": 0.125, "adam_weight_decay": None, "clipnorm": 1.0}, "float32", 1e-4),
    ],
)
def test_weights_and_states_are_those_of_keras(keras, backend, settings, dtype, bound):
    import minicnn

    ours, theirs = walk(minicnn, settings, dtype), walk(keras, settings, dtype)
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, other, bound, bound)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_the_iteration_keeps_singular_vectors_and_brings_values_near_one(shape, rng):
    config.set_backend("numpy")
    x = rng.normal(size=shape)
    u, _, v = np.linalg.svd(x, full_matrices=False)
    y = np.array(optimizers.Muon().zeropower_via_newtonschulz5(Variable(x, dtype="float64"), 5))
    inner = u.T @ y @ v.T
    np.testing.assert_allclose(inner, np.diag(np.diag(inner)), atol=1e-9)
    assert 0.5 < np.diag(inner).min() <= np.diag(inner).max() < 1.3


def test_embeddings_and_excluded_layers_take_the_step_of_adam():
    embedding, dense = layers.Embedding(3, 2), layers.Dense(2, name="last")
    embedding.build()
    dense.build((None, 2))
    weights = [embedding.embeddings, dense.kernel]
    for settings, velocities in (
        ({}, 1),
        ({"exclude_embeddings": False}, 0),
        ({"exclude_layers": ["la.t"]}, 2),
    ):
        muon = optimizers.Muon(**settings)
        muon.build(weights)
        assert len(muon.variables) == 2 + len(weights) + velocities

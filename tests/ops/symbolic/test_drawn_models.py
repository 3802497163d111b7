"""Operations as parts of drawn models: they compute the same, and go into files and come out."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn

EXPRESSIONS = {
    "slices": lambda ops, x: x[:, 1:3, ::2],
    "last": lambda ops, x: x[..., -1, None],
    "arithmetic": lambda ops, x: 1 - (x * 2 + 1 - x / 3) ** 2.0,
    "signs": lambda ops, x: ops.sign(-ops.abs(x)),
    "reshape": lambda ops, x: ops.reshape(x, (-1, 24)),
    "transpose": lambda ops, x: ops.transpose(x, (0, 2, 1)),
    "moveaxis": lambda ops, x: ops.moveaxis(x, 1, 2),
    "concatenate": lambda ops, x: ops.concatenate([x, x * 2], axis=1),
    "stack": lambda ops, x: ops.stack([x, x], axis=-1),
    "mean": lambda ops, x: ops.mean(x, axis=[1, 2], keepdims=True),
    "statistics": lambda ops, x: ops.std(x, axis=1) + ops.max(x, axis=1) * ops.prod(x, axis=1),
    "matmul": lambda ops, x: ops.matmul(x, ops.swapaxes(x, 1, 2)),
    "einsum": lambda ops, x: ops.einsum("bij,bik->bjk", x, x),
    "tensordot": lambda ops, x: ops.tensordot(x, np.ones((4, 2), "float32"), axes=1),
    "cast": lambda ops, x: ops.cast(x > 0.5, "float32"),
    "clip": lambda ops, x: ops.clip(x, 0.2, 0.7),
    "pad": lambda ops, x: ops.pad(x, ((0, 0), (1, 2), (0, 0)), constant_values=2.0),
    "where": lambda ops, x: ops.where(x > 0.5, x, 0.0),
    "logic": lambda ops, x: ops.logical_and(x > 0.3, x < 0.6),
    "isclose": lambda ops, x: ops.isclose(x, x),
    "take": lambda ops, x: ops.take(x, [0, 2], axis=1),
    "split": lambda ops, x: ops.split(x, 2, axis=1),
    "unstack": lambda ops, x: ops.unstack(x, axis=1),
    "repeat": lambda ops, x: ops.tile(ops.repeat(x, 2, axis=1), (1, 2, 1)),
    "order": lambda ops, x: ops.flip(ops.roll(ops.sort(x, axis=1), 1, axis=1), axis=2),
    "top_k": lambda ops, x: ops.top_k(x, 2),
    "expand": lambda ops, x: ops.squeeze(ops.expand_dims(x, (1, -1)), 1),
    "quantiles": lambda ops, x: ops.median(x, axis=1) - ops.quantile(x, 0.3, axis=1),
    "like": lambda ops, x: ops.ones_like(x) + ops.zeros_like(x) + ops.full_like(x, 2.0),
    "triangle": lambda ops, x: ops.tril(x, -1),
    "norm": lambda ops, x: ops.norm(x, axis=-1),
    "logsumexp": lambda ops, x: ops.logsumexp(ops.cumsum(x, axis=1), axis=1),
    "slice": lambda ops, x: ops.slice(x, [0, 1, 0], [-1, 2, -1]),
    "stop": lambda ops, x: ops.stop_gradient(ops.maximum(x, 0.4)),
}


def _model(library):
    inputs = library.Input((6, 4))
    outputs = {name: line(library.ops, inputs) for name, line in EXPRESSIONS.items()}
    return library.Model(inputs, outputs)


@pytest.fixture(scope="module")
def x():
    return np.random.default_rng(0).random((5, 6, 4), "float32")


def _assert_same(results, expected):
    for name in EXPRESSIONS:
        pairs = zip(
            minicnn.tree.flatten(results[name]), minicnn.tree.flatten(expected[name]), strict=True
        )
        for actual, wanted in pairs:
            np.testing.assert_allclose(actual, wanted, rtol=1e-5, atol=1e-5, err_msg=name)


def test_a_drawn_model_computes_what_the_operations_do(x):
    _assert_same(_model(minicnn)(x), {n: f(minicnn.ops, x) for n, f in EXPRESSIONS.items()})


@pytest.mark.parametrize("direction", ["to Keras", "from Keras"])
def test_files_cross_over(keras, x, tmp_path, direction):
    source, target = (minicnn, keras) if direction == "to Keras" else (keras, minicnn)
    model = _model(source)
    path = tmp_path / "operations.keras"
    model.save(path)
    values = keras.tree.map_structure(np.asarray, target.saving.load_model(path)(x))
    _assert_same(values, keras.tree.map_structure(np.asarray, model(x)))

"""Layers that compute in float16 or bfloat16, over thousands of positions, against float64."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from minicnn import GradientTape, Sequential, layers, ops
from minicnn.common.dtypes import numpy_dtype

ROUNDING = {"float16": 2.0**-11, "bfloat16": 2.0**-8}
FIRST = "channels_first"
LINE, IMAGE, VOLUME = (2600, 2), (52, 53, 3), (14, 15, 14, 2)

# What each layer with trainable weights is built of and called with, without the batch.
CASES = {
    "Conv1D": (lambda: layers.Conv1D(3, 3), LINE),
    "Conv1DTranspose": (lambda: layers.Conv1DTranspose(3, 3, 2), LINE),
    "Conv2D": (lambda: layers.Conv2D(4, 3, padding="same"), IMAGE),
    "Conv2D grouped": (lambda: layers.Conv2D(6, 3, groups=3), IMAGE),
    "Conv2D channels first": (
        lambda: layers.Conv2D(4, 3, data_format="channels_first"),
        (2, 54, 55),
    ),
    "Conv2DTranspose": (lambda: layers.Conv2DTranspose(2, 3, 2), IMAGE),
    "Conv3D": (lambda: layers.Conv3D(2, 2), VOLUME),
    "Conv3DTranspose": (lambda: layers.Conv3DTranspose(2, 2), VOLUME),
    "DepthwiseConv1D": (lambda: layers.DepthwiseConv1D(3, depth_multiplier=2), LINE),
    "DepthwiseConv2D": (lambda: layers.DepthwiseConv2D(3), IMAGE),
    "SeparableConv1D": (lambda: layers.SeparableConv1D(3, 3), LINE),
    "SeparableConv2D": (lambda: layers.SeparableConv2D(3, 3), IMAGE),
    "Dense": (lambda: layers.Dense(5), (50, 60, 3)),
    "EinsumDense": (
        lambda: layers.EinsumDense("abcd,de->abce", (50, 60, 5), bias_axes="e"),
        (50, 60, 3),
    ),
    "SpectralNormalization": (lambda: layers.SpectralNormalization(layers.Dense(5)), (50, 60, 3)),
    "PReLU": (lambda: layers.PReLU(shared_axes=(1, 2)), IMAGE),
    "BatchNormalization": (lambda: layers.BatchNormalization(), IMAGE),
    "BatchNormalization along axis 1": (lambda: layers.BatchNormalization(axis=1), (3, 52, 53)),
    "GroupNormalization": (lambda: layers.GroupNormalization(3), IMAGE),
    "LayerNormalization": (lambda: layers.LayerNormalization(), IMAGE),
    "RMSNormalization": (lambda: layers.RMSNormalization(), IMAGE),
    "Embedding": (lambda: layers.Embedding(3, 2), (3000,)),
    "Wrapper": (lambda: layers.Wrapper(layers.Dense(2)), None),
    "SimpleRNN": (lambda: layers.SimpleRNN(2, return_sequences=True), (300, 2)),
    "LSTM": (lambda: layers.LSTM(2, return_sequences=True), (300, 2)),
    "GRU": (lambda: layers.GRU(2, return_sequences=True), (300, 2)),
}


def test_every_layer_with_weights_has_a_case():
    """A layer that is added to the library is added here."""
    known = {type(make()) for make, _ in CASES.values()}
    kinds = {kind for kind in vars(layers).values() if inspect.isclass(kind)}
    kinds = {kind for kind in kinds if issubclass(kind, layers.Layer)}
    built = {kind for kind in kinds if kind.build is not layers.Layer.build}
    merging = {kind for kind in built if "merging" in kind.__module__}  # which only check shapes
    recurrent = {kind for kind in built if "layers.rnn" in kind.__module__}
    assert {layers.SimpleRNN, layers.LSTM, layers.GRU} < known  # the others are made of such cells
    several = {kind for kind in built if "layers.attention" in kind.__module__}  # in its own tests
    assert built - known - merging - recurrent - several == {
        layers.Normalization
    }  # whose weights are not trained


def _gradients(name, policy, values, weights, cotangent):
    """Cotangents of the weights and, if they are floats, of the inputs, in float64."""
    layer = CASES[name][0]()
    layer = type(layer).from_config({**layer.get_config(), "dtype": policy})
    layer.build(values.shape)
    layer.set_weights([w.astype(v.dtype) for w, v in zip(weights, layer.weights, strict=True)])
    kind = "float64" if policy == "float64" else "float32"
    x = ops.convert_to_tensor(values if values.dtype == np.int32 else values.astype(kind))
    with GradientTape() as tape:
        if values.dtype != np.int32:
            tape.watch(x)
        training = {"training": True} if "BatchNorm" in name else {}
        y = layer(x, **training)
        loss = ops.sum(ops.cast(y, "float64") * cotangent)
    sources = list(layer.trainable_weights) + ([x] if values.dtype != np.int32 else [])
    found = tape.gradient(loss, sources)
    assert not any(g is None for g in found)
    return [np.asarray(ops.cast(g, "float64")) for g in found]


def _rounded(x, dtype):
    return x.astype(numpy_dtype(dtype)).astype("float64")


@pytest.mark.parametrize("dtype", ROUNDING)
@pytest.mark.parametrize("name", [name for name, (_, shape) in CASES.items() if shape])
def test_gradients_are_those_of_float64_but_for_rounding(name, dtype, backend, rng):
    """Of weights and inputs, where each weight's is a sum over more than 5,000 positions."""
    make, shape = CASES[name]
    layer = make()
    layer.build((2, *shape))
    weights = [_rounded(rng.uniform(0.5, 1, w.shape), dtype) for w in layer.weights]
    values = rng.integers(0, 3, (2, *shape)).astype("int32")
    if not isinstance(layer, layers.Embedding):
        values = _rounded(rng.uniform(-1, 2, (2, *shape)), dtype)
    outputs = layer.compute_output_shape((2, *shape))
    cotangent = _rounded(rng.uniform(0.25, 1, outputs) / 256, dtype)
    truth = _gradients(name, "float64", values, weights, cotangent)
    found = _gradients(name, f"mixed_{dtype}", values, weights, cotangent)
    for right, value in zip(truth, found, strict=True):
        error = np.linalg.norm(value - right) / np.linalg.norm(right)
        assert error < 3 * ROUNDING[dtype]


@pytest.mark.parametrize("dtype", ROUNDING)
def test_every_weight_moves_in_training(dtype, backend, rng):
    """Through a whole model, its loss and its optimizer, replayed steps included."""
    model = Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", dtype=f"mixed_{dtype}"),
            layers.BatchNormalization(dtype=f"mixed_{dtype}"),
            layers.MaxPooling2D(dtype=f"mixed_{dtype}"),
            layers.SeparableConv2D(4, 3, dtype=f"mixed_{dtype}"),
            layers.LayerNormalization(dtype=f"mixed_{dtype}"),
            layers.AveragePooling2D(2, 1, dtype=f"mixed_{dtype}"),
            layers.GlobalAveragePooling2D(dtype=f"mixed_{dtype}"),
            layers.Dense(3, dtype="float32"),
        ]
    )
    model.build((None, 12, 12, 2))
    model.compile("adam", "mse")
    before = [w.numpy() for w in model.trainable_weights]
    model.fit(rng.random((32, 12, 12, 2)), rng.random((32, 3)), 4, epochs=1, verbose=0)
    for weight, value in zip(model.trainable_weights, before, strict=True):
        assert not np.array_equal(weight.numpy(), value), weight.path


@pytest.mark.parametrize(("dtype", "length"), [("float16", 70_001), ("bfloat16", 5000)])
@pytest.mark.parametrize(
    "make",
    [
        lambda n: layers.GlobalAveragePooling1D(),
        lambda n: layers.GlobalMaxPooling1D(),
        lambda n: layers.AveragePooling1D(n),
        lambda n: layers.AveragePooling1D(300, 7, "same"),
        lambda n: layers.AdaptiveAveragePooling1D(1),
        lambda n: layers.UnitNormalization(axis=1),
    ],
    ids=["global", "global max", "whole", "same", "adaptive", "unit"],
)
def test_layers_that_take_the_mean_of_many(make, length, dtype, backend, rng):
    """No overflow and no zero where more elements are reduced than float16 can count."""
    values = _rounded(rng.uniform(0.5, 1.5, (1, length, 1)), dtype)
    results = []
    for policy in ("float64", dtype):
        layer = make(length)
        layer = type(layer).from_config({**layer.get_config(), "dtype": policy})
        x = ops.cast(values, policy)
        with GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
            loss = ops.sum(ops.cast(y, "float64") * 64)
        gradient = tape.gradient(loss, x)
        assert gradient.dtype == y.dtype == numpy_dtype(policy)
        results.append([np.asarray(ops.cast(t, "float64")) for t in (y, gradient)])
    for right, value in zip(*results, strict=True):
        bound = 3 * ROUNDING[dtype] * np.abs(right).max()
        np.testing.assert_allclose(value, right, rtol=0, atol=bound)


def test_masked_steps_are_counted_beyond_the_largest_float16(rng):
    """`GlobalAveragePooling1D` with a mask over 70,000 steps."""
    values = rng.random((1, 70_000, 2)).astype("float16")
    mask = rng.random((1, 70_000)) < 0.97
    y = layers.GlobalAveragePooling1D(dtype="float16")(values, mask=mask)
    right = values[mask].astype("float64").mean(0)
    np.testing.assert_allclose(np.asarray(y)[0], right, rtol=2**-10)

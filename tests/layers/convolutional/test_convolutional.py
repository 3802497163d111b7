import numpy as np
import pytest

import minicnn
from minicnn import Input, layers
from tests.layers.side_by_side import compare_with_keras

IMAGE, SEQUENCE, VOLUME = (2, 7, 6, 4), (3, 9, 4), (1, 4, 5, 4, 2)
CASES = [
    ("Conv1D", {"filters": 3, "kernel_size": 2}, SEQUENCE),
    ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "causal"}, SEQUENCE),
    (
        "Conv1D",
        {"filters": 3, "kernel_size": 3, "padding": "causal", "dilation_rate": 2},
        SEQUENCE,
    ),
    ("Conv1D", {"filters": 3, "kernel_size": 3, "padding": "same", "strides": 2}, SEQUENCE),
    ("Conv2D", {"filters": 3, "kernel_size": 3}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": (2, 3), "padding": "SAME"}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": 3, "strides": (2, 1), "use_bias": False}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": 2, "strides": 3, "padding": "same"}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": 2, "dilation_rate": (2, 1)}, IMAGE),
    ("Conv2D", {"filters": 6, "kernel_size": 3, "groups": 2}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": 1, "activation": "tanh"}, IMAGE),
    ("Conv2D", {"filters": 3, "kernel_size": (7, 6)}, IMAGE),
    (
        "Conv2D",
        {
            "filters": 3,
            "kernel_size": 3,
            "kernel_initializer": "he_normal",
            "bias_initializer": "ones",
            "kernel_regularizer": "l2",
            "bias_regularizer": "l2",
            "activity_regularizer": "l2",
            "kernel_constraint": "max_norm",
            "bias_constraint": "non_neg",
        },
        IMAGE,
    ),
    ("Conv3D", {"filters": 3, "kernel_size": 2, "strides": (1, 2, 1)}, VOLUME),
    ("Conv3D", {"filters": 2, "kernel_size": (1, 2, 3), "padding": "same"}, VOLUME),
    ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, SEQUENCE),
    ("DepthwiseConv2D", {"kernel_size": 3}, IMAGE),
    (
        "DepthwiseConv2D",
        {"kernel_size": 3, "depth_multiplier": 2, "strides": 2, "padding": "same"},
        IMAGE,
    ),
    (
        "DepthwiseConv2D",
        {"kernel_size": (2, 2), "dilation_rate": 2, "activation": "relu", "use_bias": False},
        IMAGE,
    ),
    ("SeparableConv1D", {"filters": 3, "kernel_size": 2, "padding": "same"}, SEQUENCE),
    ("SeparableConv2D", {"filters": 5, "kernel_size": 3, "depth_multiplier": 2}, IMAGE),
    ("SeparableConv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ("Conv1DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2}, SEQUENCE),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": 2, "strides": 3}, IMAGE),
    (
        "Conv2DTranspose",
        {"filters": 3, "kernel_size": (3, 4), "strides": 2, "output_padding": 1},
        IMAGE,
    ),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": (1, 2, 2)}, VOLUME),
]


@pytest.mark.parametrize(("name", "settings", "shape"), CASES, ids=str)
def test_against_keras(name, settings, shape, keras, rng, backend):
    x = rng.standard_normal(shape).astype("float32")
    compare_with_keras(keras, rng, name, settings, x)


@pytest.mark.parametrize(("name", "settings", "shape"), CASES, ids=str)
def test_symbolic_call_and_channels_first(name, settings, shape, rng):
    x = rng.standard_normal(shape).astype("float32")
    layer = getattr(layers, name)(**settings)
    y = layer(x)
    drawn = layer(Input(shape[1:]))
    assert drawn.shape == (None, *y.shape[1:])
    unknown = layer(Input((*(None for _ in shape[1:-1]), shape[-1])))
    assert unknown.shape == (*(None for _ in shape[:-1]), y.shape[-1])

    first = getattr(layers, name)(**settings, data_format="channels_first")
    first(np.moveaxis(x, -1, 1))
    first.set_weights(layer.get_weights())
    moved = np.moveaxis(np.asarray(first(np.moveaxis(x, -1, 1))), 1, -1)
    np.testing.assert_allclose(moved, y, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["Conv2D", "DepthwiseConv2D", "SeparableConv2D", "Conv2DTranspose"]
)
def test_mixed_precision(name, rng):
    settings = {"kernel_size": 3, "dtype": "mixed_float16"}
    layer = getattr(layers, name)(**settings, **({} if "Depth" in name else {"filters": 2}))
    y = layer(rng.standard_normal((2, 5, 5, 2)))
    assert y.dtype == "float16"
    assert {w.dtype for w in layer.weights} == {"float32"}
    np.testing.assert_allclose(y, _in_double(layer, name, settings, rng), atol=0.02)


def _in_double(layer, name, settings, rng):
    more = {} if "Depth" in name else {"filters": 2}
    twin = getattr(layers, name)(**{**settings, **more, "dtype": "float64"})
    x = np.random.default_rng(20260101).standard_normal((2, 5, 5, 2))
    twin(x)
    twin.set_weights(layer.get_weights())
    return twin(x)


BAD_SETTINGS = [
    ("Conv2D", {"filters": 0, "kernel_size": 2}, r"`filters`.*strictly positive.*filters=0"),
    ("Conv2D", {"filters": 2, "kernel_size": (1, 0)}, r"`kernel_size`.*2 integers.*\{0\}"),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "strides": (1, 2, 3)}, r"`strides`.*2 integers"),
    ("Conv2D", {"filters": 2, "kernel_size": "3"}, r"`kernel_size`.*2 integers"),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "padding": "sme"}, "'sme'.*mean 'same'"),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "padding": "causal"}, "'valid', 'same'"),
    ("Conv2D", {"filters": 5, "kernel_size": 2, "groups": 2}, "divisible.*groups=2, filters=5"),
    ("Conv2D", {"filters": 5, "kernel_size": 2, "groups": 0}, "positive integer.*groups=0"),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "strides": 2, "dilation_rate": 2}, "dilation"),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "activation": "rellu"}, "rellu"),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "data_format": "last"}, "data_format.*last"),
    ("DepthwiseConv2D", {"kernel_size": 2, "depth_multiplier": 0}, "`depth_multiplier`"),
    (
        "Conv2DTranspose",
        {"filters": 2, "kernel_size": 2, "strides": 2, "output_padding": 2},
        "`output_padding` must be strictly less than `strides`.*dimension 0",
    ),
]


@pytest.mark.parametrize(("name", "settings", "words"), BAD_SETTINGS)
def test_settings_that_cannot_be(name, settings, words):
    with pytest.raises(ValueError, match=f"(?s){words}"):
        getattr(layers, name)(**settings)


BAD_INPUTS = [
    ({}, (2, 5, 5), r"\(2, 5, 5\).*'mine'.*ndim=4"),
    ({}, (1, 2, 5, 3), "zero or negative.*padding='same'.*'mine'"),
    ({"groups": 2}, (1, 5, 5, 3), "divisible.*groups=2.*3 channels.*'mine'"),
]


@pytest.mark.parametrize(("settings", "shape", "words"), BAD_INPUTS)
def test_inputs_that_cannot_be(settings, shape, words):
    for x in (np.ones(shape, "float32"), Input(batch_shape=shape)):
        layer = layers.Conv2D(4, 3, name="mine", **settings)
        with pytest.raises(ValueError, match=f"(?s){words}"):
            layer(x)


def test_other_channels_than_built_for():
    layer = layers.Conv2D(4, 3, name="mine")
    layer(np.ones((1, 5, 5, 3), "float32"))
    with pytest.raises(ValueError, match=r"(?s)mine.*3.*5"):
        layer(np.ones((1, 5, 5, 5), "float32"))


def test_channels_must_be_known():
    with pytest.raises(ValueError, match="number of input channels must be known"):
        layers.Conv2D(4, 3)(Input((5, 5, None)))


def test_aliases_and_positional_arguments():
    assert layers.Convolution2D is layers.Conv2D
    assert layers.SeparableConvolution1D is layers.SeparableConv1D
    layer = layers.Conv2D(4, 3, 2, "same", "channels_last", 1, 1, "relu", False)
    assert (layer.strides, layer.padding, layer.use_bias) == ((2, 2), "same", False)
    # Only in three dimensions does Keras put `data_format` before `output_padding`.
    assert layers.Conv3DTranspose(4, 3, 2, "same", None, 1).output_padding == (1, 1, 1)
    assert layers.Conv2DTranspose(4, 3, 2, "same", 1).output_padding == (1, 1)


def test_regularizers_and_constraints_reach_the_weights(rng):
    layer = layers.Conv2D(
        2,
        3,
        kernel_regularizer=minicnn.regularizers.L2(0.1),
        bias_regularizer="l1",
        bias_initializer="ones",
        kernel_constraint="unit_norm",
    )
    layer(rng.standard_normal((1, 5, 5, 3)).astype("float32"))
    penalties = sorted(float(loss) for loss in layer.losses)
    kernel = layer.kernel.numpy()
    np.testing.assert_allclose(penalties, sorted([0.1 * np.sum(kernel**2), 0.01 * 2]), rtol=1e-5)
    assert layer.kernel.constraint is layer.kernel_constraint

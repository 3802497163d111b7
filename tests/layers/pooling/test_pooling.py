import numpy as np
import pytest

from minicnn import Input, layers
from tests.layers.side_by_side import compare_with_keras
from tests.ops.nn.cases import distinct

SHAPES = {1: (2, 9, 3), 2: (2, 7, 6, 3), 3: (2, 5, 4, 6, 2)}
CASES = [
    (f"{kind}Pooling{rank}D", settings, SHAPES[rank])
    for kind in ("Max", "Average")
    for rank in SHAPES
    for settings in (
        {"pool_size": 2},
        {"pool_size": 3, "strides": 2, "padding": "same"},
        {"pool_size": 2, "strides": 1},
    )
]
CASES += [
    ("MaxPooling2D", {"pool_size": (3, 2), "strides": (1, 2), "padding": "SAME"}, SHAPES[2]),
    ("AveragePooling2D", {"pool_size": (3, 2), "strides": (1, 2)}, SHAPES[2]),
]
CASES += [
    (f"Global{kind}Pooling{rank}D", settings, SHAPES[rank])
    for kind in ("Max", "Average")
    for rank in SHAPES
    for settings in ({}, {"keepdims": True})
]


@pytest.mark.parametrize(("name", "settings", "shape"), CASES, ids=str)
def test_against_keras(name, settings, shape, keras, rng, backend):
    if settings.get("padding") == "SAME":
        # Keras keeps the letters as they come; here they are small in the config.
        settings = {**settings, "padding": "same"}
        assert getattr(layers, name)(**{**settings, "padding": "SAME"}).padding == "same"
    compare_with_keras(keras, rng, name, settings, distinct(rng, shape).astype("float32"))


@pytest.mark.parametrize(("name", "settings", "shape"), CASES, ids=str)
def test_symbolic_call_and_channels_first(name, settings, shape, rng):
    x = distinct(rng, shape).astype("float32")
    layer = getattr(layers, name)(**settings)
    y = layer(x)
    assert layer(Input(shape[1:])).shape == (None, *y.shape[1:])
    assert layer.compute_output_shape(shape) == y.shape
    first = getattr(layers, name)(**settings, data_format="channels_first")
    moved = np.asarray(first(np.moveaxis(x, -1, 1)))
    np.testing.assert_allclose(np.moveaxis(moved, 1, -1), y, rtol=1e-5)


def test_global_average_leaves_out_masked_steps(keras, rng):
    x = rng.standard_normal((3, 4, 2)).astype("float32")
    mask = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 0, 0, 1]], bool)
    for settings in ({}, {"keepdims": True}):
        y = layers.GlobalAveragePooling1D(**settings)(x, mask=mask)
        expected = keras.layers.GlobalAveragePooling1D(**settings)(x, mask=mask)
        np.testing.assert_allclose(y, expected, rtol=1e-5)
    masked = layers.Masking(0.0)(np.where(mask[..., None], x, 0))
    np.testing.assert_allclose(layers.GlobalAveragePooling1D()(masked)[2], x[2, 3], rtol=1e-6)


@pytest.mark.parametrize("kind", ["Max", "Average"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_adaptive(kind, rank, keras, rng):
    name, x = f"Adaptive{kind}Pooling{rank}D", distinct(rng, SHAPES[rank]).astype("float32")
    layer = getattr(layers, name)(3)
    np.testing.assert_allclose(layer(x), getattr(keras.layers, name)(3)(x), rtol=1e-4, atol=1e-6)
    assert layer(Input(x.shape[1:])).shape == (None, *(3,) * rank, x.shape[-1])
    assert type(layer).from_config(layer.get_config()).output_size == (3,) * rank
    with pytest.raises(TypeError, match="`output_size` must be an integer or"):
        getattr(layers, name)((1, 2, 3, 4))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pool_size": 0}, r"`pool_size`.*2 integers.*\{0\}"),
        ({"pool_size": (2, 2, 2)}, "`pool_size`.*2 integers"),
        ({"pool_size": 2, "strides": -1}, "`strides`"),
        ({"pool_size": 2, "padding": "valed"}, "'valed'.*mean 'valid'"),
    ],
)
def test_settings_that_cannot_be(settings, words):
    with pytest.raises(ValueError, match=words):
        layers.MaxPooling2D(**settings)


@pytest.mark.parametrize("pool", [layers.MaxPooling2D, layers.AveragePooling2D])
def test_inputs_that_cannot_be(pool):
    for shape, words in [((2, 4, 4), "'mine'"), ((2, 1, 4, 3), "(?s)zero or negative.*'mine'")]:
        for x in (np.ones(shape, "float32"), Input(batch_shape=shape)):
            with pytest.raises(ValueError, match=words):
                pool(2, name="mine")(x)


def test_aliases():
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.AvgPool1D is layers.AveragePooling1D
    assert layers.GlobalMaxPool3D is layers.GlobalMaxPooling3D
    assert layers.GlobalAvgPool2D is layers.GlobalAveragePooling2D

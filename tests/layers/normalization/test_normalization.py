import numpy as np
import pytest

from minicnn import GradientTape, Input, Tensor, config, layers
from tests.layers.side_by_side import compare_with_keras

IMAGE = (4, 3, 5, 6)
CASES = [
    ("LayerNormalization", {}, IMAGE),
    ("LayerNormalization", {"axis": (1, -1), "epsilon": 1e-2}, IMAGE),
    ("LayerNormalization", {"axis": [3, 1]}, IMAGE),
    ("LayerNormalization", {"center": False, "scale": False}, (4, 7)),
    ("LayerNormalization", {"gamma_regularizer": "l2", "beta_initializer": "ones"}, (4, 7)),
    ("RMSNormalization", {}, IMAGE),
    ("RMSNormalization", {"axis": -1, "epsilon": 1e-2}, (4, 7)),
    ("UnitNormalization", {}, IMAGE),
    ("UnitNormalization", {"axis": [1, 2]}, IMAGE),
    ("GroupNormalization", {"groups": 3}, IMAGE),
    ("GroupNormalization", {"groups": 2, "axis": -1, "scale": False}, (4, 7, 6)),
    ("GroupNormalization", {"groups": 1, "axis": 1}, IMAGE),
    ("GroupNormalization", {"groups": -1, "center": False}, IMAGE),
]


@pytest.mark.parametrize(("name", "settings", "shape"), CASES, ids=str)
def test_against_keras(name, settings, shape, keras, rng, backend):
    x = (2 + 3 * rng.standard_normal(shape)).astype("float32")
    compare_with_keras(keras, rng, name, settings, x)


BATCH_NORMALIZATIONS = [
    {},
    {"axis": 1},
    {"axis": 2, "momentum": 0.5, "epsilon": 1e-2},
    {"center": False},
    {"scale": False, "moving_mean_initializer": "ones"},
]


@pytest.mark.parametrize("settings", BATCH_NORMALIZATIONS, ids=str)
@pytest.mark.parametrize("training", [False, True])
def test_batch_normalization_against_keras(settings, training, keras, rng, backend):
    """Outputs, gradients through the statistics, and the moving averages after the step."""
    x = (2 + 3 * rng.standard_normal(IMAGE)).astype("float32")
    compare_with_keras(keras, rng, "BatchNormalization", settings, x, training=training)


RENORMALIZATIONS = [
    {},
    {"scale": False, "renorm_momentum": 0.5},
    {"renorm_clipping": {"rmax": 1.2, "rmin": 0.9, "dmax": 0.3}, "center": False},
]


@pytest.mark.parametrize("settings", RENORMALIZATIONS, ids=str)
@pytest.mark.parametrize("training", [False, True])
def test_batch_renormalization(settings, training, keras, rng):
    x = (2 + 3 * rng.standard_normal(IMAGE)).astype("float32")
    settings = {"renorm": True, **settings}
    compare_with_keras(keras, rng, "BatchNormalization", settings, x, training=training)


def test_batch_normalization_of_vectors(keras, rng):
    x = (2 + 3 * rng.standard_normal((8, 5))).astype("float32")
    compare_with_keras(keras, rng, "BatchNormalization", {}, x, training=True)


@pytest.mark.parametrize("training", [False, True])
def test_batch_normalization_with_a_mask(training, keras, rng):
    x = rng.standard_normal((3, 4, 5)).astype("float32")
    mask = rng.random((3, 4)) > 0.4
    x[~mask] = np.nan if not training else 1e3
    ours, theirs = layers.BatchNormalization(), keras.layers.BatchNormalization()
    y = ours(x, training=training, mask=mask)
    expected = theirs(x, training=training, mask=mask)
    np.testing.assert_allclose(
        np.asarray(y)[mask], np.asarray(expected)[mask], rtol=1e-4, atol=1e-5
    )
    for a, b in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_masks_travel_through(rng):
    x = rng.standard_normal((2, 3, 4)).astype("float32")
    x[0, 1] = 0
    y = layers.BatchNormalization()(layers.Masking()(x), training=True)
    np.testing.assert_array_equal(y._keras_mask, (x != 0).any(-1))


def test_moving_averages_follow_by_the_formula(rng):
    layer = layers.BatchNormalization(momentum=0.9)
    mean, variance = np.zeros(3), np.ones(3)
    for _ in range(4):
        x = rng.standard_normal((16, 3)).astype("float32") * [1, 2, 3] + 5
        layer(x, training=True)
        mean = 0.9 * mean + 0.1 * x.mean(0)
        variance = 0.9 * variance + 0.1 * x.var(0)
    np.testing.assert_allclose(layer.moving_mean, mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance, variance, rtol=1e-5)
    before = layer.get_weights()
    layer(x, training=False)
    layer.trainable = False
    y = layer(x, training=True)
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_allclose(y, (x - mean) / np.sqrt(variance + 1e-3), rtol=1e-4)


def test_the_averages_carry_no_history(rng):
    layer, x = layers.BatchNormalization(), Tensor(rng.standard_normal((4, 3)).astype("float32"))
    with GradientTape() as tape:
        tape.watch(x)
        layer(x, training=True)
        later = layer(x, training=False)
    expected = 1 / np.sqrt(layer.moving_variance.numpy() + 1e-3)
    found = tape.gradient(later, x)
    np.testing.assert_allclose(found, np.broadcast_to(expected, (4, 3)), rtol=1e-6)


@pytest.mark.parametrize("name", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
def test_mixed_precision_computes_in_single(name):
    x = np.array([[3e4, -3e4, 1e4, 2e4]] * 2 + [[0, 1e4, 2e4, 3e4]], "float16")
    settings = {"groups": 2} if name == "GroupNormalization" else {}
    call = {"training": True} if name == "BatchNormalization" else {}
    y = getattr(layers, name)(**settings, dtype="mixed_float16")(x, **call)
    assert y.dtype == "float16"
    exact = getattr(layers, name)(**settings, dtype="float64")(x.astype("float64"), **call)
    np.testing.assert_allclose(y, exact, atol=5e-3)


def test_symbolic_shapes():
    for name, settings, shape in CASES:
        assert getattr(layers, name)(**settings)(Input(shape[1:])).shape == (None, *shape[1:])
    assert layers.BatchNormalization()(Input((None, None, 3))).shape == (None, None, None, 3)


@pytest.mark.parametrize(
    ("name", "settings", "shape", "error", "words"),
    [
        ("BatchNormalization", {"axis": 3}, (2, 3), ValueError, r"Axis 3.*\(2, 3\).*'mine'"),
        (
            "BatchNormalization",
            {"renorm": True, "renorm_clipping": {"max": 1}},
            (2, 3),
            ValueError,
            "invalid keys.*max",
        ),
        ("LayerNormalization", {"axis": (1, 5)}, (2, 3), ValueError, r"Axis 5.*\(2, 3\)"),
        ("LayerNormalization", {"axis": "last"}, (2, 3), TypeError, "'axis'.*'last'"),
        ("UnitNormalization", {"axis": "last"}, (2, 3), TypeError, "`axis`.*last"),
        ("GroupNormalization", {"groups": 0}, (2, 3), ValueError, "argument `groups`"),
        ("GroupNormalization", {"groups": 4}, (2, 3), ValueError, "more than the number of"),
        ("GroupNormalization", {"groups": 2}, (2, 3), ValueError, r"\(3\) does not divide into 2"),
    ],
)
def test_misuse(name, settings, shape, error, words):
    with pytest.raises(error, match=f"(?s){words}"):
        getattr(layers, name)(**settings, name="mine")(np.ones(shape, "float32"))


def test_mask_of_the_wrong_rank():
    with pytest.raises(ValueError, match=r"(?s)one dimension less.*\(2, 3, 4\)"):
        layer = layers.BatchNormalization()
        layer(np.ones((2, 3, 4), "float32"), training=True, mask=np.ones((2,), bool))


def test_float64_stays_float64():
    config.set_floatx("float64")
    assert layers.BatchNormalization()(np.ones((2, 3))).dtype == "float64"

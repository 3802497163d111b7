"""First values of weights: sizes, shapes, seeds, configs."""

import math

import numpy as np
import pytest

import minicnn
from minicnn import Variable, config, initializers, random
from minicnn.initializers import compute_fans

SHAPES = [(200, 100), (3, 3, 40, 50)]
SCALINGS = {
    "GlorotUniform": lambda i, o: 2 / (i + o),
    "GlorotNormal": lambda i, o: 2 / (i + o),
    "HeUniform": lambda i, o: 2 / i,
    "HeNormal": lambda i, o: 2 / i,
    "LecunUniform": lambda i, o: 1 / i,
    "LecunNormal": lambda i, o: 1 / i,
}
RANDOM = {
    **{name: {} for name in SCALINGS},
    "RandomNormal": {"mean": 0.5, "stddev": 0.2},
    "TruncatedNormal": {"mean": 0.5, "stddev": 0.2},
    "RandomUniform": {"minval": -0.5, "maxval": 0.25},
    "VarianceScaling": {"scale": 3.0, "mode": "fan_out", "distribution": "untruncated_normal"},
    "Orthogonal": {"gain": 2.0},
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", SCALINGS)
def test_variance_follows_the_shape(name, shape):
    w = getattr(initializers, name)(seed=1)(shape).numpy()
    places = math.prod(shape[:-2])
    variance = SCALINGS[name](places * shape[-2], places * shape[-1])
    assert abs(w.mean()) < 5 * math.sqrt(variance / w.size)
    assert w.var() == pytest.approx(variance, rel=0.05)
    if name.endswith("Uniform"):
        assert np.abs(w).max() <= math.sqrt(3 * variance)
        assert np.abs(w).max() > 0.99 * math.sqrt(3 * variance)
    else:
        assert np.abs(w).max() <= 2 * math.sqrt(variance) / 0.8796 + 1e-6


@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "fan_avg"])
@pytest.mark.parametrize("distribution", ["uniform", "truncated_normal", "untruncated_normal"])
def test_variance_scaling(mode, distribution):
    initializer = initializers.VarianceScaling(0.5, mode, distribution, seed=1)
    fans = {"fan_in": 360, "fan_out": 450, "fan_avg": 405}
    w = initializer((3, 3, 40, 50)).numpy()
    assert w.var() == pytest.approx(0.5 / fans[mode], rel=0.05)


def test_axes_can_be_named():
    initializer = initializers.VarianceScaling(2.0, seed=1, input_axes=[0], output_axes=[1, 2])
    assert initializer((32, 40, 16)).numpy().var() == pytest.approx(2 / 32, rel=0.05)


def test_compute_fans_is_that_of_keras(keras):
    from keras.src.initializers.random_initializers import compute_fans as keras_compute_fans

    for shape in [(), (4,), (4, 5), (3, 4, 5), (2, 3, 4, 5), (2, 3, 4, 5, 6)]:
        if shape:
            assert compute_fans(shape) == keras_compute_fans(shape)
    assert compute_fans(()) == (1, 1)


@pytest.mark.parametrize("shape", [(20, 30), (30, 20), (3, 3, 4, 50), (2, 2, 9, 5)])
def test_orthogonal(shape):
    w = initializers.Orthogonal(gain=1.5, seed=1)(shape).numpy().reshape(-1, shape[-1]) / 1.5
    rows, columns = w.shape
    product = w @ w.T if rows < columns else w.T @ w
    np.testing.assert_allclose(product, np.eye(len(product)), atol=1e-6)
    with pytest.raises(ValueError, match="at least two-dimensional"):
        initializers.Orthogonal()((5,))


def test_constants():
    np.testing.assert_array_equal(initializers.Zeros()((2, 3)).numpy(), np.zeros((2, 3)))
    np.testing.assert_array_equal(initializers.Ones()((2, 3), "int32").numpy(), np.ones((2, 3)))
    np.testing.assert_array_equal(initializers.Constant(1.5)((2, 2)).numpy(), np.full((2, 2), 1.5))
    np.testing.assert_array_equal(
        initializers.Constant([1.0, 2.0])((3, 2)).numpy(), [[1, 2], [1, 2], [1, 2]]
    )
    np.testing.assert_array_equal(initializers.Identity(2.0)((2, 3)).numpy(), 2 * np.eye(2, 3))
    with pytest.raises(ValueError, match="only be used for 2D matrices"):
        initializers.Identity()((2, 2, 2))


def test_stft(keras):
    pytest.importorskip("scipy")
    for arguments in [
        ("real", None),
        ("imag", "hann", "spectrum"),
        ("real", "hamming", None, True),
    ]:
        ours = initializers.STFT(*arguments)((64, 1, 129))
        theirs = keras.initializers.STFT(*arguments)((64, 1, 129))
        np.testing.assert_allclose(ours.numpy(), np.asarray(theirs), atol=2e-5)
    for settings in [{"side": "both"}, {"scaling": "l2"}, {"window": "unknown"}]:
        with pytest.raises(ValueError):
            initializers.STFT(**settings)


@pytest.mark.parametrize(("name", "settings"), RANDOM.items())
def test_seeds(name, settings):
    make = getattr(initializers, name)

    def draw(initializer):
        return initializer((4, 5)).numpy().tobytes()

    by_number = make(**settings, seed=7)
    assert draw(by_number) == draw(by_number) == draw(make(**settings, seed=7))
    assert draw(by_number) != draw(make(**settings, seed=8))
    generator = random.SeedGenerator(7)
    by_generator = make(**settings, seed=generator)
    assert draw(by_generator) != draw(by_generator)
    assert generator.state.numpy().tolist() == [7, 2]
    unseeded = make(**settings)
    assert draw(unseeded) == draw(unseeded)
    assert draw(unseeded) != draw(make(**settings))
    assert draw(by_number.clone()) == draw(by_number)
    with pytest.raises(ValueError, match="`seed` argument should be an instance"):
        make(**settings, seed="7")


# The values of a seed stay the same from one version of the library to the next.
GOLDEN = {
    "GlorotUniform": [-0.91315037, 0.86581838, -0.57404077, 0.72518432],
    "HeNormal": [-1.2070701, -0.67509747, 0.33338034, 1.9328661],
    "RandomNormal": [-0.0025604113, -0.02595639, 0.068918392, 0.0099568944],
    "RandomUniform": [-0.037279207, 0.035346892, -0.023435116, 0.029605526],
    "Orthogonal": [-0.03712574, -0.99931061, 0.99931061, -0.03712574],
}


@pytest.mark.parametrize("name", GOLDEN)
def test_values_never_change(backend, name):
    w = getattr(initializers, name)(seed=1234)((2, 2)).numpy()
    np.testing.assert_allclose(w.ravel(), GOLDEN[name], rtol=1e-6)


@pytest.mark.parametrize("name", RANDOM)
def test_both_backends_give_the_same_bits(name):
    results = []
    for backend in ("numpy", "numba"):
        config.set_backend(backend)
        results.append(getattr(initializers, name)(seed=3)((3, 3, 5, 7)).numpy().tobytes())
    assert results[0] == results[1]


@pytest.mark.parametrize("name", RANDOM)
def test_any_number_of_threads_gives_the_same_bits(name):
    config.set_backend("numba")
    results = set()
    for count in (1, 2, 3):
        config.set_threads(count)
        results.add(getattr(initializers, name)(seed=3)((3, 3, 64, 100)).numpy().tobytes())
    config.set_threads(None)
    assert len(results) == 1


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        *((name, {**settings, "seed": 5}) for name, settings in RANDOM.items()),
        ("HeNormal", {}),
        ("Constant", {"value": 2.5}),
        ("Zeros", {}),
    ],
)
def test_configs_are_those_of_keras(keras, name, settings):
    ours = getattr(initializers, name)(**settings)
    theirs = getattr(keras.initializers, name)(**settings)
    as_dict = initializers.serialize(ours)
    assert as_dict == keras.initializers.serialize(theirs)
    assert keras.initializers.deserialize(as_dict).get_config() == ours.get_config()
    again = initializers.deserialize(as_dict)
    assert type(again) is type(ours) and again.get_config() == ours.get_config()


def test_identity_keeps_its_gain(keras):
    as_dict = initializers.serialize(initializers.Identity(3.0))  # Keras itself forgets it.
    assert keras.initializers.deserialize(as_dict).gain == 3.0
    assert initializers.deserialize(as_dict).gain == 3.0


def test_a_generator_goes_into_the_config(keras):
    keras.utils.clear_session()
    ours, theirs = (
        library.initializers.HeNormal(seed=library.random.SeedGenerator(3))
        for library in (minicnn, keras)
    )
    as_dict = initializers.serialize(ours)
    assert as_dict == keras.initializers.serialize(theirs)
    again = initializers.deserialize(as_dict)
    assert isinstance(again.seed, random.SeedGenerator)
    assert initializers.serialize(again) == as_dict


def test_names_are_those_of_keras(keras):
    from keras.src.initializers import ALL_OBJECTS_DICT

    for name, cls in ALL_OBJECTS_DICT.items():
        assert type(initializers.get(name)).__name__ == cls.__name__ or name == "STFT"
    for name in dir(keras.initializers):
        assert name.startswith("_") or hasattr(initializers, name), name


def test_get():
    assert initializers.get(None) is None
    assert isinstance(initializers.get("he_normal"), initializers.HeNormal)
    assert isinstance(initializers.get(initializers.Ones), initializers.Ones)
    assert isinstance(initializers.get({"class_name": "Ones", "config": {}}), initializers.Ones)

    def halves(shape, dtype=None):
        return np.full(shape, 0.5, dtype)

    assert initializers.get(halves) is halves
    np.testing.assert_array_equal(Variable(halves, (2,)).numpy(), [0.5, 0.5])
    values = np.arange(4.0).reshape(2, 2)
    np.testing.assert_array_equal(initializers.get(values)((2, 2), "float32").numpy(), values)
    with pytest.raises(ValueError, match=r"Expected `shape` to be \(2, 2\)"):
        initializers.get(values)((4,))
    with pytest.raises(ValueError, match="Did you mean 'glorot_uniform'"):
        initializers.get("glorot_unifrom")
    with pytest.raises(ValueError, match="Could not interpret initializer identifier: 5"):
        initializers.get(5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"scale": -1.0}, "Argument `scale` must be positive float."),
        ({"mode": "fan_on"}, "Invalid `mode` argument: fan_on.*Did you mean 'fan_in'"),
        ({"distribution": "gamma"}, "Invalid `distribution` argument: gamma"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        initializers.VarianceScaling(**settings)


def test_an_initializer_without_values_says_so():
    with pytest.raises(NotImplementedError, match="__call__"):
        initializers.Initializer()((2,))

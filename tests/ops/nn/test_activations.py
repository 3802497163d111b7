import numpy as np
import pytest

from minicnn import KerasTensor, ops
from minicnn.testing import check_gradients
from tests.ops.nn.cases import distinct

ACTIVATIONS = [
    ("relu", {}),
    ("relu6", {}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 0.05}),
    ("sigmoid", {}),
    ("log_sigmoid", {}),
    ("hard_sigmoid", {}),
    ("sparse_sigmoid", {}),
    ("softplus", {}),
    ("sparse_plus", {}),
    ("squareplus", {}),
    ("squareplus", {"b": 1}),
    ("softsign", {}),
    ("silu", {}),
    ("swish", {}),
    ("hard_silu", {}),
    ("hard_swish", {}),
    ("elu", {}),
    ("elu", {"alpha": 0.3}),
    ("selu", {}),
    ("celu", {}),
    ("celu", {"alpha": 0.7}),
    ("gelu", {}),
    ("gelu", {"approximate": False}),
    ("glu", {}),
    ("glu", {"axis": 0}),
    ("tanh_shrink", {}),
    ("hard_tanh", {}),
    ("hard_shrink", {}),
    ("soft_shrink", {"threshold": 0.4}),
    ("threshold", {"threshold": 0.4, "default_value": -3.0}),
    ("softmax", {}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("softmax", {"axis": None}),
    ("log_softmax", {}),
    ("log_softmax", {"axis": (0, 2)}),
    ("sparsemax", {}),
    ("sparsemax", {"axis": 1}),
]
over_activations = pytest.mark.parametrize(("name", "settings"), ACTIVATIONS, ids=str)


def _inputs(rng):
    # From -4 to 4, and at most 0.09 above odd tenths: away from all kinks.
    return distinct(rng, (2, 5, 4), gap=0.2) + rng.uniform(0.01, 0.09, (2, 5, 4))


@over_activations
def test_gradients_of_first_and_second_order(name, settings, rng):
    check_gradients(getattr(ops, name), _inputs(rng), **settings)


# Keras's sparsemax on TensorFlow adds up the partial sums of the support, where the last one is
# meant: its outputs do not sum to 1. `test_sparsemax_is_a_distribution` checks ours.
@pytest.mark.parametrize(
    ("name", "settings"), [case for case in ACTIVATIONS if case[0] != "sparsemax"], ids=str
)
def test_against_keras(name, settings, rng, keras, backend):
    x = np.concatenate([_inputs(rng), np.full((2, 5, 2), -60.0), np.full((2, 5, 2), 60.0)], -1)
    x = x.astype("float32")
    expected = getattr(keras.ops, name)(x, **settings)
    np.testing.assert_allclose(getattr(ops, name)(x, **settings), expected, rtol=2e-5, atol=2e-6)


@over_activations
def test_shape_and_type(name, settings, rng):
    for dtype in ("float16", "float32", "float64"):
        y = getattr(ops, name)(_inputs(rng).astype(dtype), **settings)
        drawn = getattr(ops, name)(KerasTensor((2, 5, 4), dtype), **settings)
        assert y.dtype == dtype
        assert (drawn.shape, drawn.dtype) == (y.shape, dtype)


@over_activations
def test_no_overflow(name, settings, backend):
    x = np.array([[[-1e4, 1e4]] * 2] * 2, "float32")
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        y = getattr(ops, name)(x, **settings)
    assert np.isfinite(np.asarray(y)).all()


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax"])
def test_axis_out_of_bounds(name):
    for x in (np.ones((3, 4)), KerasTensor((3, 4))):
        with pytest.raises(ValueError, match="axis 10 is out of bounds"):
            getattr(ops, name)(x, axis=10)


def test_softmax_of_equal_and_of_far_numbers(backend):
    y = ops.softmax(np.array([[1e4, 1e4], [-1e4, 1e4]], "float32"))
    np.testing.assert_array_equal(y, [[0.5, 0.5], [0, 1]])


def test_softmax_over_one_number_warns():
    with pytest.warns(UserWarning, match="This axis has size 1"):
        ops.softmax(np.ones((2, 1)))


def test_glu_needs_an_even_axis():
    with pytest.raises(ValueError, match=r"divisible by 2.*\(2, 3\)"):
        ops.glu(np.ones((2, 3)))


def test_sparsemax_is_a_distribution(rng):
    y = np.asarray(ops.sparsemax(3 * rng.standard_normal((50, 7))))
    np.testing.assert_allclose(y.sum(-1), 1)
    assert (y >= 0).all()
    assert (y == 0).any()


def test_classes():
    x = np.array([-1.0, 2.0])
    np.testing.assert_array_equal(ops.nn.Relu()(x), [0, 2])
    np.testing.assert_array_equal(ops.nn.LeakyRelu(negative_slope=0.5)(x), [-0.5, 2])
    assert ops.nn.Softmax(axis=0).symbolic_call(KerasTensor((2, 3))).shape == (2, 3)

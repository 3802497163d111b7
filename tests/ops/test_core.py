"""Making, casting, cutting and filling in tensors; stopping and replacing gradients."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import minicnn as keras
from minicnn import KerasTensor, Tensor, ops
from minicnn.testing import check_gradients


class TestConvert:
    def test_python_numbers_get_default_types(self):
        assert ops.convert_to_tensor(1).dtype == "int32"
        assert ops.convert_to_tensor([1.5, 2]).dtype == "float32"
        assert ops.convert_to_tensor(True).dtype == "bool"
        assert ops.convert_to_tensor(np.float64(1)).dtype == "float64"
        assert ops.convert_to_tensor([np.int64(1)]).dtype == "int64"

    def test_a_tensor_is_returned_as_it_is(self):
        x = ops.convert_to_tensor([1.0])
        assert ops.convert_to_tensor(x) is x
        assert ops.convert_to_tensor(x, "float32") is x
        assert ops.convert_to_tensor(x, "float16").dtype == "float16"

    def test_a_list_of_tensors_stays_differentiable(self):
        x = ops.convert_to_tensor([1.0, 2.0])
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = ops.convert_to_tensor([x, 2 * x])
            loss = ops.sum(y * y)
        np.testing.assert_allclose(tape.gradient(loss, x), [10.0, 20.0])

    def test_to_numpy_gives_a_copy(self):
        x = ops.ones((2,))
        array = ops.convert_to_numpy(x)
        array[0] = 5
        assert x.tolist() == [1.0, 1.0]

    def test_is_tensor(self):
        assert ops.is_tensor(ops.ones(2))
        assert not ops.is_tensor(np.ones(2))
        assert not ops.is_tensor(KerasTensor((2,)))

    def test_sparse_is_refused(self):
        with pytest.raises(ValueError, match="dense tensors only"):
            ops.convert_to_tensor([1.0], sparse=True)

    def test_shape_and_dtype(self):
        assert ops.shape([[1, 2]]) == (1, 2)
        assert ops.shape(KerasTensor((None, 3))) == (None, 3)
        assert ops.dtype(ops.ones(1, "int8")) == "int8"


def test_cast_cuts_fractions_off():
    np.testing.assert_array_equal(ops.cast([1.9, -1.9], "int32"), [1, -1])
    np.testing.assert_array_equal(ops.cast([0.0, 0.5], "bool"), [False, True])


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (300.0, "float32", "uint8", 255),
        (-5, "int32", "uint8", 0),
        (3e9, "float32", "int32", 2147483520),
        (1e6, "float32", "float16", 65504),
        (7, "int32", "bool", True),
        (300, "int64", "int8", 127),
    ],
)
def test_saturate_cast_stops_at_the_bounds(value, source, target, expected):
    result = ops.saturate_cast(np.asarray(value, source), target)
    assert result.dtype == target
    assert result.item() == expected


NUMBERS = "uint8 int8 uint16 int16 int32 float16 bfloat16 float32".split()


@pytest.mark.parametrize("target", NUMBERS)
@pytest.mark.parametrize("source", NUMBERS)
def test_saturate_cast_keeps_what_fits_and_stops_where_it_ends(source, target):
    """The ends are those of ml_dtypes and NumPy; a number inside is kept as well as `cast` can."""
    ml_dtypes = pytest.importorskip("ml_dtypes")

    def ends(name):
        info = ml_dtypes.iinfo(name) if "int" in name else ml_dtypes.finfo(name)
        return float(info.min), float(info.max)

    (low_in, high_in), (low, high) = ends(source), ends(target)
    for value in (low_in, low_in / 2, 0.0, 5.0, high_in / 2, high_in):
        given = ops.cast(ops.convert_to_tensor(value, "float64"), source)
        number = float(ops.cast(given, "float64"))
        expected = min(max(number, low), high)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            result = float(ops.cast(ops.saturate_cast(given, target), "float64"))
        assert low <= result <= high
        coarsest = max(2.0**-7 if "bfloat16" in (source, target) else 0, 2.0**-10)
        assert abs(result - expected) <= coarsest * abs(expected)


class TestCustomGradient:
    def test_replaces_the_gradient(self):
        @ops.custom_gradient
        def doubled(x):
            return ops.sin(x), lambda upstream: 2 * upstream

        x = ops.convert_to_tensor([0.3, 0.4])
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = doubled(x)
        np.testing.assert_allclose(
            tape.gradient(y, x, ops.convert_to_tensor([5.0, 7.0])), [10.0, 14.0]
        )

    def test_several_arguments_and_results(self):
        @ops.custom_gradient
        def product_and_sum(x, y):
            return (x * y, x + y), lambda g1, g2: (g1 * y + g2, g1 * x + g2)

        check_gradients(product_and_sum, np.array([1.0, 2.0]), np.array([3.0, -4.0]))

    def test_can_be_differentiated_again(self):
        @ops.custom_gradient
        def log1pexp(x):
            e = ops.exp(x)
            return ops.log1p(e), lambda upstream: upstream * (1 - 1 / (1 + e))

        check_gradients(log1pexp, np.array([0.3, -1.2]))

    def test_wrong_number_of_gradients(self):
        x = ops.ones(2)
        wrong = ops.custom_gradient(lambda x, y: (x + y, lambda upstream: upstream))
        with keras.GradientTape() as tape:
            tape.watch(x)
            y = wrong(x, x)
        with pytest.raises(ValueError, match="returned 1 gradients for 2 arguments"):
            tape.gradient(y, x)


def test_stop_gradient():
    x = ops.convert_to_tensor([2.0, 3.0])
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = x * ops.stop_gradient(x)
    np.testing.assert_allclose(tape.gradient(y, x), [2.0, 3.0])


class TestSlices:
    def test_slice(self):
        x = np.arange(20).reshape(4, 5)
        np.testing.assert_array_equal(ops.slice(x, [1, 2], (2, -1)), x[1:3, 2:])
        assert ops.slice(KerasTensor((4, 5)), [1, 2], (2, -1)).shape == (2, 3)
        assert ops.slice(KerasTensor((None, 5)), [1, 2], (-1, 2)).shape == (None, 2)

    def test_slice_outside(self):
        with pytest.raises(ValueError, match="from 3 to 6 along axis 0 is outside"):
            ops.slice(np.ones((4, 5)), [3, 0], (3, 5))
        with pytest.raises(ValueError, match="dimensions in `inputs` must match"):
            ops.slice(np.ones((4, 5)), [3, 0], (3,))

    def test_slice_update(self):
        x = np.zeros((3, 4))
        expected = x.copy()
        expected[1:3, 2:4] = [[1, 2], [3, 4]]
        np.testing.assert_array_equal(ops.slice_update(x, [1, 2], [[1.0, 2], [3, 4]]), expected)

    def test_scatter_adds_up(self):
        result = ops.scatter([[0], [2], [0]], [1.0, 2.0, 3.0], (4,))
        np.testing.assert_array_equal(result, [4, 0, 2, 0])

    @pytest.mark.parametrize(
        ("reduction", "expected"),
        [(None, [5, 2, 7]), ("add", [6, 2, 10]), ("mul", [5, 2, 21]), ("max", [5, 2, 7]),
         ("min", [1, 2, 3])],
    )  # fmt: skip
    def test_scatter_update(self, reduction, expected):
        result = ops.scatter_update([1, 2, 3], [[0], [2]], [5, 7], reduction=reduction)
        np.testing.assert_array_equal(result, expected)

    def test_unknown_reduction(self):
        with pytest.raises(ValueError, match="Invalid reduction: sum"):
            ops.scatter_update([1, 2, 3], [[0]], [5], reduction="sum")

    def test_unstack_needs_a_known_length(self):
        assert len(ops.unstack(KerasTensor((3, None)))) == 3
        with pytest.raises(ValueError, match="Cannot infer argument `num` from shape"):
            ops.unstack(KerasTensor((None, 3)))


def test_operations_are_classes_too():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_array_equal(ops.numpy.Sum(axis=1)(x), [3, 7])
    np.testing.assert_array_equal(ops.numpy.Clip(2, 3)(x), [[2, 2], [3, 3]])
    np.testing.assert_array_equal(ops.core.Cast("int32")(x), x.astype("int32"))
    assert ops.numpy.Einsum("ij->ji")(KerasTensor((2, None))).shape == (None, 2)
    again = ops.numpy.Sum.from_config(ops.numpy.Sum(axis=1, keepdims=True).get_config())
    assert again(x).shape == (2, 1)


def test_every_operation_of_keras_is_there(keras):
    missing = [
        name for name in dir(keras.ops) if not name.startswith("_") and not hasattr(ops, name)
    ]
    # Speech recognition is outside of minicnn's scope.
    assert set(missing) <= {"ctc_decode", "ctc_loss"}


def test_rearrange():
    x = np.arange(24.0).reshape(2, 3, 4)
    np.testing.assert_array_equal(ops.rearrange(x, "b h c -> c (b h)"), x.reshape(6, 4).T)
    result = ops.rearrange(x, "b h (u v) -> (b u) h v", u=2)
    np.testing.assert_array_equal(result[1], x[0, :, 2:])
    assert ops.rearrange(KerasTensor((None, 6)), "b (h w) -> b w h", h=2).shape == (None, 3, 2)
    check_gradients(ops.rearrange, x, "b h c -> (h b) c")
    with pytest.raises(ValueError, match="cannot be split"):
        ops.rearrange(x, "b h (u v) -> b h u v", u=3)
    with pytest.raises(ValueError, match="the same axes on both sides"):
        ops.rearrange(x, "b h c -> b h")


def test_results_are_tensors_without_records_outside_a_tape():
    assert type(ops.add(np.ones(2), 1)) is Tensor
    assert ops.add(np.ones(2), 1).record is None


@pytest.mark.parametrize("x", [np.zeros(20), KerasTensor((20,))], ids=["array", "symbolic"])
@pytest.mark.parametrize(
    ("newshape", "sentence"),
    [((-2, 5), r"non-negative integer.*\(-2, 5\)"), ((-1, -1, 5), "at most one unknown")],
)
def test_reshape_refuses_lengths_that_mean_nothing(x, newshape, sentence):
    with pytest.raises(ValueError, match=sentence):
        ops.reshape(x, newshape)


@pytest.mark.parametrize("types", [("float32", "float32"), ("float16", "float64"), ("int32", int)])
def test_polar_coordinates(types, rng):
    # In Keras real and imaginary part must be of one float type; here any types are promoted.
    radius = rng.uniform(-3, 3, (4, 1)).astype(types[0])
    angle = rng.uniform(-3, 3, (3,)).astype(types[1])
    z = ops.polar(radius, angle)
    np.testing.assert_allclose(z, radius * np.exp(1j * angle), rtol=1e-5, atol=1e-6)
    assert z.dtype == ("complex128" if "float64" in types else "complex64")
    spec = ops.nn.Polar().symbolic_call(
        KerasTensor((None, 1), radius.dtype.name), KerasTensor((3,), angle.dtype.name)
    )
    assert (spec.shape, spec.dtype) == ((None, 3), str(z.dtype))

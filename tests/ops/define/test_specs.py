"""What an operation says of its result without values is what the result turns out to be."""

from __future__ import annotations

import contextlib
import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import broadcastable_shapes, mutually_broadcastable_shapes

import minicnn as keras
from minicnn import KerasTensor, ops, tree
from tests.ops.gradient_cases import CASES, apart, case

SHAPES = st.lists(st.integers(0, 4), max_size=4).map(tuple)
NONEMPTY = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def _outline(x, unknown=(), make=KerasTensor):
    """The symbolic tensor of an array, the lengths of some axes unknown."""
    shape = [None if i in unknown else n for i, n in enumerate(x.shape)]
    return make(shape, x.dtype.name)


def _assert_fits(spec, result):
    """Types are equal, and so are lengths where known."""
    for expected, actual in zip(tree.flatten(spec), tree.flatten(result), strict=True):
        assert expected.dtype == str(actual.dtype)
        assert len(expected.shape) == len(actual.shape)
        for said, found in zip(expected.shape, actual.shape, strict=True):
            assert said in (None, found), f"said {expected.shape}, is {actual.shape}"


def _is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _in_type(dtype, x):
    return x.astype(dtype) if _is_float(x) else x


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_spec_is_the_result_s_shape_and_type(case):
    def check(function, *inputs, **settings):
        for dtype in ("float32", "float64"):
            cast = tree.map_structure(functools.partial(_in_type, dtype), list(inputs))
            outlines = tree.map_structure(lambda x: _outline(x) if _is_float(x) else x, cast)
            spec = function(*outlines, **settings)
            if not case.name.startswith("segment"):  # their number is in the values
                assert all(None not in leaf.shape for leaf in tree.flatten(spec))
            _assert_fits(spec, function(*cast, **settings))

    case.check_with(check)


NEURAL = [
    *(
        case("conv", apart(2, 7, 6, 4), apart(3, 2, 4, 3), padding=padding, strides=strides)
        for padding, strides in (("valid", 1), ("same", 2))
    ),
    case("conv", apart(2, 4, 7, 6), apart(3, 2, 2, 4), data_format="channels_first"),
    case("conv", apart(2, 7, 4), apart(3, 4, 2), padding="causal", dilation_rate=2),
    *(
        case("conv_transpose", apart(2, 5, 4), apart(3, 2, 4), strides=2, padding=padding)
        for padding in ("valid", "same")
    ),
    case("depthwise_conv", apart(2, 7, 6, 4), apart(3, 2, 4, 2), padding="same"),
    case("separable_conv", apart(2, 7, 6, 4), apart(3, 3, 4, 2), apart(1, 1, 8, 3)),
    case("max_pool", apart(2, 7, 6, 4), 2, padding="same"),
    case("average_pool", apart(2, 7, 6, 4), 2),
    *(
        case(f"adaptive_{kind}_pool", apart(2, 7, 6, 4), (3, 4), data_format=data_format)
        for kind in ("max", "average")
        for data_format in ("channels_last", "channels_first")
    ),
    case("dot_product_attention", apart(2, 3, 4, 5), apart(2, 6, 2, 5), apart(2, 6, 2, 7)),
    *(
        case(name, apart(*shape), 2, data_format=data_format)
        for name, shapes in (
            ("depth_to_space", {"channels_last": (2, 3, 5, 8), "channels_first": (2, 8, 3, 5)}),
            ("space_to_depth", {"channels_last": (2, 4, 6, 3), "channels_first": (2, 3, 4, 6)}),
        )
        for data_format, shape in shapes.items()
    ),
    case("lu_factor", apart(2, 3, 4)),
    case("corrcoef", apart(3, 4)),
]
# Where the number of axes or of results depends on a length, or the test's own function needs it.
LENGTHS_NEEDED = "cross squeeze unstack logdet cholesky eigh".split()
# What Keras refuses for symbolic tensors of unknown lengths.
REFUSED = "get_item fft fft2 ifft2 inv det solve solve_triangular cholesky_inverse qr".split()


@pytest.mark.parametrize(
    "case",
    [c for c in (*CASES, *NEURAL) if c.name not in LENGTHS_NEEDED],
    ids=lambda case: case.name,
)
def test_an_unknown_length_is_neither_refused_nor_guessed(case):
    def check(function, *inputs, **settings):
        result = function(*inputs, **settings)
        for unknown in _unknown_lengths([x for x in tree.flatten(list(inputs)) if _is_float(x)]):
            axes = iter(unknown)
            outlines = tree.map_structure(
                lambda x: _outline(x, next(axes)) if _is_float(x) else x,  # noqa: B023
                list(inputs),
            )
            with contextlib.suppress(ValueError if case.name in REFUSED else ()):
                _assert_fits(function(*outlines, **settings), result)

    case.check_with(check)


@pytest.mark.keras
@pytest.mark.parametrize(
    "case",
    [c for c in CASES if c.name in REFUSED and c.name != "get_item"],
    ids=lambda case: case.name,
)
def test_unknown_lengths_that_keras_takes_are_not_refused(case):
    real = pytest.importorskip("keras")

    def refuses(library, inputs, settings):
        try:
            getattr(library.ops, case.name)(*inputs, **settings)
        except ValueError:
            return True
        return False

    def check(function, *inputs, **settings):
        for unknown in _unknown_lengths([x for x in tree.flatten(list(inputs)) if _is_float(x)]):
            outlines = []
            for library in (keras, real):
                axes = iter(unknown)
                outline = functools.partial(_outline, make=library.KerasTensor)
                outlines.append(
                    tree.map_structure(
                        lambda x: outline(x, next(axes)) if _is_float(x) else x,  # noqa: B023
                        list(inputs),
                    )
                )
            ours, theirs = map(refuses, (keras, real), outlines, [settings] * 2)
            assert theirs or not ours, unknown

    case.check_with(check)


@pytest.mark.parametrize("shape", [(None, 3), (3, None), (2, None, 3), (None, None)])
def test_a_matrix_with_an_unknown_length_may_be_square(shape):
    matrix = np.eye(3, dtype="float32") * np.ones([2 if n == 2 else 1 for n in shape[:-2]] + [1, 1])
    result = ops.slogdet(matrix.astype("float32"))
    _assert_fits(ops.slogdet(KerasTensor(shape)), result)
    with pytest.raises(ValueError, match="Expected a square matrix"):
        ops.slogdet(KerasTensor((*shape[:-2], 3, 2)))


def _unknown_lengths(arrays):
    """For each array the axes of unknown length: one, all of one array, all first, all of all."""
    none = [()] * len(arrays)
    every = [tuple(range(x.ndim)) for x in arrays]
    for i, x in enumerate(arrays):
        for axes in ((0,), *((a,) for a in range(1, x.ndim)), every[i]):
            yield [*none[:i], axes, *none[i + 1 :]]
    yield [(0,)] * len(arrays)
    yield every


def _array(shape, dtype="float32"):
    count = int(np.prod(shape))
    return (np.arange(count) - count // 2).reshape(shape).astype(dtype)


@given(mutually_broadcastable_shapes(num_shapes=2, min_side=0, max_side=4, max_dims=4), st.data())
@settings(deadline=None, max_examples=60)
def test_broadcasting(shapes, data):
    shapes, result_shape = shapes.input_shapes, shapes.result_shape
    name = data.draw(st.sampled_from(["add", "less", "maximum", "arctan2", "logical_and"]))
    arrays = [_array(shape) for shape in shapes]
    result = getattr(ops, name)(*arrays)
    assert result.shape == result_shape
    unknown = [data.draw(st.sets(st.integers(0, 3))) for _ in arrays]
    _assert_fits(getattr(ops, name)(*map(_outline, arrays)), result)
    _assert_fits(getattr(ops, name)(*map(_outline, arrays, unknown)), result)


@given(NONEMPTY, st.booleans(), st.data())
@settings(deadline=None, max_examples=60)
def test_reductions(shape, keepdims, data):
    name = data.draw(st.sampled_from("sum mean max prod var std all any logsumexp ptp".split()))
    ndim = len(shape)
    one = st.integers(-ndim, ndim - 1)
    several = st.lists(one, unique_by=lambda a: a % ndim).map(tuple)
    axis = data.draw(st.one_of(st.none(), one, several))
    x = _array(shape)
    result = getattr(ops, name)(x, axis=axis, keepdims=keepdims)
    expected = np.sum(x, axis=axis, keepdims=keepdims)
    assert result.shape == expected.shape
    _assert_fits(getattr(ops, name)(_outline(x), axis=axis, keepdims=keepdims), result)


@given(SHAPES, st.data())
@settings(deadline=None, max_examples=40)
def test_reordering(shape, data):
    x = _array(shape)
    order = tuple(data.draw(st.permutations(range(len(shape)))))
    np.testing.assert_array_equal(ops.transpose(x, order), x.transpose(order))
    _assert_fits(ops.transpose(_outline(x, (0,)), order), ops.transpose(x, order))
    new_shape = data.draw(broadcastable_shapes(shape, min_side=0, max_side=3))
    try:
        expected = np.broadcast_to(x, new_shape)
    except ValueError:
        with pytest.raises(ValueError, match="broadcast"):
            ops.broadcast_to(_outline(x), new_shape)
        return
    np.testing.assert_array_equal(ops.broadcast_to(x, new_shape), expected)
    _assert_fits(ops.broadcast_to(_outline(x), new_shape), ops.broadcast_to(x, new_shape))


@given(NONEMPTY, st.data())
@settings(deadline=None, max_examples=60)
def test_slices(shape, data):
    bound = st.one_of(st.none(), st.integers(-5, 5))
    step = st.one_of(st.none(), st.sampled_from([-2, -1, 1, 2]))
    entry = st.one_of(st.builds(slice, bound, bound, step), st.none(), st.just(0))
    key = tuple(data.draw(st.lists(entry, max_size=len(shape))))
    if data.draw(st.booleans()):
        key = (*key, ...)
    x = _array(shape)
    if sum(k is not None and k is not ... for k in key) > len(shape):
        return
    np.testing.assert_array_equal(ops.get_item(x, key), x[key])
    _assert_fits(ops.get_item(_outline(x), key), ops.get_item(x, key))
    _assert_fits(ops.get_item(_outline(x, (0, 2)), key), ops.get_item(x, key))


@given(NONEMPTY, NONEMPTY, st.data())
@settings(deadline=None, max_examples=40)
def test_take(shape, indices_shape, data):
    axis = data.draw(st.one_of(st.none(), st.integers(-len(shape), len(shape) - 1)))
    x = _array(shape)
    length = x.size if axis is None else shape[axis]
    indices = np.arange(np.prod(indices_shape)).reshape(indices_shape) % length - 1
    result = ops.take(x, indices, axis=axis)
    np.testing.assert_array_equal(result, np.take(x, indices, axis=axis))
    _assert_fits(ops.take(_outline(x, (0,)), indices, axis=axis), result)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.data())
@settings(deadline=None, max_examples=40)
def test_matmul(rows, inner, columns, data):
    batches = data.draw(mutually_broadcastable_shapes(num_shapes=2, max_dims=2, max_side=3))
    left = data.draw(st.sampled_from([(inner,), (*batches.input_shapes[0], rows, inner)]))
    right = data.draw(st.sampled_from([(inner,), (*batches.input_shapes[1], inner, columns)]))
    x1, x2 = _array(left), _array(right)
    result = ops.matmul(x1, x2)
    np.testing.assert_allclose(result, np.matmul(x1, x2))
    _assert_fits(ops.matmul(_outline(x1), _outline(x2)), result)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=3), NONEMPTY, st.data())
@settings(deadline=None, max_examples=40)
def test_concatenate_and_split(lengths, shape, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    shapes = [list(shape) for _ in lengths]
    for one, length in zip(shapes, lengths, strict=True):
        one[axis] = length
    parts = [_array(one) for one in shapes]
    whole = ops.concatenate(parts, axis=axis)
    np.testing.assert_array_equal(whole, np.concatenate(parts, axis=axis))
    _assert_fits(ops.concatenate([_outline(p, (1,)) for p in parts], axis=axis), whole)
    ends = [int(end) for end in np.cumsum(lengths)[:-1]]
    again = ops.split(whole, ends, axis=axis)
    for part, expected in zip(again, parts, strict=True):
        np.testing.assert_array_equal(part, expected)
    _assert_fits(ops.split(_outline(whole, (1,)), ends, axis=axis), again)


def test_lengths_of_a_layer_being_drawn_can_be_computed_with():
    class Mixer(keras.layers.Layer):
        def call(self, x):
            batch, height, width, channels = ops.shape(x)
            return {
                "rows": ops.reshape(x, (batch * height, width * channels)),
                "zeros": ops.zeros((batch, 5)),
                "full": ops.full((batch, 2), 3.0),
                "tile": ops.tile(ops.ones((1, 4)), (batch, 1)),
                "repeat": ops.repeat(x, batch, axis=0),
                "mean": ops.sum(x) / ops.cast(batch, "float32"),
                "broadcast": ops.broadcast_to(ops.ones((1, 3)), (batch, 3)),
                "arange": ops.arange(batch),
            }

    inputs = keras.Input((4, 6, 3))
    outputs = Mixer()(inputs)
    x = np.random.default_rng(0).random((2, 4, 6, 3), "float32")
    _assert_fits(outputs, Mixer()(x))
    np.testing.assert_allclose(keras.Model(inputs, outputs)(x)["mean"], x.sum() / 2, rtol=1e-6)
    assert outputs["rows"].shape == (None, 18)
    assert outputs["full"].shape == (None, 2)

"""Operations without a gradient: their values against NumPy's, and their outlines."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import KerasTensor, ops, tree

RNG = np.random.default_rng(11)
WHOLE = RNG.integers(-9, 9, (3, 5)).astype("int32")
SMALL = RNG.integers(0, 4, (3, 5)).astype("int32")
FLOATS = RNG.standard_normal((3, 5)).astype("float32")
SORTED = np.sort(RNG.standard_normal(7)).astype("float32")
SQUARE = (RNG.standard_normal((2, 4, 4)) + 4 * np.eye(4)).astype("float32")
VOLUME = RNG.standard_normal((2, 4, 4, 4, 3)).astype("float32")


def blocks(x, size):
    """Patches of a volume that do not overlap, by slices."""
    n, d, h, w, c = x.shape
    cut = x.reshape(n, d // size, size, h // size, size, w // size, size, c)
    cut = cut.transpose(0, 1, 3, 5, 2, 4, 6, 7)
    return cut.reshape(n, d // size, h // size, w // size, -1)


# name, arguments, what it is in NumPy
CASES = [
    ("view", (FLOATS, "int32"), FLOATS.view("int32")),
    ("view", (FLOATS, "uint8"), FLOATS.view("uint8")),
    ("view", (FLOATS.view("uint8"), "float32"), FLOATS),
    ("view", (WHOLE,), WHOLE),
    ("view_as_real", (FLOATS + 1j * FLOATS[::-1],), np.stack([FLOATS, FLOATS[::-1]], -1)),
    ("view_as_complex", (np.stack([FLOATS, 2 * FLOATS], -1),), FLOATS + 2j * FLOATS),
    ("ndim", (FLOATS,), 2),
    ("bitwise_not", (WHOLE,), ~WHOLE),
    ("bitwise_left_shift", (WHOLE, SMALL), WHOLE << SMALL),
    ("bitwise_right_shift", (WHOLE, SMALL), WHOLE >> SMALL),
    ("left_shift", (WHOLE, SMALL), WHOLE << SMALL),
    ("right_shift", (WHOLE, SMALL), WHOLE >> SMALL),
    ("searchsorted", (SORTED, FLOATS[0]), np.searchsorted(SORTED, FLOATS[0])),
    ("searchsorted", (SORTED, SORTED, "right"), np.arange(1, 8)),
    ("digitize", (FLOATS, SORTED), np.digitize(FLOATS, SORTED)),
    ("bincount", (SMALL[0], None, 6), np.bincount(SMALL[0], minlength=6)),
    ("histogram", (FLOATS[0], 4, (-2.0, 2.0)), np.histogram(FLOATS[0], 4, (-2, 2))),
    ("matrix_rank", (SQUARE,), np.array([4, 4])),
    ("matrix_rank", (SQUARE * np.array([1, 1, 0, 0], "float32"),), np.array([2, 2])),
    ("extract_patches_3d", (VOLUME, 2), blocks(VOLUME, 2)),
]


def name_of(case):
    name, arguments, _ = case
    return f"{name}-{'-'.join(str(getattr(a, 'shape', a)) for a in arguments)}"


def find(name):
    return getattr(ops, name, None) or getattr(ops.image, name, None) or getattr(ops.linalg, name)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_value_is_numpy_s(case):
    name, arguments, expected = case
    found = find(name)(*arguments)
    for one, right in zip(tree.flatten(found), tree.flatten(expected), strict=True):
        np.testing.assert_allclose(np.asarray(one), right, rtol=1e-6)


@pytest.mark.parametrize("case", [c for c in CASES if c[0] != "ndim"], ids=name_of)
def test_outline_is_the_value_s(case):
    name, (x, *others), _ = case
    found = find(name)(x, *others)
    spec = find(name)(KerasTensor(x.shape, x.dtype.name), *others)
    for one, outline in zip(tree.flatten(found), tree.flatten(spec), strict=True):
        assert outline.dtype == str(one.dtype)
        for said, is_so in zip(outline.shape, one.shape, strict=True):
            assert said in (None, is_so)


def test_eig_gives_what_it_must_satisfy():
    values, vectors = ops.eig(SQUARE)
    left = np.asarray(SQUARE @ np.asarray(vectors))
    right = np.asarray(vectors) * np.asarray(values)[..., None, :]
    np.testing.assert_allclose(left, right, atol=1e-4)


def test_lu_factor_gives_what_it_must_satisfy():
    factors, pivots = map(np.asarray, ops.lu_factor(SQUARE))
    for a, lu, pivot in zip(SQUARE, factors, pivots, strict=True):
        rows = np.arange(len(a))
        for i, j in enumerate(pivot):
            rows[[i, j]] = rows[[j, i]]
        product = (np.tril(lu, -1) + np.eye(len(a))) @ np.triu(lu)
        np.testing.assert_allclose(product, a[rows], atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "dtype", "message"),
    [((), "int64", "scalar"), ((3, 5), "int64", "not divisible")],
)
def test_bytes_that_do_not_fit_another_type(shape, dtype, message):
    with pytest.raises(ValueError, match=message):
        ops.view(np.ones(shape, "float32"), dtype)
    with pytest.raises(ValueError, match=message):
        ops.view(KerasTensor(shape, "float32"), dtype)


def test_empty_arrays_have_shape_and_type():
    assert ops.empty((2, 3), "float16").shape == (2, 3)
    assert ops.empty((2, 3), "float16").dtype == "float16"
    assert ops.empty_like(WHOLE).shape == WHOLE.shape
    assert ops.empty_like(WHOLE).dtype == "int32"
    assert ops.empty_like(WHOLE, dtype="float32").dtype == "float32"

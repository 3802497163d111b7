"""The register-blocked products against NumPy's, with rows anywhere in memory."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn.backend.numba.compiler.compile import compiled
from minicnn.backend.numba.machine.microkernels import (
    PANEL_BYTES,
    add_four_products_to_stored,
    add_products,
    add_products_to_stored,
    four_rows_from,
    no_sums,
    rows_from,
    six_times,
    store_sums,
)
from minicnn.backend.numba.machine.simd import address_of, load


@compiled
def _product(a, panel, c):
    rows = rows_from(address_of(a), 4 * a.shape[1])
    sums = add_products(no_sums(), a.shape[1], rows, 4, address_of(panel), PANEL_BYTES)
    store_sums(rows_from(address_of(c), 4 * c.shape[1]), sums)


@compiled
def _product_with_bias(a, panel, bias, c):
    start = address_of(bias)
    sums = six_times((load(start), load(start + 32)))
    rows = rows_from(address_of(a), 4 * a.shape[1])
    sums = add_products(sums, a.shape[1], rows, 4, address_of(panel), PANEL_BYTES)
    store_sums(rows_from(address_of(c), 4 * c.shape[1]), sums)


@compiled
def _transposed_product(a, panel, c):
    """The rows are the columns of a: neighbours are four bytes apart, steps a whole row."""
    step, bytes_per_row = 4 * a.shape[1], 4 * c.shape[1]
    count, b, first, target = a.shape[0], address_of(panel), address_of(a), address_of(c)
    add_products_to_stored(
        rows_from(target, bytes_per_row), count, rows_from(first, 4), step, b, PANEL_BYTES
    )
    add_four_products_to_stored(
        four_rows_from(target + 6 * bytes_per_row, bytes_per_row),
        count,
        four_rows_from(first + 24, 4),
        step,
        b,
        PANEL_BYTES,
    )


def _random(*shape):
    return np.random.default_rng(shape[0]).standard_normal(shape).astype("float32")


@pytest.mark.parametrize("count", [0, 1, 2, 7, 64])
def test_six_rows(count):
    a, panel, c = _random(6, count), _random(count, 16), np.full((6, 20), 7, "float32")
    _product(a, panel, c)
    np.testing.assert_allclose(c[:, :16], a @ panel, rtol=1e-5, atol=1e-5)
    assert (c[:, 16:] == 7).all()


def test_six_rows_from_a_bias():
    a, panel, bias, c = _random(6, 9), _random(9, 16), _random(16), np.zeros((6, 16), "float32")
    _product_with_bias(a, panel, bias, c)
    np.testing.assert_allclose(c, a @ panel + bias, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("count", [0, 1, 5, 36])
def test_six_and_four_rows_are_added_to_what_is_there(count):
    a, panel, c = _random(count, 10), _random(count, 16), _random(10, 16)
    expected = c + a.T @ panel
    _transposed_product(a, panel, c)
    np.testing.assert_allclose(c, expected, rtol=1e-5, atol=1e-5)

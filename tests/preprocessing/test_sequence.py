"""Padded sequences against real Keras, and what cannot be padded."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from minicnn.utils import pad_sequences

RAGGED = {
    "numbers": [[1], [2, 3], [4, 5, 6], []],
    "vectors": [np.ones((1, 2)), [[2, 3], [4, 5], [6, 7]], np.zeros((0, 2))],
    "tuples": [(1, 2), (3,)],
    "even": np.arange(6).reshape(2, 3),
    "nothing": [[], []],
}


@pytest.mark.keras
@pytest.mark.parametrize("name", RAGGED)
def test_as_in_keras(name):
    judge = pytest.importorskip("keras").utils.pad_sequences
    sides = itertools.product(("pre", "post"), repeat=2)
    for (padding, truncating), maxlen in itertools.product(sides, (None, 1, 2, 5)):
        settings = {"maxlen": maxlen, "padding": padding, "truncating": truncating}
        for extra in ({}, {"value": -1, "dtype": "float32"}):
            own, right = (pad(RAGGED[name], **settings, **extra) for pad in (pad_sequences, judge))
            assert own.dtype == right.dtype
            assert np.array_equal(own, right)


def test_strings_and_lengths_of_nothing():
    words = pad_sequences([["a"], ["b", "c"]], dtype=object, value="-", padding="post")
    assert words.tolist() == [["a", "-"], ["b", "c"]]
    assert pad_sequences([[1, 2]], maxlen=0).shape == (1, 0)
    assert pad_sequences([]).shape == (0, 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2],), "Found non-iterable: 1"),
        ((iter([[1]]),), "must be iterable"),
        (([[1], [[2]]],), r"Shape of sample \(1,\) of sequence at position 1"),
        (([[1]], 1, "int32", "left"), 'Padding type "left" not understood'),
        (([[1]], 1, "int32", "pre", "middle"), 'Truncating type "middle" not understood'),
        (([["a"]], 2, "int32", "pre", "pre", "x"), "You should set `dtype=object`"),
    ],
)
def test_what_cannot_be_padded(arguments, message):
    with pytest.raises(ValueError, match=message):
        pad_sequences(*arguments)

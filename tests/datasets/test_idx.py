import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as arrays

from minicnn.datasets import idx


@given(arrays.arrays("uint8", arrays.array_shapes(min_dims=1, max_dims=4, min_side=0)))
def test_what_was_packed_is_unpacked(array):
    unpacked = idx.unpack(idx.pack(array))
    assert unpacked.dtype == np.uint8
    assert unpacked.shape == array.shape
    assert np.array_equal(unpacked, array)
    assert unpacked.flags.writeable


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "Not an IDX file"),
        (b"\x89PNG\r\n", "begins with '89 50 4e 47'"),
        (bytes((0, 0, 8, 2, 0, 0)), "ends within its header"),
        (bytes((0, 0, 8, 1, 0, 0, 0, 3, 1, 2)), r"shape \(3,\), but 2 values"),
        (bytes((0, 0, 13, 1, 0, 0, 0, 0)), "unsigned bytes"),
    ],
)
def test_other_bytes_are_refused(content, message):
    with pytest.raises(ValueError, match=message):
        idx.unpack(content)


def test_only_unsigned_bytes_are_packed():
    with pytest.raises(TypeError, match="the array is float64"):
        idx.pack(np.zeros(3))

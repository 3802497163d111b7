"""Sizes and padding of windows, against counting the places one by one."""

import itertools

import pytest

from minicnn.common.sliding_windows import output_lengths, output_size, pad_pairs
from minicnn.common.window_arguments import per_axis, standardize_padding, standardize_tuple


def places(n, k, stride, dilation, before, after):
    """Where a window may begin in n positions with padding around them."""
    reach = (k - 1) * dilation + 1
    return len(range(-before, n + after - reach + 1, stride))


EVERY = list(itertools.product(range(1, 12), range(1, 5), range(1, 5), range(1, 3)))


@pytest.mark.parametrize("pair", [(0, 0), (2, 1)])
def test_explicit_padding(pair):
    for n, k, s, d in EVERY:
        if n + sum(pair) < (k - 1) * d + 1:
            continue
        expected = places(n, k, s, d, *pair)
        assert output_size((n,), (k,), (s,), (pair,), (d,)) == (expected,)
        assert output_lengths((n,), (k,), (s,), (d,), (pair,)) == (expected,)


@pytest.mark.parametrize("padding", ["same", "causal"])
def test_same_and_causal_give_an_output_for_every_stride(padding):
    for n, k, s, d in [*EVERY, *((0, *rest) for _, *rest in EVERY[:32])]:
        (pair,) = pad_pairs(padding, (n,), (k,), (s,), (d,))
        assert output_lengths((n,), (k,), (s,), (d,), padding) == (-(-n // s),)
        if n:
            assert places(n, k, s, d, *pair) == -(-n // s)
        assert pair[1] - pair[0] in (0, 1) if padding == "same" else pair == ((k - 1) * d, 0)


def test_unknown_lengths_stay_unknown():
    for padding in ("valid", "same", "causal", ((1, 1), (0, 2))):
        found = output_lengths((None, 9), (3, 2), (2, 1), (1, 1), padding)
        assert found[0] is None and found[1] > 0


def test_paddings():
    assert standardize_padding("Same") == "same"
    assert standardize_padding([[1, 2]], allow_pairs=True) == ((1, 2),)
    for wrong in ("causal", [[1, 2]], "sane", 3, None):
        with pytest.raises(ValueError, match=r"`padding` argument must be one of 'valid', 'same'"):
            standardize_padding(wrong)
    with pytest.raises(ValueError, match="Did you mean 'same'"):
        standardize_padding("sane", allow_causal=True, allow_pairs=True)
    with pytest.raises(ValueError, match="must be one of 'valid', 'same', 'causal'"):
        standardize_padding(3, allow_causal=True, allow_pairs=True)


def test_one_for_each_axis():
    assert standardize_tuple(2, 3, "x") == per_axis(2, 3, "x") == per_axis([2], 3, "x") == (2, 2, 2)
    for refused in ([2], [1, 2], 0, [1, 1.5, 2], "abc", None):
        with pytest.raises(ValueError, match="`x` argument must be a tuple of 3 integers"):
            standardize_tuple(refused, 3, "x")
    assert standardize_tuple(0, 2, "x", allow_zero=True) == (0, 0)

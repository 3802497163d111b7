from __future__ import annotations

import numpy as np
import pytest

from minicnn.backend.numpy.random import dropout, dropout_mask, philox, random_bits

# The known answers for philox4x32 with 10 rounds that its authors publish (Random123,
# kat_vectors): counter, key, result.
KNOWN_ANSWERS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000",
     "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff",
     "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0",
     "d16cfe09 94fdcceb 5001e420 24126ea1"),
]  # fmt: skip


@pytest.mark.parametrize(("counter", "key", "result"), KNOWN_ANSWERS)
def test_published_vectors(counter, key, result):
    counter, key, result = ([int(w, 16) for w in words.split()] for words in (counter, key, result))
    assert philox(np.array(counter)[:, None], key)[:, 0].tolist() == result


def test_a_longer_stream_begins_with_the_shorter():
    np.testing.assert_array_equal(random_bits((3, 4), 10), random_bits((3, 4), 1000)[:10])
    assert random_bits((3, 4), 0).shape == (0,)


def test_keys_and_streams_differ():
    streams = [random_bits(key, 64, stream) for key in ((1, 2), (2, 1)) for stream in (0, 1)]
    assert len({bits.tobytes() for bits in streams}) == 4


def test_every_bit_is_one_half_of_the_time():
    words = random_bits((7, 9), 1 << 14)
    ones = np.unpackbits(words.view(np.uint8)).reshape(-1, 32).mean(0)
    assert (np.abs(ones - 0.5) < 6 * 0.5 / np.sqrt(words.size)).all()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dropout_scales_what_it_keeps(dtype, rng):
    x = rng.standard_normal((100, 101)).astype(dtype)
    y = dropout(x, 0.3, (5, 6))
    assert y.dtype == dtype
    kept = y != 0
    assert abs(kept.mean() - 0.7) < 6 * np.sqrt(0.21 / x.size)
    np.testing.assert_array_equal(y[kept], (x * x.dtype.type(1 / 0.7))[kept])
    mask = dropout_mask((5, 6), x.shape, 0.3, dtype)
    np.testing.assert_array_equal(mask != 0, kept)


def test_every_element_of_a_group_has_its_own_bits():
    masks = np.stack([dropout_mask((seed, 0), (64,), 0.5) for seed in range(2000)])
    correlations = np.corrcoef(masks.T) - np.eye(64)
    assert abs(correlations).max() < 6 / np.sqrt(2000)
    assert abs(masks.mean(0) - 1).max() < 6 / np.sqrt(2000)


def test_dropout_at_its_ends():
    x = np.ones((3, 5))
    np.testing.assert_array_equal(dropout(x, 0.0, (1, 2)), x)
    np.testing.assert_array_equal(dropout(x, 1.0, (1, 2)), 0 * x)
    assert not np.isnan(dropout(np.full(100, np.inf), 0.5, (1, 2))).any()

"""Windows over time and the split of data: against real Keras, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn as keras
from minicnn.data import Dataset

windows = keras.utils.timeseries_dataset_from_array
X = np.random.default_rng(0).normal(size=(40, 2))
Y = np.arange(40)
SETTINGS = {
    "plain": {},
    "strides": {"sequence_stride": 3, "sampling_rate": 2},
    "part": {"start_index": 5, "end_index": 33},
    "single": {"batch_size": None},
    "from one": {"start_index": 7, "sampling_rate": 3, "batch_size": 4},
    "to one": {"end_index": 20, "batch_size": 4},
}


@pytest.mark.keras
@pytest.mark.parametrize("targets", [None, Y, Y[:25]])
@pytest.mark.parametrize("name", SETTINGS)
def test_windows_as_in_keras(name, targets):
    tf_keras = pytest.importorskip("keras")
    if targets is not None and len(targets) == 25 and name in ("from one", "part"):
        return  # Keras reads behind the end of the targets
    own = windows(X, targets, 5, **SETTINGS[name])
    judge = tf_keras.utils.timeseries_dataset_from_array(X, targets, 5, **SETTINGS[name])
    same(own, judge)
    assert len(own) == len(judge)


def same(own, judge):
    pairs = zip(own.as_numpy_iterator(), judge.as_numpy_iterator(), strict=True)
    for mine, theirs in pairs:
        mine, theirs = (x if isinstance(x, tuple) else (x,) for x in (mine, theirs))
        for a, b in zip(mine, theirs, strict=True):
            assert a.dtype == b.dtype
            assert np.array_equal(a, b)


def test_windows_by_hand():
    rows = [x.tolist() for x in windows(np.arange(10), None, 3, 2, 2, batch_size=None)]
    assert rows == [[0, 2, 4], [2, 4, 6], [4, 6, 8]]
    assert windows(X, Y, 5).element_spec[0].shape == (None, 5, 2)
    for x, y in windows(X, Y, 5, start_index=3, end_index=20):
        assert np.array_equal(x[:, 0], X[3:16])
        assert np.array_equal(y, Y[3:16])


def test_shuffled_windows_are_the_same_ones_and_seeded():
    def passes(seed):
        data = windows(Y, Y, 4, shuffle=True, seed=seed, batch_size=3)
        return [[int(y) for _, batch in data for y in batch] for _ in range(2)]

    first = passes(1)
    assert sorted(first[0]) == list(range(37)) == sorted(first[1])
    assert first == passes(1) != passes(2)
    assert first[0] != first[1] != sorted(first[1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"format": "torch"}, "`format` should be"),
        ({"sampling_rate": 0}, "`sampling_rate` must be higher than 0"),
        ({"sequence_stride": 40}, "`sequence_stride` must be lower than the length of the data"),
        ({"start_index": -1}, "`start_index` must be 0 or greater"),
        ({"start_index": 9, "end_index": 3}, "`end_index` must be higher than `start_index`"),
        ({"end_index": 60}, "`end_index` must be lower than the length"),
    ],
)
def test_wrong_windows(settings, message):
    with pytest.raises(ValueError, match=message):
        windows(X, None, 3, **settings)


SPLITS = {
    "fraction": ((X, Y), {"left_size": 0.8}),
    "count": (X, {"right_size": 3}),
    "both": (X, {"left_size": 5, "right_size": 0.25}),
    "shuffled": ((X, Y), {"left_size": 0.5, "shuffle": True, "seed": 6}),
    "list": ([X, Y], {"left_size": 12}),
}


@pytest.mark.keras
@pytest.mark.parametrize("name", SPLITS)
def test_splits_as_in_keras(name):
    tf_keras = pytest.importorskip("keras")
    data, settings = SPLITS[name]
    own = keras.utils.split_dataset(data, **settings)
    judge = tf_keras.utils.split_dataset(data, **settings)
    for mine, theirs in zip(own, judge, strict=True):
        assert len(mine) == len(theirs)
        same(mine, theirs)


@pytest.mark.parametrize("batched", [True, False])
def test_a_data_set_is_split_by_samples(batched):
    data = Dataset.from_tensor_slices({"a": X, "b": Y})
    left, right = keras.utils.split_dataset(data.batch(8) if batched else data, left_size=0.7)
    assert (len(left), len(right)) == ((4, 2) if batched else (28, 12))
    rows = [x["b"].tolist() for part in (left, right) for x in part]
    assert np.array_equal(np.concatenate([np.atleast_1d(r) for r in rows]), Y)


@pytest.mark.parametrize(
    ("data", "settings", "message"),
    [
        (X, {}, "At least one of"),
        (X, {"left_size": 40}, "positive integer smaller than 40"),
        (X, {"left_size": 1.5}, "float within"),
        (X, {"left_size": "3"}, "Invalid `left_size` type"),
        (X, {"left_size": 30, "right_size": 20}, "The sum"),
        (X, {"left_size": 0.001}, "left side of the split has no samples"),
        (X[:0], {"left_size": 1}, "empty"),
        ("text", {"left_size": 1}, "must be either"),
        ((X, Y[:3]), {"left_size": 1}, "same number of rows"),
    ],
)
def test_wrong_splits(data, settings, message):
    with pytest.raises((ValueError, TypeError), match=message):
        keras.utils.split_dataset(data, **settings)


@pytest.mark.parametrize("batch_size", [None, 4])
def test_the_order_changes_in_each_epoch_or_stays_with_grain(batch_size):
    def passes(format):
        d = windows(X, Y, 5, batch_size=batch_size, shuffle=True, seed=2, format=format)
        return [[y.tolist() for _, y in d.as_numpy_iterator()] for _ in range(3)]

    first, second, third = passes("tf")
    assert first != second != third != first
    first, second, third = passes("grain")
    assert first == second == third != sorted(first)

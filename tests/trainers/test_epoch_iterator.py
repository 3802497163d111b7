"""How batches are dealt out to epochs."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import config
from minicnn.trainers.data_adapters.py_dataset import PyDataset
from minicnn.trainers.epoch_iterator import EpochIterator


def first_rows(iterator):
    """The steps of an epoch: number of the first step, and the first number in each batch."""
    return [(begin, [first_number(batch) for batch in batches]) for begin, _, batches in iterator]


def first_number(batch):
    return int(np.ravel(batch[0] if isinstance(batch, tuple) else batch)[0])


def generator(count):
    for i in range(count):
        yield (np.full((2, 1), i),)


def quietly(function, *arguments):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*arguments)


def test_whole_source_in_each_epoch():
    iterator = EpochIterator(np.arange(7), batch_size=3)
    assert iterator.num_batches == 3
    for _ in range(2):
        assert first_rows(iterator) == [(0, [0]), (1, [3]), (2, [6])]


def test_steps_go_on_where_the_last_epoch_stopped():
    iterator = EpochIterator(np.arange(5), batch_size=1, steps_per_epoch=2)
    assert first_rows(iterator) == [(0, [0]), (1, [1])]
    assert first_rows(iterator) == [(0, [2]), (1, [3])]
    with pytest.warns(UserWarning, match=r"ran out of data; interrupting.* 1 of 2 steps"):
        assert first_rows(iterator) == [(0, [4])]
    assert first_rows(iterator) == [(0, [0]), (1, [1])]


@pytest.mark.parametrize("count", [3, 4])
def test_generator_that_runs_dry(count):
    iterator = EpochIterator(generator(count), steps_per_epoch=2)
    assert first_rows(iterator) == [(0, [0]), (1, [1])]
    if count == 4:
        assert first_rows(iterator) == [(0, [2]), (1, [3])]
    with pytest.warns(UserWarning, match="ran out of data"):
        assert first_rows(iterator) == ([(0, [2])] if count == 3 else [])
    with pytest.warns(UserWarning, match="ran out of data"):
        assert first_rows(iterator) == []


def test_generator_without_steps_ends_without_a_warning():
    iterator = EpochIterator(generator(3))
    assert iterator.num_batches is None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert first_rows(iterator) == [(0, [0]), (1, [1]), (2, [2])]
    assert iterator.num_batches == 3
    assert first_rows(iterator) == []


@pytest.mark.parametrize("source", [lambda: np.arange(7), lambda: generator(7)])
def test_several_steps_at_a_time(source):
    iterator = EpochIterator(source(), batch_size=1, steps_per_execution=3)
    steps = [(begin, end, len(batches)) for begin, end, batches in iterator]
    assert steps == [(0, 2, 3), (3, 5, 3), (6, 8, 1)]


class Rows(PyDataset):
    """A source that knows its length: a batch for each number."""

    def __init__(self, count):
        super().__init__()
        self.count = count

    @property
    def num_batches(self):
        return self.count

    def __getitem__(self, index):
        return np.full((2, 1), index)


SOURCES = {"array": np.arange, "data set": Rows, "generator": generator}


def plain_epochs(source, count, steps, size, epochs):
    """What each epoch deals out and warns of, by the description of `EpochIterator`."""
    left = list(range(count))
    for _ in range(epochs):
        if source != "generator" and (steps is None or not left):
            left = list(range(count))
        dealt, warned, done = [], [], 0
        while steps is None or done < steps:
            if not left:
                warned = [f"after {done} of {steps} steps"] if steps else []
                break
            dealt.append((done, done + size - 1, left[:size]))
            left = left[size:]
            done += size
        yield dealt, warned


def dealt_epochs(source, count, steps, size, epochs):
    """The same from an `EpochIterator`; an epoch without an end is cut off."""
    iterator = EpochIterator(
        SOURCES[source](count), batch_size=1, steps_per_epoch=steps, steps_per_execution=size
    )
    for _ in range(epochs):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            dealt = [
                (begin, end, [first_number(batch) for batch in batches])
                for begin, end, batches in itertools.islice(iterator, 2 * count + 2)
            ]
        yield dealt, [str(w.message).partition("the epoch ")[2].partition(".")[0] for w in caught]


@settings(deadline=None, max_examples=150)
@given(
    st.sampled_from(sorted(SOURCES)),
    st.integers(1, 9),
    st.none() | st.integers(1, 7),
    st.integers(1, 4),
)
def test_an_epoch_ends_after_its_steps_or_where_the_source_ends(source, count, steps, size):
    """Each epoch warns once if the source ended too early, and says after which step."""
    arguments = source, count, steps, size, 4
    assert list(dealt_epochs(*arguments)) == list(plain_epochs(*arguments))


@pytest.mark.parametrize("epochs", [0, 1, 2])
def test_a_position_that_was_resumed_but_not_used_yet_is_kept(epochs):
    """A backup may be made before the next epoch of the validation data begins."""

    def iterator():
        iterator = EpochIterator(np.arange(6), batch_size=1, steps_per_epoch=2)
        iterator.keeps_position = True
        return iterator

    whole, resumed = iterator(), iterator()
    for _ in range(epochs):
        first_rows(whole)
    for _ in range(2):  # a backup, a crash; another backup, another crash
        position = whole.position(epoch_is_over=True)
        resumed.resume({"taken": position["taken"], "batch": 0})
        whole, resumed = resumed, iterator()
    assert whole.position(epoch_is_over=True)["taken"] == 2 * epochs
    assert first_rows(whole)[0] == (0, [2 * epochs])


class Counting(PyDataset):
    def __init__(self, count):
        super().__init__()
        self.count = count
        self.events = []

    @property
    def num_batches(self):
        return self.count

    def __getitem__(self, index):
        return np.full((2, 1), index)

    def on_epoch_begin(self):
        self.events.append("begin")

    def on_epoch_end(self):
        self.events.append("end")


@pytest.mark.parametrize("count", [4, None])
def test_data_set_hears_of_each_epoch_once(count):
    data = Counting(count)
    iterator = EpochIterator(data, steps_per_epoch=10)
    for _ in range(3):
        quietly(first_rows, iterator)
    assert data.events == ["begin", "end"] * 3


def test_data_set_hears_of_an_epoch_that_is_broken_off():
    data = Counting(4)
    epoch = iter(EpochIterator(data))
    next(epoch)
    epoch.close()
    assert data.events == ["begin", "end"]


def test_most_steps_of_an_epoch():
    config.set_max_steps_per_epoch(2)
    with pytest.warns(UserWarning, match="Limiting steps_per_epoch to 2"):
        iterator = EpochIterator(np.arange(5), batch_size=1)
    assert len(first_rows(iterator)) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert EpochIterator(np.arange(5), batch_size=1, steps_per_epoch=1).num_batches == 1

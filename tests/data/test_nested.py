"""Data sets inside data sets, against those of real `tf.data`: windows, and flattening by turns."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn.data import Dataset, TensorSpec
from tests.data.test_against_tensorflow import plain

X = np.arange(22, dtype="float32").reshape(11, 2)
COUNTS = st.integers(1, 6)


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


def opened(part):
    """The elements of a data set, and of data sets in them, as types and values."""
    if isinstance(part, dict):
        return {key: opened(value) for key, value in part.items()}
    if isinstance(part, tuple):
        return tuple(map(opened, part))
    if hasattr(part, "as_numpy_iterator"):
        return int(part.cardinality()), [opened(element) for element in part]
    return plain(part)


def opened_spec(spec):
    if isinstance(spec, dict):
        return {key: opened_spec(value) for key, value in spec.items()}
    if isinstance(spec, tuple):
        return tuple(map(opened_spec, spec))
    inner = getattr(spec, "element_spec", None) or getattr(spec, "_element_spec", None)
    if inner is not None:
        return "data set", opened_spec(inner)
    return None if spec.shape is None else list(spec.shape), getattr(spec.dtype, "name", spec.dtype)


def assert_same(make, tf):
    own, judge = make(Dataset), make(tf.data.Dataset)
    expected = opened(judge)
    assert opened(own) == expected
    assert opened(own) == expected  # again from the beginning
    assert opened_spec(own.element_spec) == opened_spec(judge.element_spec)


@pytest.mark.keras
@settings(max_examples=150)
@given(
    count=st.integers(0, 14),
    size=COUNTS,
    shift=st.none() | st.integers(1, 9),
    stride=COUNTS,
    drop=st.booleans(),
)
def test_windows(tf, count, size, shift, stride, drop):
    assert_same(lambda d: d.range(count).window(size, shift, stride, drop), tf)


@pytest.mark.keras
@settings(max_examples=25)
@given(
    lengths=st.lists(st.integers(0, 5), min_size=1, max_size=7),
    cycle=COUNTS,
    block=COUNTS,
    parallel=st.sampled_from([None, 1, -1]),
)
def test_interleaving(tf, lengths, cycle, block, parallel):
    numbers = 10 * np.arange(len(lengths)), np.array(lengths, "int64")

    def make(d):
        return d.from_tensor_slices(numbers).interleave(
            lambda first, count: d.range(first, first + count), cycle, block, parallel
        )

    assert_same(make, tf)


def series(d):
    return d.from_tensor_slices({"x": X, "y": (np.arange(11), X[:, 0])})


def series_pairs(d):
    return d.from_tensor_slices((X[None], [3]))


def batches_of(size):
    return lambda window: window.batch(size)


PIPELINES = {
    "of dicts": lambda d: series(d).window(3, 2),
    "windows of windows": lambda d: d.range(9).window(4, 1).window(2),
    "shuffled one by one": lambda d: d.range(9).window(4).shuffle(1),
    "beside numbers": lambda d: d.zip((d.range(9).window(4), d.range(5))),
    "repeated": lambda d: d.range(5).window(2).repeat(2).skip(1).take(4).enumerate(),
    "cached": lambda d: d.range(5).window(2).cache(),
    "joined": lambda d: d.range(5).window(2).concatenate(d.range(2).window(2)),
    "joined, of unequal shapes": lambda d: (
        d.from_tensors((X, 1)).concatenate(d.from_tensors((X[:3], 2))).concatenate(series_pairs(d))
    ),
    "joined windows of unequal shapes": lambda d: (
        d.from_tensors(X).window(1).concatenate(d.from_tensors(X[:, :1]).window(1))
    ),
    "flattened": lambda d: d.range(9).window(4, 1, 2, True).flat_map(batches_of(4)),
    "flattened, the last smaller": lambda d: d.range(9).window(4, 3).flat_map(batches_of(4)),
    "flattened, of equal size": lambda d: (
        d.range(9).window(4, 3).flat_map(lambda w: w.batch(4, drop_remainder=True))
    ),
    "flattened, none": lambda d: d.range(0).window(4).flat_map(batches_of(4)),
    "flattened, of dicts": lambda d: (
        series(d).window(3, 2).flat_map(lambda w: d.zip((w["x"].batch(3), w["y"][0].batch(3))))
    ),
    "flattened twice": lambda d: (
        d.from_tensor_slices(X)
        .window(3, 1, drop_remainder=True)
        .flat_map(batches_of(3))
        .window(2, 1, drop_remainder=True)
        .flat_map(batches_of(2))
        .map(lambda s: (s[:, 0], s[:, 1:, 1]))
    ),
    "each window summed": lambda d: (
        d.range(9).window(4).map(lambda w: w.reduce(np.int64(0), lambda total, x: total + x))
    ),
    "each window in batches": lambda d: d.range(9).window(4).map(batches_of(3)),
    "side by side": lambda d: d.range(9).window(4).interleave(batches_of(3), 2),
    "split windows": lambda d: (
        d.range(9)
        .window(4, 1, drop_remainder=True)
        .flat_map(batches_of(4))
        .map(lambda w: (w[:-1], w[-1]))
    ),
    "take_while": lambda d: d.range(9).take_while(lambda x: x < 4),
    "take_while of all": lambda d: series(d).take_while(lambda e: e["y"][0] >= 0),
    "take_while of none": lambda d: d.range(9).take_while(lambda x: x > 0),
    "take_while without end": lambda d: d.range(9).repeat().take_while(lambda x: x < 4),
}


@pytest.mark.keras
@pytest.mark.parametrize("name", PIPELINES)
def test_pipelines(tf, name):
    assert_same(PIPELINES[name], tf)


FLATTEN = {
    "flat_map": lambda d, e: e.flat_map(lambda x: d.range(3)),
    "interleave": lambda d, e: e.interleave(lambda x: d.range(3), 2),
    "interleave, many at once": lambda d, e: e.interleave(lambda x: d.range(3), 2, 1, 2),
    "take_while": lambda d, e: e.take_while(lambda x: x < 1),
    "window": lambda d, e: e.window(2),
    "window, equal": lambda d, e: e.window(2, 1, 3, True),
}
INPUTS = {
    "some": lambda d: d.range(7),
    "none": lambda d: d.range(0),
    "endless": lambda d: d.range(3).repeat(),
    "unknown": lambda d: d.range(3).filter(lambda x: x > 0),
}


@pytest.mark.keras
@pytest.mark.parametrize("given", INPUTS)
@pytest.mark.parametrize("step", FLATTEN)
def test_cardinality(tf, step, given):
    own, judge = (FLATTEN[step](d, INPUTS[given](d)) for d in (Dataset, tf.data.Dataset))
    assert int(own.cardinality()) == int(judge.cardinality())


def test_only_the_elements_of_the_next_window_are_made():
    made = []
    source = Dataset.from_generator(
        lambda: (made.append(i) or i for i in range(1000)), output_signature=TensorSpec((), "int32")
    )
    windows = iter(source.window(3, shift=5, stride=2))
    assert not made
    assert [int(x) for x in next(windows)] == [0, 2, 4]
    assert made == [0, 1, 2, 3, 4]
    assert [int(x) for x in next(windows)] == [5, 7, 9]
    made.clear()
    mixed = source.interleave(lambda x: Dataset.from_tensors(x).repeat(), cycle_length=2)
    assert [int(x) for x in mixed.take(5)] == [0, 1, 0, 1, 0]
    assert made == [0, 1]


def test_a_default_cycle_reads_sixteen_data_sets_side_by_side():
    for cycle in (None, -1):
        mixed = Dataset.range(18).interleave(lambda x: Dataset.from_tensors(x).repeat(2), cycle)
        assert [int(x) for x in mixed] == [*range(16), *range(16), 16, 17, 16, 17]


def test_functions_are_not_called_before_elements_are_needed():
    calls = []
    windows = Dataset.range(4).map(lambda x: calls.append(x) or x).window(2)
    nested = windows.map(lambda w: w.map(lambda x: calls.append(x) or x))
    assert not calls
    assert [[int(x) for x in inner] for inner in nested] == [[0, 1], [2, 3]]
    assert [int(x) for x in calls] == [0, 1, 0, 1, 2, 3, 2, 3]


def test_with_options_changes_nothing():
    dataset = Dataset.range(5).batch(2)
    assert opened(dataset.with_options(object())) == opened(dataset)
    left, right = keras.utils.split_dataset(dataset.with_options(None), left_size=3)
    assert [len(left), len(right)] == [2, 1]


def fails_at_3(x):
    if int(x) == 3:
        raise KeyError("missing")
    return Dataset.from_tensors(x)


WINDOWS = Dataset.range(5).window(2)
HELP = "needs elements of arrays, but these are a Dataset.*flat_map(lambda window: window.batch("


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        (lambda: WINDOWS.window(0), ValueError, "`size` must be a whole number from 1.*size=0"),
        (lambda: WINDOWS.window(2.5), ValueError, "size=2.5"),
        (lambda: WINDOWS.window(2, 0), ValueError, "`shift` must be a whole number from 1"),
        (lambda: WINDOWS.window(2, stride=-1), ValueError, "`stride` must be a whole number from"),
        (lambda: WINDOWS.interleave(len, 0), ValueError, "`cycle_length` must be a whole number"),
        (lambda: WINDOWS.interleave(len, -2), ValueError, "cycle_length=-2"),
        (lambda: WINDOWS.interleave(len, 2, 0), ValueError, "`block_length` must be a whole"),
        (
            lambda: list(Dataset.range(5).interleave(fails_at_3)),
            ValueError,
            "given to `interleave` raised KeyError at element 3",
        ),
        (
            lambda: list(Dataset.range(5).take_while(lambda x: fails_at_3(x) is not None)),
            ValueError,
            "given to `take_while` raised KeyError at element 3",
        ),
        (
            lambda: list(Dataset.range(5).interleave(lambda x: [x])),
            TypeError,
            r"given to `interleave` must return a Dataset. It returned a tuple of 1",
        ),
        (
            lambda: Dataset.range(5).flat_map(lambda x: x).element_spec,
            TypeError,
            "given to `flat_map` must return a Dataset. It returned a Tensor",
        ),
        (lambda: WINDOWS.concatenate([1]), TypeError, "`concatenate` takes a data set.*a list"),
        (
            lambda: Dataset.range(2).concatenate(Dataset.from_tensors(1.0)).element_spec,
            TypeError,
            r"elements of unequal types: TensorSpec.*'int64'.* and TensorSpec.*'float32'",
        ),
        (
            lambda: WINDOWS.concatenate(Dataset.range(2)).element_spec,
            TypeError,
            "elements of unequal types: DatasetSpec",
        ),
        (lambda: list(WINDOWS.batch(2)), TypeError, "`batch` " + HELP),
        (lambda: list(WINDOWS.padded_batch(2)), TypeError, "atch` " + HELP),
        (lambda: list(WINDOWS.unbatch()), TypeError, "`unbatch` " + HELP),
        (lambda: list(WINDOWS.as_numpy_iterator()), TypeError, "`as_numpy_iterator` " + HELP),
        (
            lambda: Dataset.range(0).map(lambda x: int(x)).element_spec,
            ValueError,
            "shapes of this data set cannot be known: it has no elements",
        ),
    ],
)
def test_errors(wrong, kind, message):
    with pytest.raises(kind, match=message.replace("(lambda", r"\(lambda").replace("h(", r"h\(")):
        wrong()


def test_a_file_of_windows_is_refused_and_not_left_behind(tmp_path):
    with pytest.raises(TypeError, match="`cache` needs elements of arrays"):
        list(WINDOWS.cache(tmp_path / "kept"))
    assert not list(tmp_path.iterdir())

"""Batches from arrays, tables, generators and data sets of one's own."""

from __future__ import annotations

import threading
import time

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minicnn import ops, random
from minicnn.trainers.data_adapters import (
    ArrayDataAdapter,
    DataAdapter,
    GeneratorDataAdapter,
    IterableDataAdapter,
    PyDatasetAdapter,
    get_data_adapter,
)
from minicnn.trainers.data_adapters.array_slicing import train_validation_split
from minicnn.trainers.data_adapters.data_adapter_utils import (
    class_weight_to_sample_weights,
    pack_x_y_sample_weight,
    unpack_x_y_sample_weight,
)
from minicnn.trainers.data_adapters.py_dataset import PyDataset
from minicnn.utils.rng_utils import set_random_seed


def batches_of(adapter):
    return list(adapter.get_numpy_iterator())


@settings(deadline=None, max_examples=60)
@given(
    rows=st.integers(1, 40),
    batch_size=st.integers(1, 45),
    shuffle=st.sampled_from([False, True, "batch"]),
)
def test_every_sample_once_and_rows_stay_together(rows, batch_size, shuffle):
    x = np.arange(rows * 3, dtype="float32").reshape(rows, 3)
    y = np.arange(rows)
    weights = np.arange(rows) * 2.0
    adapter = ArrayDataAdapter([x, {"a": x}], y, weights, batch_size=batch_size, shuffle=shuffle)
    batches = batches_of(adapter)
    assert len(batches) == adapter.num_batches == -(-rows // batch_size)
    assert all(len(batch[1]) == batch_size for batch in batches[:-1])
    assert len(batches[-1][1]) == (adapter.partial_batch_size or batch_size)
    assert adapter.has_partial_batch == (rows % batch_size > 0)
    order = np.concatenate([batch[1] for batch in batches])
    assert sorted(order) == list(range(rows))
    if not shuffle:
        assert list(order) == list(range(rows))
    for (first, named), labels, weight in batches:
        np.testing.assert_array_equal(first, x[labels])
        np.testing.assert_array_equal(named["a"], x[labels])
        np.testing.assert_array_equal(weight, 2 * labels)
    if shuffle == "batch":
        for i, batch in enumerate(batches):
            assert set(batch[1] // batch_size) == {i}


def test_order_comes_from_the_seed_and_differs_between_epochs():
    adapter = ArrayDataAdapter(np.arange(100), shuffle=True, batch_size=100)
    set_random_seed(3)
    first, second = batches_of(adapter)[0], batches_of(adapter)[0]
    assert (first != second).any()
    set_random_seed(3)
    np.testing.assert_array_equal(batches_of(adapter)[0], first)
    set_random_seed(4)
    assert (batches_of(adapter)[0] != first).any()


def test_order_does_not_depend_on_numpys_own_generator():
    adapter = ArrayDataAdapter(np.arange(100), shuffle=True, batch_size=100)
    set_random_seed(3)
    first = batches_of(adapter)[0]
    set_random_seed(3)
    np.random.random(7)
    np.testing.assert_array_equal(batches_of(adapter)[0], first)


def test_floats_become_floatx_and_other_types_stay():
    adapter = ArrayDataAdapter(np.ones((4, 2)), np.ones(4, dtype="uint8"), batch_size=4)
    ((x, y),) = batches_of(adapter)
    assert x.dtype == "float32"
    assert y.dtype == "uint8"


def test_arrays_that_need_no_cast_are_not_copied():
    x = np.ones((4, 2), dtype="float32")
    batch = batches_of(ArrayDataAdapter(x, batch_size=2))[0]
    assert np.shares_memory(batch, x)


def test_tensors_and_tables():
    frame = pandas.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5]})
    ((x, y),) = batches_of(ArrayDataAdapter(frame, frame["a"]))
    np.testing.assert_array_equal(x, [[1, 0.5], [2, 1.5], [3, 2.5]])
    assert x.dtype == "float32"
    np.testing.assert_array_equal(y, [[1], [2], [3]])
    assert y.dtype == "int64"
    x = batches_of(ArrayDataAdapter(ops.ones((3, 2))))[0]
    assert isinstance(x, np.ndarray)


def test_table_with_a_column_of_words():
    frame = pandas.DataFrame({"size": [1, 2], "colour": ["red", "blue"]})
    with pytest.raises(ValueError, match=r"\['colour'\].*not numbers"):
        ArrayDataAdapter(frame)


def test_none_among_inputs_and_weights():
    adapter = ArrayDataAdapter({"a": np.ones((4, 1)), "b": None}, batch_size=2, shuffle=True)
    assert all(batch["b"] is None for batch in batches_of(adapter))


def test_number_of_samples_comes_from_steps():
    assert ArrayDataAdapter(np.ones(10), steps=4).batch_size == 3
    assert ArrayDataAdapter(np.ones(100)).batch_size == 32


def test_one_weight_for_several_targets():
    adapter = ArrayDataAdapter(np.ones(3), {"a": np.ones(3), "b": np.ones(3)}, np.arange(3.0))
    ((_, _, weights),) = batches_of(adapter)
    np.testing.assert_array_equal(weights["a"], [0, 1, 2])
    np.testing.assert_array_equal(weights["b"], [0, 1, 2])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"x": np.ones(4), "y": np.ones(3)},
            "cardinality is ambiguous.*'x' sizes: 4.*'y' sizes: 3",
        ),
        ({"x": [np.ones(4), np.ones(5)]}, "'x' sizes: 4, 5"),
        ({"x": np.ones((0, 3)), "y": np.ones(0)}, r"Empty data.*\(0, 3\)"),
        ({"x": np.float32(3)}, "single number"),
        ({"x": None}, "No data"),
        (
            {"x": np.ones(2), "y": [np.ones(2)] * 2, "class_weight": {0: 1.0}},
            "only supported for Models with a single output",
        ),
        (
            {"x": np.ones(2), "y": np.ones(2), "class_weight": [1.0, 2.0]},
            r"must be a dict.*list.*dict\(enumerate",
        ),
        ({"x": np.ones(2), "y": np.ones(2), "class_weight": {"cat": 1.0}}, r"keys.*\['cat'\]"),
        ({"x": np.ones(2), "class_weight": {0: 1.0}}, "`y` is None"),
        (
            {
                "x": np.ones(2),
                "y": np.ones(2),
                "class_weight": {0: 1.0},
                "sample_weight": np.ones(2),
            },
            "You cannot `class_weight` and `sample_weight`",
        ),
        (
            {"x": np.ones(2), "y": [np.ones(2)] * 2, "sample_weight": [np.ones(2)]},
            "one `sample_weight` array per output",
        ),
        (
            {"x": np.ones(2), "y": [np.ones(2)] * 2, "sample_weight": np.ones((2, 3))},
            r"one scalar score per sample.*\(2, 3\)",
        ),
        ({"x": np.ones(2), "y": [0, 1]}, r"Unrecognized data type: y=.*np.array\(y\)"),
        ({"x": [[1, 2], [3, 4]]}, r"Unrecognized data type: x=.*np.array\(x\)"),
        ({"x": "images"}, "Unrecognized data type: x=images"),
    ],
)
def test_data_that_do_not_fit(arguments, message):
    with pytest.raises(ValueError, match=f"(?s){message}"):
        get_data_adapter(**arguments)


@pytest.mark.parametrize(
    "y", [[0, 1, 2, 1], [[0], [1], [2], [1]], np.eye(3)[[0, 1, 2, 1]], [0.0, 1.0, 2.0, 1.0]]
)
def test_class_weights(y):
    weights = class_weight_to_sample_weights(np.array(y), {0: 2.0, 1: 0.5})
    np.testing.assert_array_equal(weights, [2.0, 0.5, 1.0, 0.5])
    assert weights.dtype == "float32"


@pytest.mark.parametrize(("fraction", "first"), [(0.2, 8), (0.25, 7), (0.5, 5), (0.99, 0)])
def test_validation_split_takes_the_last_rows(fraction, first):
    x = np.arange(10, dtype="float32")
    arrays = (x, {"a": x}, None)
    if not first:
        with pytest.raises(ValueError, match="10 samples, which is not sufficient"):
            train_validation_split(arrays, fraction)
        return
    (train, _, _), (validation, named, weights) = train_validation_split(arrays, fraction)
    np.testing.assert_array_equal(train, x[:first])
    np.testing.assert_array_equal(validation, x[first:])
    np.testing.assert_array_equal(named["a"], x[first:])
    assert weights is None


@pytest.mark.parametrize("fraction", [-0.1, 1.0, 1.5])
def test_validation_split_outside_of_its_range(fraction):
    with pytest.raises(ValueError, match=f"validation_split={fraction}"):
        train_validation_split((np.ones(4),), fraction)


def test_validation_split_of_a_generator():
    with pytest.raises(ValueError, match=r"only supported for tensors or NumPy arrays.*generator"):
        train_validation_split(((i for i in range(3)), None, None), 0.5)


def test_packing():
    assert unpack_x_y_sample_weight(["x", "y"]) == ("x", "y", None)
    assert unpack_x_y_sample_weight(("x",)) == ("x", None, None)
    assert unpack_x_y_sample_weight({"x": 1}) == ({"x": 1}, None, None)
    assert pack_x_y_sample_weight("x", "y", "w") == ("x", "y", "w")
    with pytest.raises(ValueError, match=r"Data is expected to be in format.*4 parts"):
        unpack_x_y_sample_weight((1, 2, 3, 4))


def some_batches(count):
    for i in range(count):
        yield np.full((2, 1), i), np.full(2, i)


def test_generator():
    adapter = get_data_adapter(some_batches(3), shuffle=False)
    assert isinstance(adapter, GeneratorDataAdapter)
    assert adapter.num_batches is None
    assert [int(y[0]) for _, y in batches_of(adapter)] == [0, 1, 2]
    assert batches_of(adapter) == []  # it can be read once


def test_generator_that_yields_nothing_or_no_tuples():
    with pytest.raises(ValueError, match="must yield at least one batch"):
        get_data_adapter(some_batches(0))
    with pytest.raises(ValueError, match=r"must yield tuples.*ndarray"):
        get_data_adapter(iter([np.ones(3)]))


def test_arguments_that_do_not_go_with_a_generator():
    with pytest.raises(ValueError, match="`x` as a generator, `y` should not be passed"):
        get_data_adapter(some_batches(1), y=np.ones(2))
    with pytest.raises(ValueError, match="`sample_weights` should not be passed"):
        get_data_adapter(some_batches(1), sample_weight=np.ones(2))
    with pytest.raises(ValueError, match="`class_weight` is not supported"):
        get_data_adapter(some_batches(1), class_weight={0: 1.0})
    with pytest.warns(UserWarning, match="`shuffle=True` was passed"):
        get_data_adapter(some_batches(1), shuffle=True)


def test_iterable_begins_again():
    class Batches:
        def __iter__(self):
            return some_batches(3)

    class Counted(Batches):
        def __len__(self):
            return 3

    adapter = get_data_adapter(Batches())
    assert isinstance(adapter, IterableDataAdapter)
    assert adapter.num_batches is None
    assert get_data_adapter(Counted()).num_batches == 3
    assert len(batches_of(adapter)) == len(batches_of(adapter)) == 3


def test_adapter_of_ones_own():
    adapter = DataAdapter()
    assert get_data_adapter(adapter) is adapter


class Squares(PyDataset):
    def __init__(self, count=6, endless=False, **kwargs):
        super().__init__(**kwargs)
        self.count, self.endless = count, endless
        self.threads = set()
        self.made = 0

    @property
    def num_batches(self):
        return None if self.endless else self.count

    def __getitem__(self, index):
        self.threads.add(threading.current_thread().name)
        self.made += 1
        time.sleep(0.002 * (index % 3))  # later ones may be ready first
        return np.full((2, 1), index), np.full(2, index % 3)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_py_dataset_keeps_its_order(workers):
    data = Squares(12, workers=workers, max_queue_size=4)
    adapter = get_data_adapter(data)
    assert isinstance(adapter, PyDatasetAdapter)
    for _ in range(2):
        assert [int(x[0, 0]) for x, _ in batches_of(adapter)] == list(range(12))
    own = {threading.current_thread().name}
    assert data.threads == own if workers < 2 else not data.threads & own


def test_py_dataset_shuffled():
    adapter = get_data_adapter(Squares(30), shuffle=True)
    orders = [[int(x[0, 0]) for x, _ in batches_of(adapter)] for _ in range(2)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(30))


def test_threads_do_not_read_further_ahead_than_told():
    data = Squares(50, workers=2, max_queue_size=3)
    batches = get_data_adapter(data).get_numpy_iterator()
    next(batches)
    time.sleep(0.1)
    assert data.made <= 4
    batches.close()
    time.sleep(0.02)
    assert data.made <= 6


def test_endless_py_dataset():
    with pytest.warns(UserWarning, match="infinite PyDataset"):
        adapter = get_data_adapter(Squares(endless=True), shuffle=True)
    batches = adapter.get_numpy_iterator()
    assert [int(next(batches)[0][0, 0]) for _ in range(9)] == list(range(9))


@pytest.mark.parametrize("workers", [1, 2])
def test_error_in_a_py_dataset(workers):
    class Broken(Squares):
        def __getitem__(self, index):
            if index == 2:
                raise OSError("the file of batch 2 is missing")
            return super().__getitem__(index)

    batches = get_data_adapter(Broken(workers=workers)).get_numpy_iterator()
    next(batches), next(batches)
    with pytest.raises(OSError, match="batch 2 is missing"):
        next(batches)


def test_class_weights_of_a_py_dataset():
    adapter = get_data_adapter(Squares(3), class_weight={1: 5.0})
    assert [w.tolist() for _, _, w in batches_of(adapter)] == [[1, 1], [5, 5], [1, 1]]

    class Weighted(Squares):
        def __getitem__(self, index):
            return (*super().__getitem__(index), np.ones(2))

    with pytest.raises(ValueError, match=r"cannot specify `class_weight` and `sample_weight`"):
        batches_of(get_data_adapter(Weighted(3), class_weight={1: 5.0}))


def test_py_dataset_that_is_not_quite_one():
    class Forgot(PyDataset):
        def __init__(self):
            pass

        def __len__(self):
            return 1

        def __getitem__(self, index):
            return np.ones(2), np.ones(2), np.ones(2), np.ones(2)

    with pytest.warns(UserWarning, match=r"Forgot should call `super\(\).__init__"):
        adapter = get_data_adapter(Forgot())
    with pytest.raises(ValueError, match=r"Forgot.__getitem__\(\) must return a tuple"):
        batches_of(adapter)
    with pytest.raises(ValueError, match="has 0 batches"):
        get_data_adapter(Squares(0))
    with pytest.raises(NotImplementedError, match="num_batches"):
        get_data_adapter(PyDataset())
    with pytest.warns(UserWarning, match="2 threads"):
        get_data_adapter(Squares(workers=2, use_multiprocessing=True))


def test_shuffling_moves_the_global_generator_once_an_epoch():
    set_random_seed(1)
    before = random.global_seed_generator().state.numpy()
    batches_of(ArrayDataAdapter(np.arange(9), batch_size=2, shuffle=True))
    after = random.global_seed_generator().state.numpy()
    np.testing.assert_array_equal(after - before, [0, 1])


@pytest.mark.parametrize("name", ["batch_size", "has_partial_batch", "partial_batch_size"])
def test_what_an_adapter_does_not_know_is_none(name):
    def batches():
        yield np.zeros((2, 3)), np.zeros(2)

    assert getattr(DataAdapter(), name) is None
    assert getattr(GeneratorDataAdapter(batches()), name) is None

"""Data sets against those of real `tf.data`: elements, numbers of elements, shapes and types."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn.data import Dataset, TensorSpec

X = np.arange(24, dtype="float32").reshape(12, 2)
Y = np.arange(12)


def slices(d):
    return d.from_tensor_slices((X, {"y": Y}))


def ragged(d, tf_spec):
    return d.from_generator(
        lambda: (([n] * n, n) for n in range(1, 6)),
        output_signature=(tf_spec((None,), "int32"), tf_spec((), "float32")),
    )


PIPELINES = {
    "slices": slices,
    "python numbers": lambda d: d.from_tensor_slices(([1, 2], [1.5, 2.5], [True, False])),
    "nested": lambda d: d.from_tensor_slices({"a": (X, Y), "b": [[1, 2]] * 12}),
    "tensors": lambda d: d.from_tensors((X, [1, 2])),
    "range": lambda d: d.range(3, 20, 4),
    "range down": lambda d: d.range(9, 1, -2),
    "empty range": lambda d: d.range(0),
    "batch": lambda d: slices(d).batch(5),
    "batch without rest": lambda d: slices(d).batch(5, drop_remainder=True),
    "batches of batches": lambda d: slices(d).batch(2).batch(4),
    "unbatch": lambda d: slices(d).batch(5).unbatch(),
    "repeat": lambda d: d.range(3).repeat(2),
    "repeat none": lambda d: d.range(3).repeat(0),
    "take of repeat": lambda d: d.range(3).repeat().take(7),
    "take more": lambda d: d.range(3).take(7),
    "take all": lambda d: d.range(3).take(-1),
    "skip": lambda d: d.range(5).skip(2),
    "skip more": lambda d: d.range(5).skip(9),
    "skip all": lambda d: d.range(5).skip(-1),
    "shard": lambda d: d.range(11).shard(3, 1),
    "enumerate": lambda d: slices(d).enumerate(5),
    "zip": lambda d: d.zip((d.range(3), slices(d))),
    "zip of arguments": lambda d: d.zip(d.range(3), d.range(5).batch(2)),
    "zip of dict": lambda d: d.zip({"a": d.range(3), "b": (d.range(5), d.range(2))}),
    "concatenate": lambda d: d.range(3).concatenate(d.range(5)),
    "filter": lambda d: d.range(9).filter(lambda x: x % 3 == 0),
    "map": lambda d: slices(d).map(lambda x, y: (x * 2, y["y"] + 1)),
    "map to dict": lambda d: slices(d).map(lambda x, y: {"in": x, "out": (y["y"], x[0])}),
    "map of dict": lambda d: d.from_tensor_slices({"a": X}).map(lambda e: e["a"] + 1),
    "map to a list": lambda d: d.range(3).map(lambda x: [x, x + 1]),
    "map of batches": lambda d: slices(d).batch(5).map(lambda x, y: (x[:, 0], y["y"])),
    "map, many at once": lambda d: d.range(9).map(lambda x: x + 1, num_parallel_calls=4),
    "flat_map": lambda d: d.range(1, 4).flat_map(lambda x: d.from_tensors(x).repeat(2)),
    "cache": lambda d: d.range(5).cache().repeat(2),
    "prefetch": lambda d: d.range(5).prefetch(-1),
    "apply": lambda d: d.range(5).apply(lambda e: e.take(2)),
    "no shuffle": lambda d: d.range(5).shuffle(1),
}
SAME_SET = {
    "shuffle": lambda d: d.range(40).shuffle(40, seed=1),
    "small buffer": lambda d: d.range(40).shuffle(7),
    "shuffle, repeat": lambda d: d.range(10).shuffle(3).repeat(3),
}


def plain(element):
    if isinstance(element, dict):
        return {key: plain(value) for key, value in element.items()}
    if isinstance(element, tuple):
        return tuple(plain(part) for part in element)
    return np.asarray(element).dtype.name, np.asarray(element).tolist()


def plain_spec(spec):
    if isinstance(spec, dict):
        return {key: plain_spec(value) for key, value in spec.items()}
    if isinstance(spec, tuple):
        return tuple(plain_spec(part) for part in spec)
    shape = spec.shape
    shape = shape.as_list() if hasattr(shape, "as_list") else list(shape)
    return shape, getattr(spec.dtype, "name", spec.dtype)


@pytest.fixture(scope="module")
def tf():
    return pytest.importorskip("tensorflow")


@pytest.mark.keras
@pytest.mark.parametrize("name", PIPELINES)
def test_elements_cardinality_and_specs(tf, name):
    own, judge = PIPELINES[name](Dataset), PIPELINES[name](tf.data.Dataset)
    for _ in range(2):  # again from the beginning
        assert [plain(e) for e in own.as_numpy_iterator()] == [
            plain(e) for e in judge.as_numpy_iterator()
        ]
    assert int(own.cardinality()) == int(judge.cardinality())
    assert plain_spec(own.element_spec) == plain_spec(judge.element_spec)


@pytest.mark.keras
@pytest.mark.parametrize("name", SAME_SET)
def test_shuffled_elements(tf, name):
    own, judge = SAME_SET[name](Dataset), SAME_SET[name](tf.data.Dataset)
    assert int(own.cardinality()) == int(judge.cardinality())
    values = [int(x) for x in own]
    assert sorted(values) == sorted(int(x) for x in judge)
    assert values != sorted(values)


ENDLESS = {
    "repeat": lambda d: d.range(3).repeat(),
    "repeat twice": lambda d: d.range(3).repeat().repeat(2),
    "batch": lambda d: d.range(3).repeat(-1).batch(2),
    "skip": lambda d: d.range(3).repeat().skip(2),
    "zip": lambda d: d.zip((d.range(3).repeat(), d.range(2).repeat())),
    "zip with an end": lambda d: d.zip((d.range(3).repeat(), d.range(2))),
    "concatenate": lambda d: d.range(3).concatenate(d.range(3).repeat()),
    "nothing": lambda d: d.range(0).repeat(),
    "unknown": lambda d: d.range(9).filter(lambda x: x > 2).batch(2).repeat(2),
    "unknown, endless": lambda d: d.range(9).filter(lambda x: x > 2).repeat(),
    "filter of endless": lambda d: d.range(9).repeat().filter(lambda x: x > 2),
}


@pytest.mark.keras
@pytest.mark.parametrize("name", ENDLESS)
def test_cardinality_without_end(tf, name):
    own, judge = ENDLESS[name](Dataset), ENDLESS[name](tf.data.Dataset)
    assert int(own.cardinality()) == int(judge.cardinality())
    if int(judge.cardinality()) < 0:
        with pytest.raises(TypeError, match=r"infinite|unknown"):
            len(own)


@pytest.mark.keras
def test_generator_and_padded_batches(tf):
    own, judge = ragged(Dataset, TensorSpec), ragged(tf.data.Dataset, tf.TensorSpec)
    for settings in (
        {},
        {"padded_shapes": ([7], [])},
        {"padding_values": (-1, 0.0)},
        {"padded_shapes": ([None], []), "drop_remainder": True},
    ):
        mine, theirs = own.padded_batch(2, **settings), judge.padded_batch(2, **settings)
        assert [plain(e) for e in mine.as_numpy_iterator()] == [
            plain(e) for e in theirs.as_numpy_iterator()
        ]
    assert plain_spec(own.element_spec) == plain_spec(judge.element_spec)
    older = Dataset.from_generator(lambda: iter([[1, 2], [3, 4]]), "float32", (2,))
    assert older.element_spec == TensorSpec((2,), "float32")
    assert [x.tolist() for x in older] == [[1.0, 2.0], [3.0, 4.0]]


def how_early(dataset, count, passes):
    """For each element, how many places before its own place it came, on average and at most."""
    places = np.zeros((passes, count))
    for i in range(passes):
        for place, element in enumerate(dataset):
            places[i, int(element)] = np.arange(count)[int(element)] - place
    return places.mean(0), places.max(), places.std(0)


@pytest.mark.keras
def test_buffers_shuffle_as_in_tensorflow(tf):
    """The distributions of the elements' places agree within four standard errors."""
    count, buffer, passes = 12, 4, 600
    own = how_early(Dataset.range(count).shuffle(buffer, seed=3), count, passes)
    judge = how_early(tf.data.Dataset.range(count).shuffle(buffer, seed=3), count, passes)
    assert own[1] == judge[1] == buffer - 1
    error = np.sqrt((own[2] ** 2 + judge[2] ** 2) / passes) + 1e-9
    assert (abs(own[0] - judge[0]) < 4 * error).all()
    assert np.allclose(own[2], judge[2], rtol=0.25)

"""Bugs planted in data sets are seen beside real `tf.data` and Keras."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from compare.mutants.planted.data_sets import BUGS
from compare.mutants.planted.switch import switched_on

SERIES = np.arange(20, dtype="float32")


def ragged(d, spec):
    return d.from_generator(
        lambda: ([n] * n for n in range(1, 6)), output_signature=spec((None,), "float32")
    )


def order(dataset):
    """Which elements came, and whether in order; the order itself differs between libraries."""
    values = [int(x) for x in dataset.as_numpy_iterator()]
    return [np.array(sorted(values)), np.array(values == sorted(values))]


def cached(d):
    """A pass after one that was broken off, and whether a second pass has the first one's order."""
    dataset = d.range(5).cache()
    next(iter(dataset.as_numpy_iterator()))
    shuffled = d.range(40).shuffle(40, seed=1).cache()
    passes = [[int(x) for x in shuffled.as_numpy_iterator()] for _ in range(2)]
    return [np.array(list(dataset.as_numpy_iterator())), np.array(passes[0] == passes[1])]


PIPELINES = {
    "shuffle: small buffer": lambda d, k, spec: order(d.range(40).shuffle(7, seed=1)),
    "shuffle: whole": lambda d, k, spec: order(d.range(40).shuffle(40, seed=1)),
    "cache": lambda d, k, spec: cached(d),
    "batch": lambda d, k, spec: d.range(11).batch(4),
    "unbatch": lambda d, k, spec: d.range(11).batch(4).unbatch(),
    "padded_batch": lambda d, k, spec: ragged(d, spec).padded_batch(2),
    "take": lambda d, k, spec: d.range(5).take(3),
    "skip": lambda d, k, spec: d.range(5).skip(3),
    "shard": lambda d, k, spec: d.range(11).shard(3, 1),
    "concatenate": lambda d, k, spec: d.range(3).concatenate(d.range(5)),
    "repeat": lambda d, k, spec: d.range(3).repeat(2),
    "window": lambda d, k, spec: (
        d.range(11).window(3, shift=2, stride=2).flat_map(lambda w: w.batch(3))
    ),
    "interleave": lambda d, k, spec: d.range(1, 6).interleave(
        lambda n: d.range(10 * n, 11 * n), cycle_length=2, block_length=2
    ),
    "take_while": lambda d, k, spec: d.range(9).take_while(lambda x: x % 5 < 4),
    "zip": lambda d, k, spec: d.zip((d.range(3), d.range(5, 9))),
    "from_generator": lambda d, k, spec: ragged(d, spec),
    "pad_sequences": lambda d, k, spec: [
        k.utils.pad_sequences([[1], [2, 3, 4]], maxlen=2, padding=where, truncating=where)
        for where in ("pre", "post")
    ],
    "split_dataset": lambda d, k, spec: [
        np.array(list(part.as_numpy_iterator()))
        for part in k.utils.split_dataset(SERIES, left_size=5, right_size=7)
    ],
    "timeseries": lambda d, k, spec: k.utils.timeseries_dataset_from_array(
        SERIES, SERIES + 100, 3, sequence_stride=2, sampling_rate=3, batch_size=4
    ),
}


def elements(pipeline, d, k, spec):
    """The elements as types and values."""
    found = PIPELINES[pipeline](d, k, spec)
    found = found if isinstance(found, list) else list(found.as_numpy_iterator())
    return [(x.dtype.name, x.tolist()) for x in map(np.asarray, minicnn.tree.flatten(found))]


def ours(pipeline):
    return elements(pipeline, minicnn.data.Dataset, minicnn, minicnn.data.TensorSpec)


@pytest.fixture(scope="module")
def judged():
    """What `tf.data` and Keras on TensorFlow say, by pipeline."""
    tf, keras = pytest.importorskip("tensorflow"), pytest.importorskip("keras")
    return {name: elements(name, tf.data.Dataset, keras, tf.TensorSpec) for name in PIPELINES}


@pytest.mark.keras
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.what)
def test_each_bug_is_seen(bug, judged):
    for name in bug.near:
        assert ours(name) == judged[name]
        with switched_on(bug):
            assert ours(name) != judged[name]
        assert ours(name) == judged[name]


def test_every_pipeline_sees_a_bug():
    assert {name for bug in BUGS for name in bug.near} == set(PIPELINES)

"""Arguments that are whole numbers: what is none is refused, with the name of whose it is."""

import numpy as np
import pytest

import minicnn as keras
from minicnn.common.whole_numbers import check_whole_number

layers, metrics = keras.layers, keras.metrics


@pytest.mark.parametrize("value", [1, 7, np.int8(3), np.int64(2), True, None])
def test_whole_numbers_pass(value):
    check_whole_number("a layer", "size", value, least=1)


@pytest.mark.parametrize("value", [0, -1, 2.0, np.float32(2), "2", [1], (1,), float("nan")])
def test_others_are_refused(value):
    with pytest.raises(ValueError, match=r"`size` of a layer must be .* 1 or more. Received:"):
        check_whole_number("a layer", "size", value, least=1)


@pytest.mark.parametrize("value", [2.5, "nonsense", [3]])
@pytest.mark.parametrize(
    "make",
    [
        lambda x: layers.CenterCrop(x, 2),
        lambda x: layers.CenterCrop(2, x),
        lambda x: layers.Resizing(x, 2),
        lambda x: layers.RandomCrop(2, x),
        lambda x: metrics.IoU(2, [0], ignore_class=x),
        lambda x: metrics.MeanIoU(2, axis=x),
        lambda x: metrics.OneHotMeanIoU(2, ignore_class=x),
        lambda x: keras.optimizers.SGD(gradient_accumulation_steps=x),
        lambda x: keras.optimizers.Adam(gradient_accumulation_steps=x),
        lambda x: keras.ops.top_k(np.ones((2, 3)), x),
        lambda x: keras.ops.in_top_k(np.array([0, 1]), np.ones((2, 3)), x),
        lambda x: metrics.TopKCategoricalAccuracy(x)(np.eye(3), np.ones((3, 3))),
        lambda x: metrics.SparseTopKCategoricalAccuracy(x)(np.arange(3), np.ones((3, 3))),
        lambda x: metrics.Precision(top_k=x)(np.eye(3), np.ones((3, 3))),
    ],
)
def test_who_takes_whole_numbers(make, value):
    with pytest.raises((ValueError, TypeError), match=r"whole number|integer"):
        make(value)


def test_the_smallest_top_k():
    with pytest.raises(ValueError, match="`k` of top_k must be a whole number, 0 or more"):
        metrics.Recall(top_k=-1)(np.eye(3), np.ones((3, 3)))


@pytest.mark.parametrize("value", [[1], (1, 2, 3), "nonsense", np.ones(2)])
@pytest.mark.parametrize("name", ["RandomRotation", "RandomZoom"])
def test_one_number_fills(name, value):
    with pytest.raises(ValueError, match=rf"`fill_value` of {name} '.*' must be a number"):
        getattr(layers, name)(0.1, fill_value=value)


@pytest.mark.parametrize("factor", [-1, (-1, 0.5), [0.2, -1.0]])
def test_a_zoom_leaves_something(factor):
    with pytest.raises(ValueError, match=r"`height_factor` of RandomZoom .* larger than -1"):
        layers.RandomZoom(factor)

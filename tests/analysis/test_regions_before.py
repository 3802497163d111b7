"""`regions_before`: those parts of earlier outputs whose change changes the element."""

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.analysis import receptive_field, regions_before


def network():
    inner = keras.Sequential(
        [
            keras.Input((9, 9, 2)),
            layers.Conv2D(2, 3, padding="same", name="c"),
            layers.AveragePooling2D(3, 1, padding="same", name="p"),
        ],
        name="inner",
    )
    x = inputs = keras.Input((9, 9, 2))
    x = layers.Conv2D(2, 2, padding="same", name="first")(x)
    y = layers.Add(name="sum")([inner(x), x])
    y = layers.Conv2D(3, 3, strides=2, name="second")(y)
    y = layers.Flatten(name="flat")(y)
    return keras.Model(inputs, layers.Dense(4, name="last")(y))


def depends(function, shape, position):
    """The bounding box of the elements on which one element of the result depends."""
    x = keras.ops.convert_to_tensor(np.ones((1, *shape), "float32"))
    with keras.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    one = np.zeros(y.shape, "float32")
    one[(0, *position)] = 1
    gradient = tape.gradient(y, x, one).numpy()[0]
    places = np.argwhere(abs(gradient).sum(-1) > 0)
    return tuple(
        slice(int(a), int(b) + 1) for a, b in zip(places.min(0), places.max(0), strict=True)
    )


def test_regions_in_every_earlier_layer():
    model = network()
    for w in model.weights:
        w.assign(np.random.default_rng(0).uniform(0.5, 1, w.shape))
    get, inner = model.get_layer, model.get_layer("inner")

    def from_sum(y):
        return get("second")(y)

    def from_first(x):
        return from_sum(inner(x) + x)

    functions = {
        "input": lambda x: from_first(get("first")(x)),
        "first": from_first,
        "inner/c": lambda c: from_sum(inner.get_layer("p")(c)),
        "inner/p": from_sum,
        "sum": from_sum,
    }
    found = regions_before(model, "second")
    assert list(found) == ["input", "first", "inner/c", "inner/p", "sum"]
    for position in [(0, 0, 0), (1, 2, 1), (3, 3, 2)]:
        regions = found.at(*position)
        for name, function in functions.items():
            expected = depends(function, found[name].input_shape, position)
            assert regions[name] == expected, (name, position)
    assert found["input"].size == receptive_field(model, "second").size


def test_a_flattened_layer_and_one_that_is_not_before():
    model = network()
    found = regions_before(model, "last")
    assert found.at(2)["flat"] == (slice(0, 48),)
    assert found.at(2)["input"] == (slice(0, 9), slice(0, 9))
    assert list(regions_before(model, "inner/p")) == ["input", "first", "inner/c"]
    with pytest.raises(ValueError, match="No layer"):
        regions_before(model, "nothing")
    assert "Receptive fields of last" in str(found)

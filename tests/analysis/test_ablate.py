"""`ablate`: the same as a model whose weights make these channels zero."""

import threading

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers
from minicnn.analysis import ablate, ablated


def network(data_format="channels_last"):
    shape = (6, 6, 2) if data_format == "channels_last" else (2, 6, 6)
    inner = keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(
                2, 3, padding="same", activation="relu", name="c", data_format=data_format
            ),
        ],
        name="inner",
    )
    x = inputs = keras.Input(shape)
    x = layers.Conv2D(2, 3, padding="same", name="first", data_format=data_format)(x)
    x = layers.Flatten()(layers.Add()([inner(inner(x)), x]))
    x = layers.Dense(5, activation="relu", name="hidden")(x)
    return keras.Model(inputs, layers.Dense(4, activation="softmax", name="last")(x))


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    return random.normal(size=(30, 6, 6, 2)).astype("float32"), random.integers(0, 4, 30)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_channels_are_as_if_their_weights_were_zero(data, data_format):
    (x, y), model = data, network(data_format)
    x = x if data_format == "channels_last" else x.transpose(0, 3, 1, 2)
    found = ablate(model, x, {"first": [1], "hidden": [0, 3]}, y, batch_size=7)
    np.testing.assert_allclose(found.before, model(x).numpy(), rtol=1e-5, atol=1e-6)
    assert found.accuracy_before == (found.before.argmax(-1) == y).mean()
    assert found.accuracy_after == (found.after.argmax(-1) == y).mean()
    weights = model.get_weights()
    for name, off in {"first": [1], "hidden": [0, 3]}.items():
        layer = model.get_layer(name)
        kernel = layer.kernel.numpy().copy()
        kernel[..., off] = 0
        layer.kernel.assign(kernel)
    expected = model(x).numpy()
    model.set_weights(weights)
    np.testing.assert_allclose(found.after, expected, rtol=1e-5, atol=1e-6)
    assert abs(found.after - found.before).max() > 1e-3


def test_one_call_of_a_shared_layer_or_all(data):
    (x, _), model = data, network()
    inner = model.get_layer("inner")

    def expected(first, second):
        z = a = model.get_layer("first")(x)
        for off in (first, second):
            a = inner(a).numpy().copy()
            a[..., 0] *= not off
        z = keras.ops.reshape(a + z, (len(x), -1))
        return model.get_layer("last")(model.get_layer("hidden")(z)).numpy()

    for channels, off in (
        ({"inner/c": [0]}, (True, False)),
        ({"inner#2/c": [0]}, (False, True)),
        ({"c": [0]}, (True, True)),
    ):
        found = ablate(model, x, channels).after
        np.testing.assert_allclose(found, expected(*off), rtol=1e-4, atol=1e-6, err_msg=channels)


def test_other_threads_see_the_whole_model(data):
    (x, _), model = data, network()
    whole, seen = model(x).numpy(), []
    with ablated(model, {"hidden": [0, 1, 2, 3, 4]}):
        changed = model(x).numpy()
        thread = threading.Thread(target=lambda: seen.append(model(x).numpy()))
        thread.start()
        thread.join()
    np.testing.assert_allclose(seen[0], whole, rtol=1e-6)
    assert abs(changed - whole).max() > 1e-3
    np.testing.assert_array_equal(model(x).numpy(), whole)
    assert "call" not in vars(model.get_layer("hidden"))


def test_nothing_switched_off_and_wrong_names(data):
    (x, y), model = data, network()
    found = ablate(model, x, {"hidden": []}, np.eye(4)[y])
    np.testing.assert_array_equal(found.before, found.after)
    assert found.accuracy_before == found.accuracy_after == (found.before.argmax(-1) == y).mean()
    with pytest.raises(ValueError, match="Did you mean"):
        ablate(model, x, {"hiden": [0]})
    with pytest.raises(IndexError, match="'hidden' has 5 channels"):
        ablate(model, x, {"hidden": [5]})
    assert "Accuracy" in str(ablate(model, x, {"hidden": [0]}, y))

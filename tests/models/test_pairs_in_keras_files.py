"""Files of real Keras whose layers run in pairs: every way to draw, and to call, two layers."""

import json
import zipfile

import numpy as np
import pytest

import minicnn
from minicnn import config
from minicnn.layers.base.call_arguments import call_signature
from minicnn.models.fusion import PAIRS, fused_nodes

SHAPE = (6, 6, 4)


def residual(k, x):
    y = k.layers.Conv2D(4, 3, padding="same", use_bias=False)(x)
    y = k.layers.ReLU()(k.layers.BatchNormalization()(y))
    y = k.layers.BatchNormalization()(k.layers.Conv2D(4, 3, padding="same")(y))
    return k.layers.ReLU()(k.layers.Add()([x, y]))


def mobile(k, x):
    y = k.layers.DepthwiseConv2D(3, padding="same", use_bias=False)(x)
    y = k.layers.ReLU(max_value=6)(k.layers.BatchNormalization()(y))
    y = k.layers.BatchNormalization()(k.layers.Conv2D(8, 1, use_bias=False)(y))
    return k.layers.ReLU()(k.layers.SeparableConv2D(4, 3)(k.layers.ReLU()(y)))


def dense(k, x):
    for _ in range(2):
        y = k.layers.ReLU()(k.layers.BatchNormalization()(x))
        y = k.layers.Dropout(0.0)(k.layers.Conv2D(3, 3, padding="same")(y))
        x = k.layers.Concatenate()([x, y])
    return k.layers.AveragePooling2D(2)(k.layers.Activation("relu")(x))


def inception(k, x):
    one = k.layers.MaxPooling2D(2)(k.layers.Conv2D(8, 1, activation="relu")(x))
    two = k.layers.Conv2D(3, 3, strides=2, padding="same")(x)
    two = k.layers.ReLU()(k.layers.BatchNormalization(scale=False)(two))
    three = k.layers.Conv2D(2, 1, activation="relu")(k.layers.MaxPooling2D(2)(x))
    return k.layers.Concatenate()([one, two, three])


def one_input(k):
    first = k.Input(SHAPE)
    return first, first


def masked_input(k):
    """Images, and a mask for their positions, which is an input too."""
    image, mask = k.Input(SHAPE), k.Input(SHAPE[:-1], dtype="bool")
    return [image, mask], (image, mask)


def normalized(**call):
    return lambda k, x: k.layers.ReLU()(k.layers.BatchNormalization()(x, **call))


def by_keyword(k, x):
    return k.layers.ReLU()(k.layers.BatchNormalization()(inputs=x, mask=None))


def both_by_keyword(k, x):
    y = k.layers.Add()(inputs=[x, x])
    y = k.layers.ReLU()(inputs=k.layers.BatchNormalization()(inputs=y, training=None))
    return k.layers.MaxPooling2D()(inputs=k.layers.Conv2D(8, 3)(inputs=y))


def given_mask(k, x):
    image, mask = x
    return k.layers.ReLU()(k.layers.BatchNormalization()(image, mask=mask))


def shared(k, x):
    norm, relu = k.layers.BatchNormalization(), k.layers.ReLU()
    return k.layers.Add()([relu(norm(x)), relu(norm(relu(norm(x))))])


def shared_convolution(k, x):
    conv, pool = k.layers.Conv2D(4, 3, padding="same", activation="relu"), k.layers.MaxPooling2D()
    return pool(conv(pool(conv(x))))


def used_elsewhere(k, x):
    y = k.layers.BatchNormalization()(x)
    z = k.layers.Add()([y, k.layers.ReLU()(y)])
    return k.layers.Subtract()([k.layers.ReLU()(z), z])


def frozen(k, x):
    return k.layers.ReLU()(k.layers.BatchNormalization(trainable=False)(x))


def without_gamma(k, x):
    return k.layers.ReLU()(k.layers.BatchNormalization(scale=False, center=False)(x))


def other_axis(k, x):
    return k.layers.ReLU()(k.layers.BatchNormalization(axis=1)(x))


def other_relu(k, x):
    return k.layers.ReLU(negative_slope=0.2)(k.layers.BatchNormalization()(x))


def every_pair(k, x):
    """Each layer that may come first in front of each that may come second."""
    firsts = k.layers.BatchNormalization, k.layers.Add, lambda: k.layers.Conv2D(4, 3)
    seconds = k.layers.ReLU, k.layers.MaxPooling2D
    outputs = []
    for first in firsts:
        for second in seconds:
            inputs = [x, x] if first is k.layers.Add else x
            outputs.append(k.layers.GlobalAveragePooling2D()(second()(first()(inputs))))
    return k.layers.Concatenate()(outputs)


def nested(k, x):
    inner = k.Input(SHAPE)
    model = k.Model(inner, k.layers.BatchNormalization()(residual(k, inner)))
    return k.layers.ReLU()(model(x))


def of_policy(policy):
    def draw(k, x):
        y = k.layers.Conv2D(8, 3, dtype=policy, activation="relu")(x)
        y = k.layers.MaxPooling2D(2, dtype=policy)(y)
        y = k.layers.ReLU(dtype=policy)(k.layers.BatchNormalization(dtype=policy)(y))
        return k.layers.Activation("linear", dtype="float32")(y)

    return draw


def of_two_policies(k, x):
    y = k.layers.ReLU(dtype="float32")(k.layers.BatchNormalization(dtype="mixed_float16")(x))
    return k.layers.ReLU(dtype="float64")(k.layers.BatchNormalization(autocast=False)(y))


DRAWINGS = {
    "residual": residual,
    "mobile": mobile,
    "dense": dense,
    "inception": inception,
    "no mask": normalized(mask=None),
    "training": normalized(training=True),
    "not training": normalized(training=False),
    "training and mask": normalized(training=True, mask=None),
    "by keyword": by_keyword,
    "both by keyword": both_by_keyword,
    "mask": given_mask,
    "shared": shared,
    "shared convolution": shared_convolution,
    "used elsewhere": used_elsewhere,
    "frozen": frozen,
    "without gamma": without_gamma,
    "other axis": other_axis,
    "other relu": other_relu,
    "every pair": every_pair,
    "nested": nested,
    "mixed_float16": of_policy("mixed_float16"),
    "float64": of_policy("float64"),
    "two policies": of_two_policies,
}


def drawn(k, name):
    inputs, x = masked_input(k) if name == "mask" else one_input(k)
    return k.Model(inputs, DRAWINGS[name](k, x))


def data(name, rng):
    image = rng.normal(size=(5, *SHAPE)).astype("float32")
    return [image, rng.random((5, *SHAPE[:-1])) > 0.3] if name == "mask" else image


def run(model, x):
    """Outputs of training and testing, gradients, and the averages that training moves."""
    start = model.get_weights()
    with minicnn.GradientTape() as tape:
        y = model(x, training=True)
        loss = minicnn.ops.sum(y * np.cos(np.arange(y.size)).reshape(y.shape))
    gradients = tape.gradient(loss, model.trainable_weights)
    results = [y, *gradients, *model.non_trainable_weights, model.predict(x, verbose=0), model(x)]
    results = [np.asarray(each, "float64") for each in results]
    model.set_weights(start)
    return results


def apart(function, *args, **settings):
    config.set_fusion(False)
    try:
        return function(*args, **settings)
    finally:
        config.set_fusion(True)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_file_of_keras_computes_what_it_does_in_keras(name, keras, rng, tmp_path):
    theirs = drawn(keras, name)
    weights = [rng.uniform(0.5, 1.5, np.shape(w)).astype("float32") for w in theirs.get_weights()]
    theirs.set_weights(weights)
    x = data(name, rng)
    theirs.save(tmp_path / "theirs.keras")
    ours = minicnn.saving.load_model(tmp_path / "theirs.keras")
    tolerance = 1e-2 if "16" in name or "policies" in name else 2e-5
    bound = {"rtol": tolerance, "atol": tolerance * 10}
    for training in (False, True, None):
        np.testing.assert_allclose(
            ours(x, training=training), theirs(x, training=training), **bound
        )
    for w, v in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(w, v, **bound)
    np.testing.assert_allclose(ours.predict(x, verbose=0), theirs.predict(x, verbose=0), **bound)


@pytest.mark.parametrize("name", DRAWINGS)
def test_pairs_do_what_their_layers_do(name, rng):
    model, x = drawn(minicnn, name), data(name, rng)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape).astype("float32") for w in model.weights])
    tolerance = 2e-2 if "16" in name or "policies" in name else 1e-4
    for ours, single in zip(run(model, x), apart(run, model, x), strict=True):
        scale = max(1.0, np.abs(single).max())
        np.testing.assert_allclose(ours, single, rtol=0, atol=tolerance * scale)


def test_channels_first_is_left_to_the_layers(rng):
    inputs = minicnn.Input((4, 6, 6))
    first = {"data_format": "channels_first"}
    y = minicnn.layers.MaxPooling2D(**first)(minicnn.layers.Conv2D(8, 3, **first)(inputs))
    y = minicnn.layers.ReLU()(minicnn.layers.BatchNormalization(axis=1)(y))
    model = minicnn.Model(inputs, y)
    x = rng.normal(size=(3, 4, 6, 6)).astype("float32")
    for ours, single in zip(run(model, x), apart(run, model, x), strict=True):
        np.testing.assert_allclose(ours, single, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kinds", PAIRS)
def test_a_pair_takes_every_argument_of_its_first_layer(kinds):
    first, second = kinds
    made = first(4, 3) if first is minicnn.layers.Conv2D else first()
    pair = PAIRS[kinds](made, second())
    assert all(call_signature(pair).accepts(name) for name in call_signature(made).names)


def test_a_mask_from_inside_a_layer_goes_through_a_pair(rng):
    class Marked(minicnn.layers.Layer):
        def call(self, x):
            y = x + 0.0
            y._keras_mask = minicnn.ops.any(x > 0, axis=-1)
            return y

    class Seen(minicnn.layers.Layer):
        def compute_mask(self, x, mask=None):
            return mask

        def call(self, x, mask=None):
            return x if mask is None else x * minicnn.ops.cast(mask, x.dtype)[..., None]

    inner = minicnn.Input((6, 4))
    holder = minicnn.Model(inner, minicnn.layers.Masking()(inner))
    for source in (Marked(), holder):
        inputs = minicnn.Input((6, 4))
        x = minicnn.layers.ReLU()(minicnn.layers.BatchNormalization()(source(inputs)))
        x = minicnn.layers.ReLU()(minicnn.layers.Add()([x, x]))
        model = minicnn.Model(inputs, Seen()(x))
        x = rng.normal(size=(5, 6, 4)).astype("float32")
        x[:, 4:] = 0
        for training in (True, False):
            expected = apart(model, x, training=training)
            found = model(x, training=training)
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)
            assert not np.asarray(found)[:, 4:].any() or source is holder


def test_frozen_layers_stay_frozen_in_a_file(tmp_path):
    inputs = minicnn.Input((4,))
    x = minicnn.layers.Dense(3, trainable=False)(inputs)
    model = minicnn.Model(inputs, minicnn.layers.Dense(2)(x), trainable=True)
    model.save(tmp_path / "m.keras")
    for again in (
        minicnn.saving.load_model(tmp_path / "m.keras"),
        minicnn.models.clone_model(model),
    ):
        assert [layer.trainable for layer in again.layers] == [True, False, True]
        assert len(again.trainable_weights) == 2


def test_an_argument_of_none_leaves_the_graph_as_it_was(tmp_path, rng):
    """Keras writes `mask: null` for each call of such a layer; the model stays as fast."""
    model = drawn(minicnn, "residual")
    model.save(tmp_path / "ours.keras")
    with zipfile.ZipFile(tmp_path / "ours.keras") as old:
        files = {name: old.read(name) for name in old.namelist()}
    written = json.loads(files["config.json"])
    for layer in written["config"]["layers"]:
        for node in layer["inbound_nodes"] if layer["class_name"] == "BatchNormalization" else ():
            node["kwargs"]["mask"] = None
    files["config.json"] = json.dumps(written)
    with zipfile.ZipFile(tmp_path / "theirs.keras", "w") as new:
        for name, content in files.items():
            new.writestr(name, content)
    again = minicnn.saving.load_model(tmp_path / "theirs.keras")
    assert not any(node.arguments.kwargs for node in again._nodes)
    counts = [len(fused_nodes(m._nodes, m._outputs)) for m in (model, again)]
    assert counts[0] == counts[1] < len(model._nodes)
    x = data("residual", rng)
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))

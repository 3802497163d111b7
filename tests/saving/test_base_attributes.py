"""What every layer has (trainable, name, type, penalty) comes back from configs and files."""

import copy

import numpy as np
import pytest

import minicnn
from compare.cases import catalogue
from compare.libraries.minicnn import MiniCNN

LIBRARY = MiniCNN()
WITHOUT = ("SpatialDropout", "InputLayer", "Wrapper")
BASE = {
    "trainable": {"trainable": False},
    "name": {"name": "given"},
    "policy": {"dtype": "mixed_float16"},
    "type": {"dtype": "float64"},
    "penalty": {"activity_regularizer": "l2"},
    "all": {
        "trainable": False,
        "name": "given",
        "dtype": "mixed_bfloat16",
        "activity_regularizer": "l1",
    },
}


def layers_of_the_catalogue():
    """The settings of a case of parity for each class of layers.

    Keras's SpatialDropout writes neither `trainable` nor a policy; an input has no attributes.
    """
    found = {case.name: case for case in catalogue.cases() if case.kind == "layers"}
    found = {name: case for name, case in found.items() if not name.startswith(WITHOUT)}
    return [pytest.param(name, case.settings, id=name) for name, case in sorted(found.items())]


def resolved(k, settings):
    """The settings, with objects of this library in place of their descriptions."""
    library = copy.copy(LIBRARY)
    library.keras = k
    return library.resolve(dict(settings))


def made(k, name, settings, base):
    """The layer, or None if it does not take the arguments."""
    try:
        return getattr(k.layers, name)(**{**resolved(k, settings), **base})
    except (TypeError, ValueError):
        return None


def attributes(layer):
    regularizer = layer.activity_regularizer
    return {
        "trainable": layer.trainable,
        "name": layer.name,
        "policy": layer.dtype_policy.name,
        "penalty": regularizer and regularizer.get_config(),
        "autocast": layer.autocast,
    }


@pytest.mark.parametrize("base", BASE)
@pytest.mark.parametrize(("name", "settings"), layers_of_the_catalogue())
def test_configs_keep_what_the_constructor_was_given(keras, name, settings, base):
    layer = made(minicnn, name, settings, BASE[base])
    theirs = made(keras, name, settings, BASE[base])
    assert (layer is None) == (theirs is None), "only one of both libraries takes the arguments"
    if layer is None:
        return
    again = type(layer).from_config(layer.get_config())
    through_text = minicnn.saving.deserialize_keras_object(
        minicnn.saving.serialize_keras_object(layer)
    )
    assert attributes(again) == attributes(through_text) == attributes(layer)


def frozen_here_and_there(k):
    """A model with frozen layers at all depths; in `inner` one, and all of `asleep`."""
    layers = k.layers
    inner = k.Sequential(
        [
            k.Input((4,)),
            layers.Dense(4, name="inner_frozen", trainable=False),
            layers.BatchNormalization(name="inner_free"),
            layers.Dense(3, name="policy", dtype="float64"),
        ],
        name="inner",
    )
    asleep = k.Sequential(
        [k.Input((3,)), layers.Dense(3, name="below"), layers.Dense(2, name="deeper")],
        name="asleep",
    )
    asleep.trainable = False
    x = k.Input((5,), name="x")
    y = layers.Dense(4, name="frozen_later", activity_regularizer="l2")(x)
    y = layers.BatchNormalization(name="frozen_norm", trainable=False)(y)
    y = asleep(inner(y))
    model = k.Model(x, layers.Dense(1, name="free", kernel_regularizer="l1")(y), name="outer")
    model.get_layer("frozen_later").trainable = False
    model.compile("sgd", "mse")
    return model


def all_layers(layer):
    """Every layer with own weights at every depth: models are frozen by freezing their layers."""
    found = {}
    for each in layer.layers:
        if each.weights and not hasattr(each, "layers"):
            found[each.name] = each
        if hasattr(each, "layers"):
            found |= {f"{each.name}/{k}": v for k, v in all_layers(each).items()}
    return found


@pytest.mark.parametrize(
    "direction", ["minicnn to minicnn", "minicnn to keras", "keras to minicnn"]
)
def test_files_keep_what_is_frozen_at_every_depth(keras, direction, tmp_path):
    libraries = {"minicnn": minicnn, "keras": keras}
    writer, reader = (libraries[word] for word in direction.split(" to "))
    model = frozen_here_and_there(writer)
    model.save(tmp_path / "model.keras")
    again = reader.saving.load_model(tmp_path / "model.keras")
    before, after = all_layers(model), all_layers(again)
    assert before.keys() == after.keys()
    for path, layer in before.items():
        pairs = attributes(layer), attributes(after[path])
        for pair in pairs:
            pair["penalty"] = pair["penalty"] and round(float(pair["penalty"]["l2"]), 6)
        assert pairs[0] == pairs[1], path
    weights = [
        ["/".join(w.path.split("/")[-2:]) for w in m.trainable_weights] for m in (model, again)
    ]  # a loaded model's paths begin at the layer
    assert weights[0] == weights[1]
    assert len(weights[0]) < len(model.weights) / 2

    x, y = np.ones((4, 5), "float32"), np.ones((4, 1), "float32")
    changed = []
    for each in (model, again):
        each.run_eagerly = True
        start = each.get_weights()
        each.train_on_batch(x, y)
        pairs = zip(start, each.get_weights(), strict=True)
        changed.append([bool((a != b).any()) for a, b in pairs])
    assert changed[0] == changed[1]


@pytest.mark.parametrize("frozen", [False, True])
def test_a_clone_keeps_what_is_frozen(frozen):
    model = frozen_here_and_there(minicnn)
    model.trainable = not frozen
    again = minicnn.models.clone_model(model)
    before, after = all_layers(model), all_layers(again)
    assert {k: v.trainable for k, v in before.items()} == {k: v.trainable for k, v in after.items()}

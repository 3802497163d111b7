"""Models that are drawn."""

import numpy as np
import pytest

import minicnn
from minicnn import GradientTape, Input, Model, layers, ops


def two_in_two_out():
    a, b = Input((3,), name="a"), Input((2,), name="b")
    shared = layers.Dense(4, name="shared")
    joined = layers.concatenate([shared(a), shared(layers.Dense(3)(b))])
    return Model([a, b], {"sum": layers.Dense(1, name="sum")(joined), "joined": joined})


@pytest.fixture
def batch(rng):
    return {
        "a": rng.normal(size=(5, 3)).astype("float32"),
        "b": rng.normal(size=(5, 2)).astype("float32"),
    }


def test_inputs_as_list_tuple_or_dict(batch):
    model = two_in_two_out()
    results = [model([batch["a"], batch["b"]]), model((batch["a"], batch["b"])), model(batch)]
    for result in results:
        assert set(result) == {"sum", "joined"}
        np.testing.assert_array_equal(result["sum"], results[0]["sum"])
    assert model.output_shape == [(None, 8), (None, 1)], "in the order of `model.outputs`"


def test_a_shared_layer_learns_from_both_calls(batch):
    model = two_in_two_out()
    shared = model.get_layer("shared")
    with GradientTape() as tape:
        y = ops.sum(model(batch)["joined"] ** 2)
    whole = tape.gradient(y, shared.bias).numpy()
    np.testing.assert_allclose(
        whole, 2 * model(batch)["joined"].numpy().reshape(5, 2, 4).sum((0, 1)), rtol=1e-5
    )
    assert len(model.trainable_variables) == 6


def test_feature_maps_and_tails_share_the_weights(rng):
    inputs = Input((8, 8, 1))
    maps = layers.Conv2D(3, 3, name="maps")(inputs)
    middle = layers.Flatten()(layers.ReLU()(maps))
    outputs = layers.Dense(2, name="head")(middle)
    model = Model(inputs, outputs)
    head = Model(model.inputs, model.get_layer("maps").output)
    tail = Model(maps, outputs)
    x = rng.normal(size=(2, 8, 8, 1)).astype("float32")
    assert head(x).shape == (2, 6, 6, 3)
    np.testing.assert_allclose(tail(head(x)), model(x), rtol=1e-5)
    assert tail.get_layer("head").kernel is model.get_layer("head").kernel


def test_nested_models_and_operators(rng):
    x = Input((3,))
    inner = Model(x, [layers.Dense(2)(x), x * 2])
    y = Input((3,))
    a, b = inner(y)
    outer = Model(y, ops.concatenate([a, b], axis=-1) + 1)
    data = rng.normal(size=(4, 3)).astype("float32")
    expected = np.concatenate([inner.layers[1](data).numpy(), data * 2], -1) + 1
    np.testing.assert_allclose(outer(data), expected, rtol=1e-5)
    assert [w.path for w in outer.weights] == [w.path for w in inner.weights]


def test_config_draws_the_same_model(batch):
    model = two_in_two_out()
    again = Model.from_config(model.get_config())
    again.set_weights(model.get_weights())
    for key, value in model(batch).items():
        np.testing.assert_array_equal(again(batch)[key], value)
    assert again.get_config() == model.get_config()


def test_twice_through_json(batch):
    x = Input((3,), name="a")
    nested = Model(x, layers.Dense(2)(x), name="nested")
    model = Model(
        x, nested(ops.tanh(nested_input := layers.Dense(3)(x))) * 3 + ops.sum(nested_input)
    )
    again = minicnn.models.model_from_json(model.to_json())
    again.set_weights(model.get_weights())
    np.testing.assert_array_equal(again(batch["a"]), model(batch["a"]))


def test_training_reaches_the_layers_and_wins():
    x = Input((1000,))
    model = Model(x, layers.Dropout(0.5)(x))
    ones = np.ones((1, 1000))
    assert np.all(model(ones) == 1)
    assert np.any(model(ones, training=True) == 0)
    fixed = Model(x, layers.Dropout(0.5)(x, training=True))
    assert np.any(fixed(ones) == 0)
    assert np.all(fixed(ones, training=False) == 1), "as Keras: what the model is told comes first"


def test_data_is_made_to_fit():
    model = Model(x := Input((4, 1)), layers.Flatten()(x))
    assert model(np.ones((2, 4), "uint8")).dtype == "float32"
    assert model(np.ones((2, 4))).shape == (2, 4)
    flat = Model(x := Input((4,)), layers.Dense(1)(x))
    assert flat(np.ones((2, 4, 1))).shape == (2, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m, d: m([d["a"]]), r"2 input\(s\)|structure of `inputs`"),
        (lambda m, d: m({"a": d["a"], "c": d["b"]}), "structure of `inputs`|Missing data"),
        (lambda m, d: m([d["b"], d["a"]]), r"expected shape=\(None, 3\), found shape=\(5, 2\)"),
        (lambda m, d: m([d["a"], None]), "'b' is not optional"),
        (lambda m, d: m.get_layer("shard"), "Did you mean 'shared'"),
        (lambda m, d: m.get_layer(index=99), "index 99"),
        (lambda m, d: m.get_layer(), "name or a layer index"),
        (lambda m, d: Model([1], m.outputs), "All `inputs` values must be KerasTensors"),
        (lambda m, d: Model(m.inputs, [d["a"]]), "All `outputs` values must be KerasTensors"),
    ],
)
def test_misuse(call, message, batch):
    with pytest.raises(ValueError, match=message):
        call(two_in_two_out(), batch)


def test_clones_have_weights_of_their_own(batch):
    model = two_in_two_out()
    twin = minicnn.models.clone_model(model)
    assert [w.path for w in twin.weights] == [w.path for w in model.weights]
    assert not {id(w) for w in twin.weights} & {id(w) for w in model.weights}
    twin.set_weights(model.get_weights())
    np.testing.assert_array_equal(twin(batch)["sum"], model(batch)["sum"])


def test_a_subclass_that_is_drawn():
    class Drawn(Model):
        def __init__(self, units):
            x = Input((3,))
            super().__init__(inputs=x, outputs=layers.Dense(units)(x), name="mine")
            self.units = units

    model = Drawn(2)
    assert isinstance(model, minicnn.Functional)
    assert (model.name, model.units, model(np.ones((1, 3))).shape) == ("mine", 2, (1, 2))
    x = Input((3,))
    assert type(Model(x, x * 2)) is minicnn.Functional


@pytest.mark.parametrize("structure", [dict, list])
def test_a_field_that_no_input_has(structure, batch):
    """Left out with one warning, when the model computes; not when it is drawn into another."""
    a = Input((3,), name="a")
    model = Model({"a": a} if structure is dict else [a], a * 2)
    with pytest.warns(UserWarning, match="structure of `inputs` doesn't match.*leaves out") as told:
        result = model(batch)
        drawn = model({"a": Input((3,)), "b": Input((2,))})
    assert len(told) == 1
    np.testing.assert_array_equal(result, 2 * batch["a"])
    assert drawn.shape == (None, 3)

"""`explain_gradient`: its sums give the gradients that the tape finds, for every layer it knows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn import layers
from minicnn.analysis import explain_gradient, explain_weight_gradient, gradients
from minicnn.analysis.explanations.spread_rules import SPREAD_RULES
from tests.analysis.drawn_layers import DRAWN, ELEMENTWISE, MERGING, MOVING, filled


def model_with(layer, x, random):
    """A model of one layer, whose loss is the sum of its outputs times drawn numbers."""
    inputs = [keras.Input(v.shape[1:]) for v in (x if isinstance(x, list) else [x])]
    y = layer(inputs if len(inputs) > 1 else inputs[0])
    model = keras.Model(inputs, y)
    count = len(x[0]) if isinstance(x, list) else len(x)
    cotangent = random.normal(size=(count, *y.shape[1:])).astype("float32")
    model.compile(loss=lambda target, z: keras.ops.sum(z * target))
    return model, cotangent


def tape_gradients(model, x, y, training):
    """The gradients to inputs and weights that the tape finds, without any watched call."""
    tensors = [keras.ops.convert_to_tensor(v) for v in (x if isinstance(x, list) else [x])]
    before = model.get_weights()
    with keras.GradientTape() as tape:
        for t in tensors:
            tape.watch(t)
        z = model(tensors if len(tensors) > 1 else tensors[0], training=training)
        loss = keras.ops.sum(z * y)
    found = tape.gradient(loss, [*tensors, *model.trainable_weights])
    model.set_weights(before)
    return [None if g is None else g.numpy() for g in found]


def check(found, expected):
    sizes = [abs(terms.products).sum() for terms in found.terms]
    sizes += [abs(step.value) for step in found.steps] + [abs(found.value), 1e-3]
    assert found.value == pytest.approx(expected, rel=1e-4, abs=2e-5 * max(sizes))
    assert found.result == pytest.approx(found.value, rel=2e-5, abs=5e-6 * max(sizes))
    steps = [step.value for step in found.steps if step.name.startswith("through")]
    if steps and found.terms:  # the products alone, with no part taken from the result
        assert sum(steps) == pytest.approx(expected, rel=1e-4, abs=2e-5 * max(sizes))


@given(DRAWN, st.booleans(), st.integers(0, 2**32 - 1))
@settings(max_examples=120)
def test_the_sums_give_the_gradient_to_the_input(drawn, training, seed):
    check_input_gradient(*drawn, training, seed)


EVERY = [(make, [(2, 4, 5, 2)]) for make in [*ELEMENTWISE, *MOVING]]
EVERY += [(make, [(2, 3, 4, 2)] * 2) for make in MERGING]


@pytest.mark.parametrize("drawn", EVERY)
def test_layers_without_settings_of_their_own(drawn):
    for seed in range(3):
        check_input_gradient(*drawn, False, seed)


def check_input_gradient(make, shapes, training, seed):
    layer, random = make(), np.random.default_rng(seed)
    training = training and not hasattr(layer, "rate")
    x = filled(layer, shapes, random)
    model, y = model_with(layer, x, random)
    expected = tape_gradients(model, x, y, training)[0]
    sample, *index = (int(random.integers(n)) for n in shapes[0])
    given = {"index": index, "sample": sample, "training": training}
    found = explain_gradient(model, x, y, **given)
    check(found, expected[(sample, *index)])
    assert not any("outside of layers" in step.formula for step in found.steps)


def test_every_layer_of_the_table_is_drawn():
    known = {type(make()) for make in [*ELEMENTWISE, *MOVING, *MERGING]}
    for kinds, _ in SPREAD_RULES:
        for kind in kinds if isinstance(kinds, tuple) else [kinds]:
            seen = any(issubclass(k, kind) for k in known)
            names = ("Conv", "Pooling", "Normalization", "GaussianNoise", "Masking", "CenterCrop")
            others = ("RepeatVector", "ActivityRegularization", "AlphaDropout")
            assert seen or any(n in kind.__name__ for n in names + others), kind


WEIGHTED = st.sampled_from(
    [
        (lambda: layers.Conv1D(4, 3, 2, "same", groups=2, activation="tanh"), (3, 9, 4)),
        (lambda: layers.Conv1D(3, 2, padding="causal", dilation_rate=2), (3, 7, 2)),
        (lambda: layers.Conv2D(3, (3, 2), padding="same", activation="softmax"), (2, 5, 6, 2)),
        (lambda: layers.Conv2D(2, 3, 2, data_format="channels_first"), (2, 3, 7, 6)),
        (lambda: layers.Conv3D(2, 2, activation="relu"), (2, 4, 3, 4, 2)),
        (lambda: layers.DepthwiseConv2D(3, 2, "same", depth_multiplier=2), (2, 6, 5, 3)),
        (lambda: layers.SeparableConv2D(3, 2, 2, "same", depth_multiplier=2), (2, 5, 4, 2)),
        (lambda: layers.SeparableConv1D(3, 2, data_format="channels_first"), (2, 3, 6)),
        (lambda: layers.Conv2DTranspose(3, 3, 2, "same", activation="tanh"), (2, 4, 3, 2)),
        (lambda: layers.Dense(3, activation="gelu"), (4, 5)),
        (lambda: layers.Dense(3, activation="softmax"), (4, 2, 5)),
        (lambda: layers.BatchNormalization(axis=1), (3, 2, 4, 5)),
        (lambda: layers.LayerNormalization(axis=[1, 2]), (3, 4, 2)),
        (lambda: layers.GroupNormalization(2), (3, 4, 6)),
    ]
)


@given(WEIGHTED, st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_the_sums_give_the_gradient_to_each_weight(drawn, seed):
    make, shape = drawn
    layer, random = make(), np.random.default_rng(seed)
    x = filled(layer, [shape], random)
    model, y = model_with(layer, x, random)
    expected = tape_gradients(model, x, y, training=True)[1:]
    for weight, gradient in zip(model.trainable_weights, expected, strict=True):
        index = tuple(int(random.integers(n)) for n in weight.shape)
        found = explain_weight_gradient(model, x, y, weight, index, training=True)
        check(found, gradient[index])


class Own(layers.Layer):
    """Has no rule."""

    def call(self, x):
        return keras.ops.sin(x)


def network():
    inner = keras.Sequential(
        [
            keras.Input((6, 6, 3)),
            layers.Conv2D(3, 3, padding="same", activation="tanh", name="c"),
            layers.BatchNormalization(name="bn"),
        ],
        name="inner",
    )
    x = inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(3, 3, padding="same", name="first")(x)
    y = layers.Add(name="sum")([inner(x), x])
    y = keras.ops.relu(inner(y) + Own(name="own")(y))
    y = layers.MaxPooling2D(name="pool")(y)
    y = layers.Flatten(name="flat")(y)
    shared = layers.Dense(27, activation="tanh", kernel_regularizer="l2", name="shared")
    y = shared(shared(y))
    model = keras.Model(inputs, layers.Dense(4, activation="softmax", name="last")(y))
    model.compile(loss="sparse_categorical_crossentropy")
    return model


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(6)
    model, x = network(), random.normal(size=(3, 6, 6, 3)).astype("float32")
    return model, x, np.array([1, 3, 0])


NAMES = ["first", "inner/c", "inner/bn", "sum", "inner#2/c", "own", "pool", "flat", "shared"]


@pytest.mark.parametrize("name", [*NAMES, "shared#2", "last"])
def test_every_layer_of_a_model_with_branches(data, name):
    model, x, y = data
    whole = gradients(model, x, y)
    random = np.random.default_rng(len(name))
    for _ in range(5):
        sample, *index = (int(random.integers(n)) for n in whole.outputs[name].shape)
        found = explain_gradient(model, x, y, name, index, sample)
        check(found, whole.outputs[name][(sample, *index)])
        assert all("outside of layers" not in step.formula for step in found.steps)
    through = [s.name for s in found.steps if s.name.startswith("through")]
    expected = {
        "first": ["through inner/c", "through sum"],
        "sum": ["through inner#2/c", "through own"],
        "shared": ["through shared#2"],
        "last": [],
    }
    assert through == expected.get(name, through)
    assert name == "last" or through


def test_of_the_loss_itself(data):
    model, x, y = data
    found = explain_gradient(model, x, y, "last", 3, sample=1, training=False)
    p = model(x).numpy()[1, 3]
    values = {step.name.strip(): step.value for step in found.steps}
    assert values["probability p"] == pytest.approx(float(p), rel=1e-5)
    assert values["target y"] == 1
    assert found.result == pytest.approx((values["probability p"] - 1) / 3)
    mse = keras.Sequential([keras.Input((2,)), layers.Dense(2, name="line")])
    mse.compile(loss="mse")
    found = explain_gradient(mse, np.ones((3, 2)), np.ones((3, 2)), "line", 0)
    assert found.steps[0].name == "of the squared error"


def test_score_of_a_class(data):
    model, x, _ = data
    found = explain_gradient(model, x, layer="shared#2", index=5, class_index=2)
    kernel = model.get_layer("last").kernel.numpy()
    assert found.value == pytest.approx(kernel[5, 2])
    assert found.kind == "score of class 2"
    found = explain_gradient(model, x, layer="last", index=2, class_index=2)
    assert found.value == found.result == 1


def test_weights_of_a_shared_layer_and_its_penalty(data):
    model, x, y = data
    whole = gradients(model, x, y)
    before = model.get_weights()
    for weight in model.trainable_weights:
        index = tuple(n // 2 for n in weight.shape)
        found = explain_weight_gradient(model, x, y, weight.path, index)
        check(found, whole.weights[weight.path][index])
        if weight.path == "shared/kernel":
            names = [step.name for step in found.steps]
            assert names == ["in shared", "in shared#2", "of the penalty", "gradient"]
    for a, b in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_kernel_entry_and_an_input_by_hand():
    conv = layers.Conv1D(1, 2, name="conv")
    model = keras.Sequential([keras.Input((4, 1)), conv])
    conv.set_weights([np.array([10.0, 1.0]).reshape(2, 1, 1), [0.0]])
    model.compile(loss=lambda y, z: keras.ops.sum(y * z))
    x, y = (np.array(v, "float32").reshape(1, -1, 1) for v in ([1, 2, 3, 4], [5, 6, 7]))
    found = explain_gradient(model, x, y, index=(1, 0))
    # element 1 is under tap 0 of window 1 and under tap 1 of window 0
    assert found.terms[0].places[..., 0].ravel().tolist() == [1, 0]
    assert found.terms[0].factors["cotangent"].ravel().tolist() == [6, 5]
    assert found.terms[0].factors["kernel"].ravel().tolist() == [10, 1]
    assert found.result == 65
    found = explain_weight_gradient(model, x, y, conv.kernel, (1, 0, 0))
    assert found.terms[0].factors["input"].tolist() == [2, 3, 4]
    assert found.result == 2 * 5 + 3 * 6 + 4 * 7


def test_wrong_arguments(data):
    model, x, y = data
    with pytest.raises(ValueError, match="No trainable weight"):
        explain_weight_gradient(model, x, y, "shared/kernell", (0, 0))
    with pytest.raises(IndexError, match="no element"):
        explain_weight_gradient(model, x, y, "shared/kernel", (0, 27))
    with pytest.raises(ValueError, match="No layer 'nothing'"):
        explain_gradient(model, x, y, "nothing", 0)

"""What every layer can do: build, compute, remember what it owns, say what is wrong."""

import numpy as np
import pytest

import minicnn
from minicnn import GradientTape, layers, losses, metrics, ops, random, regularizers


class Scale(layers.Layer):
    def build(self, input_shape):
        self.factor = self.add_weight(shape=input_shape[-1:], initializer="ones", name="factor")
        self.seen = self.add_weight(shape=(), initializer="zeros", trainable=False, name="seen")

    def call(self, inputs, training=False):
        if training:
            self.seen.assign_add(1)
        return inputs * self.factor


class Block(layers.Layer):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.inner = [layers.Dense(units), {"scale": Scale()}]
        self.noise = layers.Dropout(0.5)

    def call(self, inputs):
        return self.noise(self.inner[1]["scale"](self.inner[0](inputs)))


def test_built_once_by_the_first_call():
    layer = Scale()
    assert not layer.built
    layer(np.ones((2, 3)))
    factor = layer.factor
    layer(np.ones((5, 3)))
    assert layer.factor is factor
    assert [w.path for w in layer.weights] == ["scale/factor", "scale/seen"]


def test_owned_state_is_found_in_lists_and_dicts():
    block = Block()
    assert block.weights == []
    block(np.ones((2, 4)))
    paths = [w.path for w in block.weights]
    assert paths == [
        "block/dense/kernel",
        "block/dense/bias",
        "block/scale/factor",
        "block/scale/seen",
    ]
    assert len(block.trainable_variables) == 3
    assert len(block.variables) == 5, "the dropout's random state is a variable, not a weight"
    block.extra = [layers.Dense(1)] if not block._locked else []
    assert block.count_params() == 4 * 3 + 3 + 3 + 1


def test_freezing_reaches_inner_layers():
    block = Block()
    block(np.ones((2, 4)))
    block.trainable = False
    assert block.trainable_weights == []
    with GradientTape() as tape:
        y = ops.sum(block(np.ones((2, 4))))
    assert tape.gradient(y, block.inner[0].kernel) is None
    block.inner[1]["scale"].trainable = True
    block.trainable = True
    assert len(block.trainable_weights) == 3


def test_training_reaches_inner_layers():
    block = Block()
    x = np.ones((50, 4), "float32")
    quiet, loud = block(x), block(x, training=True)
    assert not np.any(quiet.numpy() == 0)
    assert 0.2 < np.mean(loud.numpy() == 0) < 0.8
    assert float(block.inner[1]["scale"].seen) == 1
    block(x, training=False)
    assert float(block.inner[1]["scale"].seen) == 1


def test_numpy_functions_in_call_are_differentiated(rng):
    class Mean(layers.Layer):
        def build(self, shape):
            self.w = self.add_weight(shape=(shape[-1],), initializer="random_normal")

        def call(self, x):
            return np.tanh(np.sum(x * self.w, axis=-1)) + 0.5 * np.sqrt(np.abs(x)).mean(axis=-1)

    layer, x = Mean(), rng.normal(size=(4, 3)).astype("float32")
    with GradientTape() as tape:
        y = ops.sum(layer(x))
    w = layer.w.numpy()
    expected = ((1 - np.tanh(x @ w) ** 2)[:, None] * x).sum(0)
    np.testing.assert_allclose(tape.gradient(y, layer.w), expected, rtol=1e-5)
    assert layer(minicnn.Input((3,))).shape == (None,)


def test_losses_last_until_the_next_call():
    class Penal(layers.Layer):
        def call(self, x):
            self.add_loss(ops.sum(x))
            return x

    model = minicnn.Sequential([Penal(), layers.Dense(1, kernel_regularizer=regularizers.L2(0.5))])
    for _ in range(2):
        model(np.ones((2, 3)))
    assert len(model.losses) == 2
    kernel = model.layers[1].kernel.numpy()
    np.testing.assert_allclose(model.losses, [6.0, 0.5 * (kernel**2).sum()], rtol=1e-6)
    with pytest.raises(ValueError, match=r"scalars.*\(2,\)"):
        model.layers[0].add_loss(ops.ones(2))


def test_activity_regularizer_is_by_batch_element():
    layer = layers.Dense(2, activity_regularizer=regularizers.L1(0.1), kernel_initializer="ones")
    layer(np.ones((5, 3)))
    np.testing.assert_allclose(layer.losses[0], 0.1 * 3 * 2, rtol=1e-6)


def test_mixed_precision_computes_in_half_and_keeps_whole_weights():
    layer = layers.Dense(2, dtype="mixed_float16")
    y = layer(np.ones((1, 3), "float32"))
    assert (y.dtype, layer.kernel.dtype, layer.compute_dtype) == ("float16", "float32", "float16")
    assert layer(minicnn.Input((3,))).dtype == "float16"


def test_whole_numbers_are_not_cast():
    class See(layers.Layer):
        def call(self, x):
            self.seen = x.dtype
            return x

    layer = See()
    for given, expected in [("int32", "int32"), ("float64", "float32"), ("uint8", "uint8")]:
        layer(np.ones(2, given))
        assert layer.seen == expected


def test_config_makes_the_same_layer():
    class Named(layers.Layer):
        def __init__(self, size, mode="a", **kwargs):
            super().__init__(**kwargs)
            self.size, self.mode = size, mode

    layer = Named(3, mode="b", name="mine")
    again = Named.from_config(layer.get_config())
    assert (again.size, again.mode, again.name) == (3, "b", "mine")

    class Holds(layers.Layer):
        def __init__(self, thing):
            super().__init__()

    with pytest.raises(NotImplementedError, match="get_config"):
        Holds(object()).get_config()


@pytest.mark.filterwarnings("ignore:Layer 'sum'")
def test_masks_travel():
    x = np.array([[1, 2, 0], [3, 0, 0]])
    embedded = layers.Embedding(5, 2, mask_zero=True)(x)
    np.testing.assert_array_equal(embedded._keras_mask, x != 0)

    class Sum(layers.Layer):
        def call(self, inputs, mask=None):
            return ops.sum(inputs * ops.cast(mask, inputs.dtype)[..., None], axis=1)

    expected = (embedded.numpy() * (x != 0)[..., None]).sum(1)
    np.testing.assert_allclose(Sum()(layers.Dropout(0.0)(embedded)), expected, rtol=1e-6)
    with pytest.warns(UserWarning, match="does not support masking"):
        layers.Flatten()(embedded)


def test_stateless_call_leaves_the_state_alone(rng):
    layer = Scale()
    layer(np.ones((1, 2)))
    factor = minicnn.Tensor(np.float32([2.0, 3.0]))
    with GradientTape() as tape:
        tape.watch(factor)
        y, (seen,) = layer.stateless_call(
            [factor], [layer.seen.value], np.ones((1, 2)), training=True
        )
    np.testing.assert_array_equal(y, [[2, 3]])
    np.testing.assert_array_equal(tape.gradient(y, factor), [1, 1])
    assert (float(seen), float(layer.seen), layer.factor.numpy().tolist()) == (1, 0, [1, 1])
    with pytest.raises(ValueError, match="length 0, but expected 1"):
        layer.stateless_call([], [1], np.ones((1, 2)))


def test_set_weights_is_all_or_nothing():
    layer = layers.Dense(2)
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ValueError, match=r"dense.*\(2,\).*\(7,\)"):
        layer.set_weights([np.ones((3, 2)), np.ones(7)])
    with pytest.raises(ValueError, match="expecting 2 weights"):
        layer.set_weights([np.ones((3, 2))])
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("make", "call", "message"),
    [
        (
            lambda: layers.Conv2D(2, 3, name="c"),
            np.ones((2, 8, 8)),
            r"'c'.*expected ndim=4, found ndim=3.*x\[\.\.\., None\]",
        ),
        (lambda: layers.Dense(2, name="d"), np.ones(3), r"'d'.*min_ndim=2, found ndim=1"),
        (lambda: layers.Conv2D(2, 9, name="big"), np.ones((1, 8, 8, 1)), r"(?s)8, 8.*9, 9.*'big'"),
        (lambda: layers.Reshape((3, 5), name="r"), np.ones((1, 16)), r"(?s)16 elements.*\(3, 5\)"),
    ],
)
def test_errors_name_the_layer_and_both_shapes(make, call, message):
    with pytest.raises(ValueError, match=message):
        make()(call)


def test_a_call_without_arguments():
    with pytest.raises(TypeError, match=r"missing a required argument: 'inputs'.*'lonely'"):
        layers.Dense(2, name="lonely")()

    class Constant(layers.Layer):
        def call(self, x=3.0):
            return x

    assert Constant()() == 3.0


def test_the_second_input_shape_must_fit_too():
    layer = layers.Conv2D(2, 3)
    layer(np.ones((1, 8, 8, 3)))
    with pytest.raises(
        ValueError, match=r"expected axis -1 of input shape to have value 3, found 1"
    ):
        layer(np.ones((1, 8, 8, 1)))


def test_misuse_of_the_class_itself():
    class Forgets(layers.Layer):
        def __init__(self):
            self.units = 3

    with pytest.raises(RuntimeError, match=r"Forgets.*super\(\).__init__"):
        Forgets()(np.ones(2))
    with pytest.raises(ValueError, match=r"Unrecognized keyword.*Dense.*unts"):
        layers.Dense(3, unts=3)
    with pytest.raises(ValueError, match="by keyword"):
        layers.Dropout(0.5)(np.ones(2), True)
    with pytest.raises(NotImplementedError, match="does not have a `call` method"):
        layers.Layer()(np.ones(2))

    class Late(layers.Layer):
        def call(self, x):
            self.w = self.add_weight(shape=())
            return x

    with pytest.raises(ValueError, match=r"'late'.*already built"):
        Late()(np.ones(2))


def test_metrics_and_losses_in_attributes_are_not_weights():
    class Counts(layers.Layer):
        def __init__(self):
            super().__init__()
            self.mean = metrics.Mean(name="seen")
            self.loss = losses.MeanSquaredError()
            self.generator = random.SeedGenerator(3)

        def call(self, x):
            return x

    layer = Counts()
    assert [m.name for m in layer.metrics] == ["seen"]
    assert layer.weights == []
    assert len(layer.variables) == 1


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "says"),
    [
        (("w",), {}, ValueError, "'w' of the weight as the keyword argument `name`"),
        (("w",), {"shape": (3,)}, ValueError, "'w' of the weight as the keyword argument `name`"),
        (("w", (3,)), {}, ValueError, "'w' of the weight as the keyword argument `name`"),
        (((3,),), {"shape": (3,)}, ValueError, "`shape` was passed both positionally and as a"),
        (((3,), "ones"), {"initializer": "ones"}, ValueError, "`initializer` was passed both"),
        (((3,), "ones", "float32"), {"dtype": None}, ValueError, "`dtype` was passed both"),
        (((3,), "ones", "float32", False), {}, TypeError, "at most 3 positional arguments"),
    ],
)
def test_arguments_of_add_weight(args, kwargs, error, says):
    layer = layers.Layer()
    for add in (layer.add_weight, layer.add_variable):
        with pytest.raises(error, match=says):
            add(*args, **kwargs)
    assert layer.weights == []
    weight = layer.add_weight((3,), "ones", "float64", name="w")
    assert (weight.shape, weight.dtype, weight.name) == ((3,), "float64", "w")

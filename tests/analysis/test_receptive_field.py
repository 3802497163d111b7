"""Receptive fields compared with brute force: change a pixel, see which outputs move."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import minicnn as keras
from minicnn.analysis import receptive_field

layers = keras.layers


def brute_force(model, x):
    """For each output element, first and last row and column whose change moves it."""
    base = model(x).numpy()
    _, height, width, _ = x.shape
    images = np.repeat(x, height * width, axis=0)
    for i in range(height):
        for j in range(width):
            images[i * width + j, i, j, :] += 1.0
    change = abs(model(images).numpy() - base) > 1e-9 * abs(base).max()  # rounding is less
    moved = change.reshape(height, width, *base.shape[1:])
    bounds = []
    for any_other, n in ((1, height), (0, width)):
        along = moved.any(axis=any_other)
        first = np.where(along.any(0), along.argmax(0), n)
        last = np.where(along.any(0), n - 1 - along[::-1].argmax(0), -1)
        bounds.append((first, last))
    return bounds


def check(model, shape):
    """All regions are those of brute force, for positive weights, float64 and no cancelling."""
    x = 1.0 + np.random.default_rng(0).random((1, *shape))
    (rows, columns), field = brute_force(model, x), receptive_field(model)
    field = field[list(field)[-1]]
    for position in np.ndindex(rows[0].shape):
        expected = [(a[position], b[position]) for a, b in (rows, columns)]
        found = [(s.start, s.stop - 1) for s in field.region(*position)]
        found = [(n, -1) if b < 0 else (a, b) for (a, b), n in zip(found, shape[:2], strict=True)]
        assert found == expected, (position, found, expected)


POSITIVE = {
    "kernel_initializer": keras.initializers.RandomUniform(0.5, 1.0, seed=1),
    "dtype": "float64",
}
SEPARABLE = {
    "depthwise_initializer": keras.initializers.RandomUniform(0.5, 1.0, seed=1),
    "dtype": "float64",
}


@st.composite
def windows(draw):
    strides = draw(st.integers(1, 3))
    return {
        "kernel_size": (draw(st.integers(1, 4)), draw(st.integers(1, 4))),
        "strides": strides,
        "dilation_rate": 1 if strides > 1 else draw(st.integers(1, 3)),
        "padding": draw(st.sampled_from(["same", "valid"])),
    }


def conv(window):
    return layers.Conv2D(2, **window, **POSITIVE)


def grouped(window):
    return layers.Conv2D(4, **window, groups=2, **POSITIVE)


def depthwise(window):
    return layers.DepthwiseConv2D(**window, depth_multiplier=2, **SEPARABLE)


def transposed(window):
    window = window | {"strides": min(window["strides"], 2)}
    return layers.Conv2DTranspose(2, **window, **POSITIVE)


def pool(window):
    # The mean: a change moves it whatever the other elements are.
    size, padding = window["kernel_size"], window["padding"]
    return layers.AveragePooling2D(size, window["strides"], padding, dtype="float64")


def resized(window):
    return layers.UpSampling2D(window["kernel_size"][0], dtype="float64")


def bilinear(window):
    size = window["kernel_size"]
    return layers.UpSampling2D(size, interpolation="bilinear", dtype="float64")


def adaptive(window):
    return layers.AdaptiveAveragePooling2D(window["kernel_size"], dtype="float64")


def padded(window):
    pairs = ((window["strides"], 0), window["kernel_size"])
    return layers.ZeroPadding2D(pairs, dtype="float64")


def cropped(window):
    return layers.Cropping2D(((1, 0), (0, 1)), dtype="float64")


def normalized(window):
    return layers.BatchNormalization(dtype="float64")


KINDS = [conv, grouped, depthwise, transposed, pool, resized, bilinear, adaptive, padded, cropped]
KINDS += [normalized]


@st.composite
def networks(draw):
    shape = (draw(st.integers(3, 8)), draw(st.integers(3, 8)), 2)
    x = inputs = keras.Input(shape, dtype="float64")
    for _ in range(draw(st.integers(1, 4))):
        try:
            one = draw(st.sampled_from(KINDS))(draw(windows()))(x)
        except ValueError:  # the image is too small for the window
            assume(False)
        assume(min(one.shape[1:3]) >= 1 and max(one.shape[1:3]) <= 16)
        if draw(st.booleans()) and one.shape[1:3] == x.shape[1:3]:
            join = draw(st.sampled_from(["add", "concatenate"]))
            if join == "concatenate":
                one = layers.Concatenate(dtype="float64")([x, one])
            elif one.shape == x.shape:
                one = layers.Add(dtype="float64")([x, one])
        x = one
    end = draw(st.sampled_from(["as it is", "global", "flatten", "dense", "permute", "operation"]))
    if end == "global":
        x = layers.GlobalAveragePooling2D(dtype="float64")(x)
    if end == "flatten":
        x = layers.Flatten(dtype="float64")(x)
    if end == "dense":
        x = layers.Dense(2, **POSITIVE)(x)
    if end == "permute":
        x = layers.Permute((3, 2, 1), dtype="float64")(x)
    if end == "operation":
        x = keras.ops.sum(x * 2.0, axis=2)
    return keras.Model(inputs, x), shape


@settings(max_examples=60, deadline=None)
@given(networks())
def test_regions_are_those_of_brute_force(network):
    check(*network)


@settings(max_examples=20, deadline=None)
@given(windows())
def test_layers_of_ones_own_are_looked_into(window):
    class Own(keras.layers.Layer):
        def build(self, shape):
            initializer = keras.initializers.RandomUniform(0.5, 1.0, seed=2)
            size = window["kernel_size"]
            self.kernel = self.add_weight((*size, 2, 2), initializer, name="kernel")

        def call(self, x):
            strides, padding = window["strides"], window["padding"]
            y = keras.ops.conv(x, self.kernel, strides, padding, None, window["dilation_rate"])
            return keras.ops.relu(y + 1.0)

    class Net(keras.Model):
        def __init__(self):
            super().__init__(dtype="float64")
            self.own = Own(dtype="float64")

        def call(self, x):
            return keras.ops.average_pool(self.own(x), 2, 1, "same")

    model = Net()
    try:
        model(np.ones((1, 7, 6, 2)))
    except ValueError:
        assume(False)
    check(model, (7, 6, 2))


def test_the_formula_is_that_of_the_paper():
    """AlexNet's layers as in the table of Araujo et al. (Distill 2019): 195 at the last pool."""
    model = keras.Sequential(
        [
            keras.Input((227, 227, 3)),
            layers.Conv2D(96, 11, 4, name="conv1"),
            layers.MaxPooling2D(3, 2, name="pool1"),
            layers.Conv2D(8, 5, padding="same", name="conv2"),
            layers.MaxPooling2D(3, 2, name="pool2"),
            layers.Conv2D(8, 3, padding="same", name="conv3"),
            layers.Conv2D(8, 3, padding="same", name="conv4"),
            layers.Conv2D(8, 3, padding="same", name="conv5"),
            layers.MaxPooling2D(3, 2, name="pool5"),
        ]
    )
    field = receptive_field(model)
    assert [f.size[0] for f in field.values()] == [11, 19, 51, 67, 99, 131, 163, 195]
    assert [f.stride[0] for f in field.values()] == [4, 8, 8, 16, 16, 16, 16, 32]


@pytest.mark.parametrize("rank", [1, 3])
def test_other_numbers_of_dimensions(rank):
    kind = {1: layers.Conv1D, 3: layers.Conv3D}[rank]
    model = keras.Sequential([keras.Input((9,) * rank + (2,)), kind(3, 3, 2, name="conv")])
    field = receptive_field(model, "conv")
    assert (field.size, field.stride) == ((3,) * rank, (2,) * rank)
    assert field.region(*(1,) * rank) == (slice(2, 5),) * rank


def test_channels_first():
    model = keras.Sequential(
        [keras.Input((2, 9, 8)), layers.ZeroPadding2D(1, data_format="channels_first")]
    )
    (field,) = receptive_field(model).values()
    assert field.offset == (-1, -1)
    assert field.region(0, 1, 1) == (slice(0, 1), slice(0, 1))
    assert field.region(0, 0, 0) == (slice(0, 0), slice(0, 0))


def test_a_model_stays_as_it_is():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3), layers.ReLU()])
    first = layers.Add().name
    calls = [len(layer._inbound_nodes) for layer in model.layers]
    receptive_field(model)
    assert [len(layer._inbound_nodes) for layer in model.layers] == calls
    number = int(first.partition("_")[2] or 0)
    assert layers.Add().name == f"add_{number + 1}"


class Looks(keras.layers.Layer):
    """Its `call` depends on values, so nothing is known without them."""

    def call(self, x):
        return x if float(keras.ops.sum(x)) > 0 else -x

    def compute_output_shape(self, shape):
        return shape


def test_what_is_unknown_says_so():
    looks = Looks(name="looks")
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="conv"), looks])
    fields = receptive_field(model)
    assert list(fields) == ["conv"] and fields.unknown == ["looks"]
    assert "Unknown: looks." in str(fields)
    with pytest.raises(ValueError, match="'looks' is not known"):
        receptive_field(model, "looks")


def test_several_inputs():
    """What comes from another input depends on nothing in this one."""
    image, other = keras.Input((6, 6, 1)), keras.Input((4, 4, 2))
    x = layers.Conv2D(2, 3, name="conv")(image)
    x = layers.Concatenate(name="both")([layers.Add(name="sum")([x, other]), other])
    model = keras.Model([image, other], x)
    first, second = receptive_field(model), receptive_field(model, input_index=1)
    assert first["both"].region(1, 2, 0) == (slice(1, 4), slice(2, 5))
    assert first["both"].region(1, 2, 3) == (slice(0, 0), slice(0, 0))
    assert first["both"].size == (3, 3) and first["both"].stride == (1, 1)
    assert second["both"].size == (1, 1) and "conv" not in second
    assert second["both"].region(1, 2, 3) == (slice(1, 2), slice(2, 3))


@pytest.mark.parametrize(
    "make, size",
    [
        (lambda: layers.RandomFlip(), (1, 1)),  # in prediction, as are these
        (lambda: layers.RandomContrast(0.1), (1, 1)),
        (lambda: layers.RandomRotation(0.1), (1, 1)),
        (lambda: layers.CenterCrop(4, 4), (1, 1)),
        (lambda: layers.Activation("softmax"), (1, 1)),
        (lambda: layers.Softmax(axis=1), (8, 1)),
        (lambda: layers.LayerNormalization(axis=[1, 2]), (8, 8)),
        (lambda: layers.GroupNormalization(2), (8, 8)),
        (lambda: layers.Lambda(lambda x: x[:, ::2]), (1, 1)),
        (lambda: layers.Lambda(lambda x: keras.ops.max(x, axis=1)), (8, 1)),
    ],
)
def test_other_layers(make, size):
    fields = receptive_field(keras.Sequential([keras.Input((8, 8, 2)), make()]))
    assert [field.size for field in fields.values()] == [size] and not fields.unknown


def test_embedding():
    model = keras.Sequential([keras.Input((7,), dtype="int32"), layers.Embedding(5, 3)])
    model.add(layers.Conv1D(2, 3, name="conv"))
    assert receptive_field(model, "conv").region(2) == (slice(2, 5),)


def test_errors():
    model = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 3, name="conv")])
    with pytest.raises(ValueError, match=r"Pass `input_shape`, for example \(1, 32, 32, 1\)"):
        receptive_field(model)
    assert receptive_field(model, "conv", input_shape=(1, 9, 9, 1)).size == (3, 3)
    with pytest.raises(ValueError, match="Did you mean 'conv'"):
        receptive_field(model, "cnv", input_shape=(1, 9, 9, 1))
    with pytest.raises(IndexError, match="Position 7 is outside of axis 0"):
        receptive_field(model, "conv", input_shape=(1, 9, 9, 1)).region(7)
    with pytest.raises(ValueError, match="does not know the shape"):
        receptive_field(keras.Sequential([layers.Conv2D(2, 3)]))
    with pytest.raises(ValueError, match="has 1 inputs"):
        receptive_field(model, input_shape=(1, 9, 9, 1), input_index=1)

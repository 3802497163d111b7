"""The profile of a step: its parts are the whole, and each kernel belongs to its layer."""

import numpy as np
import pytest

import minicnn
from minicnn.analysis import operations, profile
from minicnn.analysis.profiling.convolution_choice import convolution_choice
from minicnn.trainers.step_as_text import step_as_text

layers = minicnn.layers


@pytest.fixture(autouse=True)
def one_thread():
    before = minicnn.config.threads()
    minicnn.config.set_threads(1)
    yield
    minicnn.config.set_threads(before)


def convnet():
    return minicnn.Sequential(
        [
            minicnn.Input((16, 16, 3)),
            layers.Conv2D(16, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(16, 3, padding="same", name="conv2"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.5, name="drop"),
            layers.Dense(10, activation="softmax", name="classes"),
        ],
        name="net",
    )


def compiled(model, **settings):
    metrics = ["accuracy"]
    model.compile("adam", "sparse_categorical_crossentropy", metrics=metrics, **settings)
    return model


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    return random.random((32, 16, 16, 3), "float32"), random.integers(0, 10, 32)


@pytest.mark.parametrize("eagerly", [False, True])
def test_the_parts_sum_to_the_step(data, eagerly):
    """Within 10 %, in the best of some tries: other programs disturb a clock."""
    model = compiled(convnet(), run_eagerly=eagerly)
    ratios = []
    for _ in range(15):
        found = profile(model, *data, seconds=0.3)
        assert found.replayed is not eagerly
        assert found.parts_seconds == pytest.approx(sum(row.seconds for row in found.rows))
        ratios.append(found.parts_seconds / found.step_seconds)
        if 0.9 < ratios[-1] < 1.1:
            return
    raise AssertionError(ratios)


def test_rows_are_the_layers_and_the_other_parts(data):
    found = profile(compiled(convnet()), *data, seconds=0.1)
    names = [row.name for row in found.rows]
    assert names[:6] == ["conv + pool", "conv2", "norm + relu", "flat", "drop", "classes"]
    assert {"batch", "loss", "optimizer", "metrics", "around the step"} < set(names)
    assert all(row.forward > 0 for row in found.rows if row.name != "sums of gradients")
    trained = ["conv + pool", "conv2", "norm + relu", "classes", "loss"]
    assert all(found[name].backward > 0 for name in trained)
    assert found["conv2"].algorithm == "winograd 4×4" and "passed over" in found["conv2"].reason
    assert found["conv + pool"].type == "Conv2D + MaxPooling2D"


def test_multiply_adds_and_memory_are_those_of_the_layers(data):
    model = compiled(convnet())
    found, counts = profile(model, *data, seconds=0.1), operations(model, batch_size=32)
    for name, parts in {"conv2": ["conv2"], "norm + relu": ["norm", "relu"]}.items():
        rows = [counts[part] for part in parts]
        expected = sum(r.multiply_adds + r.backward_multiply_adds for r in rows)
        assert found[name].multiply_adds == expected
        assert found[name].bytes >= rows[-1].output_bytes
    images = 4 * 32 * 7 * 7 * 16
    assert found["conv + pool"].bytes >= images  # and the places of the maxima
    assert max(row.bytes for row in found.rows) <= found.most_bytes
    assert found.most_bytes <= sum(row.bytes for row in found.rows)
    share = found["conv2"].multiply_adds / found["conv2"].seconds
    share /= found.most_multiply_adds_a_second
    assert found["conv2"].share_of_processor == pytest.approx(share)


def test_images_without_channels_and_whole_numbers():
    """The model adds the axis and casts, which is a part of its own."""
    model = minicnn.Sequential(
        [minicnn.Input((9, 9, 1)), layers.Conv2D(4, 3, name="conv"), layers.Flatten(name="flat")]
    )
    model.add(layers.Dense(2, name="dense"))
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).integers(0, 255, (16, 9, 9)).astype("uint8")
    found = profile(model, x, np.ones((16, 2), "float32"), seconds=0.05)
    assert found["model's own operations"].bytes >= 16 * 81 * 4 > found["loss"].bytes
    assert found["conv"].multiply_adds == 2 * 16 * 49 * 4 * 9
    assert found["flat"].bytes == 0  # a view


def test_kernels_belong_to_their_layers(data):
    """A slow kernel is found in the row of its layer, forward and backward."""

    class Slow(layers.Layer):
        def call(self, x):
            for _ in range(300):
                x = minicnn.ops.sin(x)
            return x

    model = minicnn.Sequential([minicnn.Input((8,)), layers.Dense(8, name="a"), Slow(name="slow")])
    model.add(layers.Dense(2, name="b"))
    model.compile("sgd", "mse")
    found = profile(model, np.ones((16, 8), "float32"), np.ones((16, 2), "float32"), seconds=0.1)
    assert not found.replayed  # a layer that is not of this library
    assert found["slow"].forward > 5 * found["a"].forward
    assert found["slow"].backward > 5 * found["a"].backward


def test_shared_nested_and_subclassed(data):
    class Block(layers.Layer):
        def __init__(self, **settings):
            super().__init__(**settings)
            self.conv = layers.Conv2D(3, 3, padding="same", name="conv")

        def call(self, x):
            return self.conv(x) + x

    class Net(minicnn.Model):
        def __init__(self):
            super().__init__()
            self.block, self.head = Block(name="block"), layers.Dense(10, name="head")

        def call(self, x):
            return self.head(minicnn.ops.mean(self.block(self.block(x)), axis=(1, 2)))

    model = Net()
    loss = minicnn.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    names = [row.name for row in profile(model, *data, seconds=0.05).rows]
    own = "model's own operations"
    for name in (
        "block/conv",
        "block#2/conv",
        "head",
        "block",
        "block#2",
        "sums of gradients",
        own,
    ):
        assert name in names


def test_the_model_and_its_program_stay_as_they_are(data):
    model = compiled(convnet())
    model.fit(*data, verbose=0)
    text = step_as_text(model, *data)
    before = [v.numpy() for v in [*model.variables, *model.optimizer.variables]]
    minicnn.utils.set_random_seed(3)
    state = minicnn.random.state.random_state() if hasattr(minicnn.random, "state") else None
    profile(model, *data, seconds=0.05)
    if state is not None:
        assert str(minicnn.random.state.random_state()) == str(state)
    for a, b in zip(before, [*model.variables, *model.optimizer.variables], strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    assert step_as_text(model, *data) == text


@pytest.mark.parametrize(
    "make, shape, algorithm",
    [
        (lambda: layers.Conv2D(16, 3), (8, 8, 16), "winograd 4×4"),
        (lambda: layers.Conv2D(16, 3, 2), (8, 8, 16), "direct"),
        (lambda: layers.Conv2D(16, 3), (8, 8, 3), "few_channels"),
        (lambda: layers.DepthwiseConv2D(3), (8, 8, 16), "depthwise"),
        (lambda: layers.Conv2D(16, 3, dtype="float64"), (8, 8, 16), "im2col"),
        (lambda: layers.Conv3D(16, 3), (8, 8, 8, 1), "NumPy"),
        (lambda: layers.ReLU(), (8, 8, 16), None),
    ],
)
def test_the_algorithm_is_named(make, shape, algorithm):
    layer = make()
    minicnn.Sequential([minicnn.Input(shape), layer])
    found = convolution_choice(layer)
    assert (None if found is None else found.algorithm) == algorithm


def test_a_setting_is_the_reason():
    layer = layers.Conv2D(16, 3)
    minicnn.Sequential([minicnn.Input((8, 8, 16)), layer])
    minicnn.config.set_convolution_algorithm("im2col")
    try:
        found = convolution_choice(layer)
    finally:
        minicnn.config.set_convolution_algorithm("auto")
    assert found.algorithm == "im2col" and "set_convolution_algorithm('im2col')" in found.reason


def test_errors(data):
    with pytest.raises(ValueError, match="`profile` needs a loss"):
        profile(convnet(), *data)
    model = compiled(convnet())
    with pytest.raises(ValueError, match="`profile` needs targets"):
        profile(model, data[0])
    with pytest.raises(ValueError, match=r"Received arrays of \[3, 32\] samples"):
        profile(model, data[0], data[1][:3])
    with pytest.raises(ValueError, match="takes"):
        profile(model, data[0][:, :5], data[1])
    with pytest.raises(KeyError, match="Did you mean 'conv2'"):
        profile(model, *data, seconds=0.01)["convv2"]

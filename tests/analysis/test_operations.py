"""Counts of operations compared with plain loops, and with TensorFlow's own counting."""

import numpy as np
import pytest

import minicnn
from minicnn.analysis import operations

layers = minicnn.layers


def loops(outputs, taps, channels):
    """A convolution counted one by one."""
    count = 0
    for _ in range(int(np.prod(outputs))):
        for _ in range(int(np.prod(taps))):
            for _ in range(channels):
                count += 1
    return count


CASES = [
    (lambda: layers.Conv2D(4, 3), (6, 5, 2), loops((4, 3, 4), (3, 3), 2)),
    (lambda: layers.Conv2D(4, 3, 2, "same"), (6, 5, 2), loops((3, 3, 4), (3, 3), 2)),
    (lambda: layers.Conv2D(4, (2, 3), groups=2), (6, 5, 2), loops((5, 3, 4), (2, 3), 1)),
    (lambda: layers.Conv2D(4, 2, dilation_rate=2), (6, 5, 2), loops((4, 3, 4), (2, 2), 2)),
    (lambda: layers.Conv1D(4, 3, padding="causal"), (6, 2), loops((6, 4), (3,), 2)),
    (lambda: layers.Conv3D(2, 2), (3, 3, 3, 1), loops((2, 2, 2, 2), (2, 2, 2), 1)),
    (lambda: layers.DepthwiseConv2D(3, depth_multiplier=2), (5, 5, 3), loops((3, 3, 6), (3, 3), 1)),
    (
        lambda: layers.SeparableConv2D(4, 3),
        (5, 5, 3),
        loops((3, 3, 3), (3, 3), 1) + loops((3, 3, 4), (1,), 3),
    ),
    (lambda: layers.Conv2DTranspose(4, 3, 2), (5, 4, 3), loops((5, 4, 3), (3, 3), 4)),
    (lambda: layers.Dense(4), (7,), loops((4,), (1,), 7)),
    (lambda: layers.Dense(4), (3, 7), loops((3, 4), (1,), 7)),
    (lambda: layers.MaxPooling2D(2), (6, 6, 2), 0),
    (lambda: layers.ReLU(), (6, 6, 2), 0),
]


@pytest.mark.parametrize("make, shape, expected", CASES)
@pytest.mark.parametrize("batch", [1, 3])
def test_counts_are_those_of_plain_loops(make, shape, expected, batch):
    model = minicnn.Sequential([minicnn.Input(shape), make()])
    found = operations(model, batch_size=batch)
    assert found.multiply_adds == batch * expected
    assert found.parameters == model.count_params()
    backward = expected if model.weights else 0  # the first layer: to its weights only
    assert found.backward_multiply_adds == batch * backward


@pytest.mark.keras
@pytest.mark.parametrize("make, shape, expected", [case for case in CASES if case[2]])
def test_counts_are_those_of_tensorflow(make, shape, expected):
    """TensorFlow counts a multiply-add as two operations, and adding the bias as one more."""
    keras = pytest.importorskip("keras")
    import tensorflow as tf

    config = make().get_config() | {"use_bias": False}
    kind = getattr(keras.layers, type(make()).__name__)
    config = {k: v for k, v in config.items() if not k.endswith(("initializer", "dtype"))}
    if "Transpose" in kind.__name__ or kind.__name__ in ("Conv1D", "Conv3D", "SeparableConv2D"):
        pytest.skip("TensorFlow computes and counts these as something else")
    if config.get("groups", 1) > 1 or max(config.get("dilation_rate", (1,))) > 1:
        pytest.skip("TensorFlow counts groups as if they were one, and pads for dilation")
    model = keras.Sequential([keras.Input(shape), kind(**config)])
    function = tf.function(lambda x: model(x)).get_concrete_function(tf.zeros((1, *shape)))
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    run = tf.compat.v1.RunMetadata()
    counted = tf.compat.v1.profiler.profile(
        function.graph, run_meta=run, cmd="op", options=options
    ).total_float_ops
    assert counted == 2 * expected


def test_backward_counts_only_what_is_needed():
    """Counted by hand: to the input where something before is trained, to weights if trainable."""
    model = minicnn.Sequential([minicnn.Input((4,))] + [layers.Dense(4, name=n) for n in "abcd"])
    assert [r.backward_multiply_adds for r in operations(model).layers] == [16, 32, 32, 32]
    model.layers[0].trainable = model.layers[2].trainable = False
    assert [r.backward_multiply_adds for r in operations(model).layers] == [0, 16, 16, 32]


def test_shared_and_nested_layers_and_own_weights():
    class Scale(minicnn.layers.Layer):
        def __init__(self):
            super().__init__(name="scale")
            self.inner = layers.Dense(3, name="inner")

        def build(self, shape):
            self.factor = self.add_weight(shape=(3,), name="factor")

        def call(self, x):
            return self.inner(x) * self.factor

    shared = layers.Dense(3, name="shared")
    inputs = minicnn.Input((3,))
    model = minicnn.Model(inputs, Scale()(shared(shared(inputs))))
    found = operations(model)
    names = [(row.name, row.multiply_adds, row.parameters) for row in found.layers]
    assert names == [("shared", 9, 12), ("shared#2", 9, 0), ("scale/inner", 9, 12), ("scale", 0, 3)]
    assert found.parameters == model.count_params()


def test_a_layer_of_ones_own_counts_what_its_call_computes():
    class Own(minicnn.layers.Layer):
        def build(self, shape):
            self.kernel = self.add_weight(shape=(3, 3, shape[-1], 4), name="kernel")

        def call(self, x):
            y = minicnn.ops.relu(minicnn.ops.conv(x, self.kernel, padding="same"))
            z = minicnn.ops.reshape(y, (-1, 36, 4))
            return minicnn.ops.einsum("bic,bjc->bij", z, z)

    model = minicnn.Sequential([minicnn.Input((6, 6, 2)), Own(name="own")])
    found = operations(model)["own"]
    assert found.multiply_adds == loops((6, 6, 4), (3, 3), 2) + 36 * 36 * 4
    # to the weights of the convolution; to both operands of the product
    assert found.backward_multiply_adds == loops((6, 6, 4), (3, 3), 2) + 2 * 36 * 36 * 4


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(
    ("equation", "shape", "expected"),
    [
        ("abc,cd->abd", (3, 4), loops((3, 4), (1,), 7)),
        ("abc,cde->abde", (3, 2, 5), loops((3, 2, 5), (1,), 7)),
        ("abc,bcd->ad", (5,), loops((5,), (3,), 7)),
        ("...x,xy->...y", (4,), loops((3, 4), (1,), 7)),
    ],
)
def test_einsum_dense_counts_each_combination_of_labels(equation, shape, expected, batch):
    dense = [layers.EinsumDense(equation, shape, name="einsum"), layers.Dense(2)]
    model = minicnn.Sequential([minicnn.Input((3, 7)), layers.Dense(7), *dense])
    found = operations(model, batch_size=batch)["einsum"]
    assert found.multiply_adds == batch * expected
    assert found.backward_multiply_adds == 2 * batch * expected


def test_attention_counts_its_projections_and_its_two_products():
    query, value = minicnn.Input((3, 5)), minicnn.Input((4, 7))
    layer = layers.MultiHeadAttention(num_heads=2, key_dim=6, value_dim=8, name="heads")
    found = operations(minicnn.Model([query, value], layer(query, value)))
    projections = loops((3, 2, 6), (1,), 5) + loops((4, 2, 6 + 8), (1,), 7)
    last = loops((3, 5), (1,), 2 * 8)
    products = loops((2, 3, 4), (1,), 6) + loops((2, 3, 8), (1,), 4)
    assert found.multiply_adds == projections + products + last
    # to the kernels; to both sides of both products; to the input and the kernel of the last
    assert found.backward_multiply_adds == projections + 2 * products + 2 * last


@pytest.mark.parametrize("kind", [layers.Attention, layers.AdditiveAttention])
@pytest.mark.parametrize("has_key", [False, True])
def test_attention_without_projections(kind, has_key):
    tensors = [minicnn.Input(shape) for shape in [(3, 6), (4, 6), (4, 6)][: 2 + has_key]]
    dense = [layers.Dense(6)(x) for x in tensors]
    found = operations(minicnn.Model(tensors, kind(name="attention")(dense)))["attention"]
    assert found.multiply_adds == loops((3, 4), (1,), 6) + loops((3, 6), (1,), 4)
    assert found.backward_multiply_adds == 2 * found.multiply_adds


def test_unknown_is_said():
    class Looks(minicnn.layers.Layer):
        def call(self, x):
            return x if float(minicnn.ops.sum(x)) > 0 else -x

        def compute_output_shape(self, shape):
            return shape

    model = minicnn.Sequential([minicnn.Input((3,)), Looks(name="looks"), layers.Dense(2)])
    found = operations(model)
    assert found.unknown == ["looks"] and found.multiply_adds == 6
    assert "Unknown, and not in the sum: looks." in str(found)


def test_errors():
    with pytest.raises(ValueError, match="`batch_size` must be a whole number"):
        operations(minicnn.Sequential([minicnn.Input((3,)), layers.Dense(2)]), batch_size=0)
    with pytest.raises(ValueError, match=r"Pass `input_shape=\(batch, \.\.\.\)`"):
        operations(minicnn.Sequential([layers.Dense(2)]))

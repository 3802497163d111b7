import numpy as np
import pytest

from minicnn import GradientTape, KerasTensor, Tensor, ops
from minicnn.testing import check_gradients


def _probabilities(rng, shape):
    x = rng.uniform(0.5, 1, shape)
    return x / x.sum(-1, keepdims=True)


@pytest.mark.parametrize("from_logits", [False, True])
def test_binary(from_logits, rng, keras):
    target = rng.uniform(0, 1, (3, 4))
    output = rng.standard_normal((3, 4)) if from_logits else rng.uniform(0.1, 0.9, (3, 4))
    check_gradients(ops.binary_crossentropy, target, output, from_logits=from_logits)
    expected = keras.ops.binary_crossentropy(target, output, from_logits)
    np.testing.assert_allclose(
        ops.binary_crossentropy(target, output, from_logits), expected, rtol=1e-6
    )


@pytest.mark.parametrize("size", [5.0, 20.0, 80.0])
def test_binary_keeps_its_digits_where_a_prediction_is_nearly_right(size, backend):
    target, logits = np.array([1.0, 0.0], "float32"), np.array([size, -size], "float32")
    loss = ops.binary_crossentropy(target, logits, from_logits=True)
    np.testing.assert_allclose(loss, np.log1p(np.exp([-size, -size])), rtol=1e-6)


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("axis", [-1, 1])
def test_categorical(from_logits, axis, rng, keras):
    target = _probabilities(rng, (3, 4, 5))
    output = rng.standard_normal((3, 4, 5)) if from_logits else rng.uniform(0.2, 1, (3, 4, 5))
    settings = {"from_logits": from_logits, "axis": axis}
    check_gradients(ops.categorical_crossentropy, target, output, **settings)
    expected = keras.ops.categorical_crossentropy(target, output, **settings)
    np.testing.assert_allclose(
        ops.categorical_crossentropy(target, output, **settings), expected, rtol=1e-6
    )


@pytest.mark.parametrize("from_logits", [False, True])
def test_sparse(from_logits, rng, keras, backend):
    target = rng.integers(0, 5, (3, 4))
    output = rng.standard_normal((3, 4, 5)) if from_logits else _probabilities(rng, (3, 4, 5))

    def loss(output):
        return ops.sparse_categorical_crossentropy(target, output, from_logits)

    check_gradients(loss, output)
    expected = keras.ops.sparse_categorical_crossentropy(target, output, from_logits)
    np.testing.assert_allclose(loss(output), expected, rtol=1e-6)
    column = ops.sparse_categorical_crossentropy(target[..., None], output, from_logits)
    np.testing.assert_array_equal(column, loss(output))


def test_sparse_equals_categorical_of_one_hot(rng):
    target, logits = rng.integers(0, 5, (3, 4)), rng.standard_normal((3, 5, 4))
    np.testing.assert_allclose(
        ops.sparse_categorical_crossentropy(target, logits, from_logits=True, axis=1),
        ops.categorical_crossentropy(np.eye(5)[target].swapaxes(1, 2), logits, True, axis=1),
    )


def test_softmax_remembers_its_logits(backend):
    logits = Tensor(np.array([[200.0, 0.0], [0.0, 300.0]], "float32"))
    target = np.array([1, 0])
    with GradientTape() as tape:
        tape.watch(logits)
        losses = (
            ops.sparse_categorical_crossentropy(target, ops.softmax(logits)),
            ops.categorical_crossentropy(np.eye(2)[target], ops.softmax(logits)),
        )
    np.testing.assert_allclose(losses[0], [200, 300])
    np.testing.assert_allclose(losses[1], [200, 300])
    np.testing.assert_allclose(tape.gradient(losses, logits), [[2, -2], [-2, 2]])
    plain = ops.sparse_categorical_crossentropy(target, ops.softmax(logits).numpy())
    np.testing.assert_allclose(plain, [-np.log(1e-7)] * 2, rtol=1e-5)


def test_sigmoid_remembers_its_logits():
    loss = ops.binary_crossentropy([1.0, 0.0], ops.sigmoid(np.array([-90.0, 80.0], "float32")))
    np.testing.assert_allclose(loss, [90, 80])
    with pytest.warns(UserWarning, match="does not represent logits"):
        ops.binary_crossentropy([1.0], ops.sigmoid(np.array([1.0])), from_logits=True)


def test_gradient_is_softmax_minus_one_hot(rng, backend):
    logits = Tensor(rng.standard_normal((6, 4)))
    target, cotangent = rng.integers(0, 4, 6), rng.standard_normal(6)
    with GradientTape() as tape:
        tape.watch(logits)
        loss = ops.sparse_categorical_crossentropy(target, logits, from_logits=True)
    found = tape.gradient(loss, logits, output_gradients=Tensor(cotangent))
    shares = np.exp(logits.array) / np.exp(logits.array).sum(-1, keepdims=True)
    np.testing.assert_allclose(found, cotangent[:, None] * (shares - np.eye(4)[target]), rtol=1e-12)


def test_symbolic_shapes():
    x, labels = KerasTensor((None, 3, 4)), KerasTensor((None, 3), "int32")
    assert ops.binary_crossentropy(x, x).shape == (None, 3, 4)
    assert ops.categorical_crossentropy(x, x).shape == (None, 3)
    assert ops.categorical_crossentropy(x, x, axis=1).shape == (None, 4)
    assert ops.sparse_categorical_crossentropy(labels, x).shape == (None, 3)
    labels = KerasTensor((None, 4), "int32")
    assert ops.sparse_categorical_crossentropy(labels, x, axis=1).shape == (None, 4)


@pytest.mark.parametrize(
    ("loss", "target", "output", "words"),
    [
        ("binary", np.ones((3, 1)), np.ones((3, 2)), "same shape.*\\(3, 1\\).*\\(3, 2\\)"),
        ("categorical", np.ones(3), np.ones((3, 2)), "class numbers go with `sparse_"),
        ("categorical", np.ones(()), np.ones(()), "at least rank 1"),
        ("sparse_categorical", np.ones((3, 2)), np.ones((3, 2)), "one-hot.*`categorical_"),
        ("sparse_categorical", np.array([0, 2]), np.ones((2, 2)), "from 0 to 1.*from 0 to 2"),
        ("sparse_categorical", np.array([0, -1]), np.ones((2, 2)), "from -1 to 0"),
        ("sparse_categorical", np.array([0, np.nan]), np.ones((2, 2)), "NaN"),
    ],
)
def test_misuse(loss, target, output, words):
    with pytest.raises(ValueError, match=f"(?s){words}"):
        getattr(ops, f"{loss}_crossentropy")(target, output)


def test_empty_batch(backend):
    y = ops.sparse_categorical_crossentropy(np.zeros(0, "int32"), np.zeros((0, 3), "float32"))
    assert y.shape == (0,)

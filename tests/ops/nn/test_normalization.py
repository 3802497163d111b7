import numpy as np
import pytest

from minicnn import GradientTape, KerasTensor, Tensor, ops
from minicnn.testing import check_gradients


@pytest.mark.parametrize("axes", [[0], [0, 1], (1, 2), [-1], 1, [0, 1, 2]])
@pytest.mark.parametrize("keepdims", [False, True])
def test_moments(axes, keepdims, rng, keras, backend):
    x = 3 + rng.standard_normal((4, 3, 5))
    check_gradients(ops.moments, x, axes=axes, keepdims=keepdims)
    for found, expected in zip(
        ops.moments(x, axes, keepdims), keras.ops.moments(x, axes, keepdims), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-10)
    drawn = ops.moments(KerasTensor(x.shape), axes, keepdims)
    assert [t.shape for t in drawn] == [t.shape for t in ops.moments(x, axes, keepdims)]


def test_the_variance_alone_has_the_right_gradient(rng):
    x = Tensor(5 + rng.standard_normal((6, 2)))
    with GradientTape() as tape:
        tape.watch(x)
        variance = ops.moments(x, [0])[1]
    expected = 2 * (x.array - x.array.mean(0)) / 6
    np.testing.assert_allclose(tape.gradient(variance, x), expected, rtol=1e-10)


def test_moments_far_from_zero_do_not_cancel(backend):
    x = (1e4 + np.array([-1.0, 0.0, 1.0])).astype("float32")
    np.testing.assert_allclose(ops.moments(x, 0)[1], 2 / 3, rtol=1e-3)


@pytest.mark.parametrize("axis", [-1, 1, 2])
@pytest.mark.parametrize("scaled", [False, True])
def test_batch_normalization(axis, scaled, rng, keras):
    x = rng.standard_normal((4, 3, 5, 2))
    mean, offset, scale = rng.standard_normal((3, x.shape[axis]))
    arrays = [x, mean, rng.uniform(0.5, 2, x.shape[axis])] + ([offset, scale] if scaled else [])

    def normalize(x, mean, variance, offset=None, scale=None):
        return ops.batch_normalization(x, mean, variance, axis, offset, scale, 1e-2)

    check_gradients(normalize, *arrays)
    expected = keras.ops.batch_normalization(*arrays[:3], axis, *arrays[3:], epsilon=1e-2)
    np.testing.assert_allclose(normalize(*arrays), expected, rtol=1e-10, atol=1e-12)


def test_gradient_through_the_statistics(rng):
    """Batch normalization in training: the batch's own mean and variance depend on x, too."""

    def normalize(x, gamma, beta):
        mean, variance = ops.moments(x, [0, 1])
        return ops.batch_normalization(x, mean, variance, -1, beta, gamma)

    check_gradients(
        normalize, rng.standard_normal((5, 2, 3)), rng.standard_normal(3), rng.standard_normal(3)
    )


@pytest.mark.parametrize("axis", [-1, 1, (1, 2), [2, 0]])
@pytest.mark.parametrize("weights", [(), ("gamma",), ("gamma", "beta")])
def test_layer_normalization(axis, weights, rng, keras):
    x = rng.standard_normal((4, 3, 5))
    axes = sorted(a % 3 for a in ([axis] if isinstance(axis, int) else axis))
    arrays = {name: rng.standard_normal([x.shape[a] for a in axes]) for name in weights}

    def normalize(x, *given):
        return ops.layer_normalization(x, **dict(zip(weights, given, strict=True)), axis=axis)

    check_gradients(normalize, x, *arrays.values())
    expected = keras.ops.layer_normalization(x, **arrays, axis=axis)
    np.testing.assert_allclose(normalize(x, *arrays.values()), expected, rtol=1e-7, atol=1e-8)
    assert normalize(KerasTensor(x.shape), *arrays.values()).shape == x.shape


@pytest.mark.parametrize("axis", [-1, (1, 2)])
def test_rms_normalization(axis, rng, keras):
    x = rng.standard_normal((4, 3, 5))
    scale = rng.standard_normal(x.shape[-1:] if axis == -1 else x.shape[1:])
    check_gradients(lambda x, s: ops.rms_normalization(x, s, axis), x, scale)
    expected = keras.ops.rms_normalization(x, scale, axis)
    np.testing.assert_allclose(ops.rms_normalization(x, scale, axis), expected, rtol=1e-10)


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("axis", [-1, 0])
def test_normalize(order, axis, rng, keras):
    x = rng.uniform(0.2, 2, (3, 4)) * rng.choice([-1, 1], (3, 4))
    check_gradients(ops.normalize, x, axis=axis, order=order)
    expected = keras.ops.normalize(x, axis, order)
    np.testing.assert_allclose(ops.normalize(x, axis, order), expected, rtol=1e-6)


def test_normalize_at_zero_has_a_finite_gradient():
    x = Tensor(np.zeros((1, 3)))
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.normalize(x, epsilon=1e-3)
    np.testing.assert_allclose(tape.gradient(y, x), [[1e3] * 3])


@pytest.mark.parametrize("name", ["layer_normalization", "rms_normalization"])
def test_half_precision_is_computed_in_single(name):
    x = np.array([[300.0, -300.0, 100.0]], "float16")  # whose squares overflow
    y = getattr(ops, name)(x)
    assert y.dtype == "float16"
    np.testing.assert_allclose(y, getattr(ops, name)(x.astype("float64")), rtol=2e-3)


@pytest.mark.parametrize("name", ["mean", "variance", "offset", "scale"])
def test_vectors_of_the_wrong_length(name):
    vectors = {n: np.ones(3) for n in ("mean", "variance", "offset", "scale")} | {name: np.ones(4)}
    with pytest.raises(
        ValueError, match=f"`{name}` must be a vector of length.*\\(3,\\).*\\(4,\\)"
    ):
        ops.batch_normalization(np.ones((2, 3)), axis=-1, **vectors)


@pytest.mark.parametrize("order", [0, -1, 2.5, "a"])
def test_orders_that_are_none(order):
    with pytest.raises(ValueError, match="`order` must be an int >= 1"):
        ops.normalize(np.ones(3), order=order)

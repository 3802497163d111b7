"""One declaration makes a function, its derivatives, its shape rule and its class."""

import numpy as np
import pytest

from minicnn import GradientTape, KerasTensor, Tensor, Variable, ops
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op


@op(
    "x1",
    "x2",
    promote="common",
    spec=specs.elementwise,
    vjp=(lambda g, y, x1, x2, scale: g * x2 * scale, lambda g, y, x1, x2, scale: g * x1 * scale),
)
def scaled_product(x1, x2, scale=1.0):
    """`scale · x1 · x2`."""
    return x1 * x2 * x1.dtype.type(scale)


@composite("x")
def twice_root(x, shift=0.0):
    """`2 · √(x + shift)`."""
    return 2 * ops.sqrt(x + shift)


def test_a_function_of_anything_like_an_array():
    for x in ([1.0, 2.0], np.float32([1, 2]), Tensor(np.float32([1, 2])), Variable([1.0, 2.0])):
        y = scaled_product(x, x, scale=3)
        assert isinstance(y, Tensor)
        np.testing.assert_array_equal(y, [3, 12])
        assert y.dtype == "float32"
    assert scaled_product.__doc__.startswith("`scale")


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (np.ones(2, "float16"), 2.0, "float16"),
        (np.ones(2, "int32"), 2.0, "float32"),
        (np.ones(2, "int64"), np.ones(2, "float32"), "float32"),
        (np.ones(2, "float64"), np.ones(2, "float32"), "float64"),
        (np.ones(2, "uint8"), 1, "uint8"),
    ],
)
def test_types_are_promoted_as_keras_does(a, b, expected):
    assert scaled_product(a, b).dtype == expected
    spec = scaled_product(KerasTensor(a.shape, a.dtype.name), b)
    assert spec.dtype == expected


def test_gradients_have_their_inputs_shape_and_type(rng):
    a, b = Tensor(rng.normal(size=(3, 1)).astype("float32")), Tensor(rng.normal(size=(2, 1, 4)))
    c = rng.normal(size=(2, 3, 4))
    with GradientTape() as tape:
        tape.watch([a, b])
        y = scaled_product(a, b, scale=2.0)
    da, db = tape.gradient(y, [a, b], output_gradients=Tensor(c))
    assert (da.shape, da.dtype, db.shape, db.dtype) == ((3, 1), "float32", (2, 1, 4), "float64")
    np.testing.assert_allclose(da, 2 * (c * b.numpy()).sum((0, 2))[:, None], rtol=1e-6)
    np.testing.assert_allclose(db, 2 * (c * a.numpy()).sum(1, keepdims=True), rtol=1e-6)


def test_symbolic_tensors_leave_a_node():
    x = KerasTensor((None, 3))
    y = scaled_product(x, np.ones((1, 3), "float32"), scale=2.0)
    node = y._keras_history.operation._inbound_nodes[0]
    assert (y.shape, type(node.operation).__name__) == ((None, 3), "ScaledProduct")
    assert node.operation.get_config()["scale"] == 2.0


@pytest.mark.parametrize("function", [scaled_product, twice_root])
def test_the_class_computes_what_the_function_does(function):
    settings = {"scale": 3.0} if function is scaled_product else {"shift": 1.0}
    x = np.float32([1.0, 3.0])
    tensors = (x, x) if function is scaled_product else (x,)
    operation = function.operation_class(**settings)
    np.testing.assert_array_equal(operation(*tensors), function(*tensors, **settings))
    again = type(operation).from_config(operation.get_config())
    np.testing.assert_array_equal(again(*tensors), operation(*tensors))
    spec = operation.compute_output_spec(*(KerasTensor((None, 2)) for _ in tensors))
    assert spec.shape == (None, 2)


def test_a_composite_is_one_node_and_differentiable():
    x = KerasTensor((None, 2))
    assert type(twice_root(x)._keras_history.operation).__name__ == "TwiceRoot"
    t = Tensor(np.array([4.0, 9.0]))
    with GradientTape() as tape:
        tape.watch(t)
        y = twice_root(t)
    np.testing.assert_allclose(tape.gradient(y, t), [0.5, 1 / 3])


def test_wrong_arguments_are_pythons_error():
    for args, kwargs in [
        ((), {}),
        ((1.0,), {}),
        ((1.0, 2.0, 3.0, 4.0), {}),
        ((1.0, 2.0), {"scael": 1}),
    ]:
        with pytest.raises(TypeError):
            scaled_product(*args, **kwargs)
    with pytest.raises(TypeError, match="takes the settings scale"):
        scaled_product.operation_class(scael=2)


def test_a_derivative_of_the_wrong_shape_is_not_let_through():
    @op("x", spec=specs.like_first, vjp=lambda g, y, x: ops.concatenate([g, g]))
    def broken(x):
        return x * 2

    x = Tensor(np.ones(3))
    with GradientTape() as tape:
        tape.watch(x)
        y = broken(x)
    with pytest.raises(AssertionError, match="broken"):
        tape.gradient(y, x)


def test_shapes_that_do_not_broadcast_are_named():
    with pytest.raises(ValueError, match=r"\(None, 3\) and \(4,\)"):
        scaled_product(KerasTensor((None, 3)), KerasTensor((4,)))

"""Functions drawn between symbolic tensors."""

import numpy as np
import pytest

from minicnn import Function, Input, KerasTensor, Model, layers, ops
from minicnn.ops.symbolic.graph_order import map_graph


def test_branches_that_join(rng):
    x, z = KerasTensor((None, 3)), KerasTensor((3,))
    a = ops.sin(x)
    function = Function({"x": x, "z": z}, [a * z, (a + 1,)])
    values = {"x": rng.normal(size=(2, 3)), "z": rng.normal(size=3)}
    product, (plus,) = function(values)
    np.testing.assert_allclose(product, np.sin(values["x"]) * values["z"], rtol=1e-6)
    np.testing.assert_allclose(plus, np.sin(values["x"]) + 1, rtol=1e-6)
    shapes = function.compute_output_spec({"x": KerasTensor((7, 3)), "z": z})
    assert [shapes[0].shape, shapes[1][0].shape] == [(7, 3), (7, 3)]


def test_a_shared_operation_is_called_twice():
    x, y = Input((2,)), Input((2,))
    dense = layers.Dense(2)
    function = Function([x, y], dense(dense(x)) + dense(y))
    assert sum(operation is dense for operation in function.operations) == 1
    assert function([np.ones((1, 2)), np.ones((1, 2))]).shape == (1, 2)


def test_deep_graphs_need_no_deep_stack():
    x = KerasTensor((1,))
    y = x
    for _ in range(3000):
        y = y + 1
    np.testing.assert_array_equal(Function(x, y)(np.zeros(1)), [3000])


def test_order_is_by_depth():
    x = Input((2,))
    short, long = ops.sin(x), ops.cos(ops.tanh(x))
    graph = map_graph([x], [short + long])
    names = [type(operation).__name__ for operation in graph.operations]
    assert names == ["InputLayer", "Tanh", "Sin", "Cos", "Add"]


def test_what_is_missing_is_named():
    x, other = Input((2,), name="seen"), Input((2,), name="unseen")
    with pytest.raises(ValueError, match=r"path `` is not connected.*unseen.*Add the `Input`"):
        Function(x, ops.add(x, other))
    with pytest.raises(ValueError, match="Output with path `1` is not connected"):
        Function(x, [x * 2, KerasTensor((2,))])
    with pytest.raises(ValueError, match="`inputs` argument cannot be empty"):
        Function([], x * 2)
    function = Function(x, x * 2)
    with pytest.raises(ValueError, match=r"'seen', expected shape \(None, 2\).*\(3, 5\)"):
        function(np.ones((3, 5)))
    with pytest.raises(ValueError, match="invalid input structure"):
        function([np.ones((3, 2)), np.ones((3, 2))])


def test_names_must_be_unique():
    x = Input((2,))
    y = layers.Dense(2, name="twin")(layers.Dense(2, name="twin")(x))
    with pytest.raises(ValueError, match='"twin" is used 2 times'):
        Function(x, y)


@pytest.mark.parametrize("misuse", [bool, float, iter, np.asarray, len])
def test_symbolic_tensors_have_no_values(misuse):
    with pytest.raises(
        (TypeError, ValueError, NotImplementedError), match="KerasTensor is symbolic"
    ):
        misuse(KerasTensor((None, 3)))


def test_numpy_functions_draw_too():
    x = KerasTensor((None, 3))
    y = np.maximum(np.exp(x), 1.0).sum(axis=-1)
    assert y.shape == (None,)
    np.testing.assert_allclose(Function(x, y)(np.zeros((2, 3))), [3, 3])


def test_equal_as_an_operation_and_as_a_condition():
    x, y, other = Input((3,)), Input((3,)), Input((2, 5))
    assert [bool(x == z) for z in (x, y, other)] == [True, False, False]
    assert [y, other, x].index(x) == 2 and x not in [y, other]
    function = Function([x, y], [x == y, x == 1.0, x != y])
    same, ones, differ = function([np.array([[1.0, 2, 3]]), np.array([[1.0, 0, 3]])])
    assert same.numpy().tolist() == [[True, False, True]]
    assert ones.numpy().tolist() == [[True, False, False]]
    assert differ.numpy().tolist() == [[False, True, False]]
    for unknown in (x == 1.0, x != y, x < y):
        with pytest.raises(TypeError, match="cannot be used as a boolean"):
            bool(unknown)


SHAPED_BY_A_NUMBER = {
    "reshape": lambda x, n: ops.reshape(x, (n, -1)),
    "broadcast_to": lambda x, n: ops.broadcast_to(ops.ones((1, 3)), (n, 3)),
    "tile": lambda x, n: ops.tile(x, (n, 1)),
    "repeat": lambda x, n: ops.repeat(x, n, axis=0),
    "one_hot": lambda x, n: ops.one_hot([2, 0], n),
}


@pytest.mark.parametrize("name", SHAPED_BY_A_NUMBER)
def test_a_computed_number_can_shape_a_result(name):
    function = SHAPED_BY_A_NUMBER[name]
    x = Input((4,))
    model = Model(x, function(x, ops.cast(ops.sum(x), "int32")))
    again = Model.from_config(model.get_config())
    for count in (8, 4, 2):  # the number is computed for each batch
        batch = np.zeros((2, 4), "float32")
        batch[0, :2] = count / 2
        expected = np.asarray(function(ops.convert_to_tensor(batch), count))
        for network in (model, again, model.predict_on_batch):
            np.testing.assert_array_equal(network(batch), expected)
        spec = model.outputs[0].shape
        assert len(spec) == expected.ndim
        assert all(n in (None, m) for n, m in zip(spec, expected.shape, strict=True))


def test_arrays_take_a_symbolic_shape():
    number, shape = KerasTensor((), "int32"), KerasTensor((2,), "int32")
    x = np.zeros(20, "float32")
    assert ops.reshape(x, shape).shape == (None, None)
    assert ops.reshape(x, (number, 5)).shape == (None, 5)
    assert ops.broadcast_to(x, shape).shape == (None, None)
    assert ops.roll(x, number).shape == (20,)
    with pytest.raises(ValueError, match="must be unchanged"):
        ops.reshape(x, (3, 7))

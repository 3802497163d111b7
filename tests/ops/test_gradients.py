"""Every derivative against differences of values, and every operation with one in the table."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest

import minicnn as keras
from minicnn import ops
from minicnn.ops.define.primitive import Primitive
from tests.gradients import check_gradients
from tests.ops.gradient_cases import CASES

NOT_HERE = ("minicnn.ops.nn", "minicnn.ops.image")
"""Sections with tables of their own."""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_gradient(case):
    case.check_with(check_gradients)


def _primitives():
    """All declared operations, the internal ones too, by name."""
    found = {}
    for module in pkgutil.walk_packages(ops.__path__, "minicnn.ops."):
        if module.name.startswith(NOT_HERE):
            continue
        for value in vars(import_module(module.name)).values():
            primitive = getattr(value, "primitive", None)
            if isinstance(primitive, Primitive) and not primitive.forward.__module__.startswith(
                NOT_HERE
            ):
                found[primitive.name] = primitive
    return found


def test_every_derivative_is_in_the_table(monkeypatch):
    """Each vjp function is called by some line: a new operation cannot be forgotten."""
    called = set()

    def counted(primitive, i, vjp):
        def wrapper(*args, **kwargs):
            called.add((primitive.name, i))
            return vjp(*args, **kwargs)

        return wrapper

    expected = set()
    for primitive in _primitives().values():
        functions = list(enumerate(primitive.vjp))
        expected |= {(primitive.name, i) for i, vjp in functions if vjp is not None}
        wrapped = tuple(vjp and counted(primitive, i, vjp) for i, vjp in functions)
        monkeypatch.setattr(primitive, "vjp", wrapped)

    def differentiate_twice(function, *inputs, **settings):
        inputs = keras.tree.map_structure(_as_input, list(inputs))
        leaves = [x for x in keras.tree.flatten(inputs) if isinstance(x, keras.Tensor)]
        with keras.GradientTape() as outer:
            outer.watch(leaves)
            with keras.GradientTape() as inner:
                inner.watch(leaves)
                outputs = [
                    y * y  # the cotangent, too, depends on the inputs
                    for y in keras.tree.flatten(function(*inputs, **settings))
                    if "float" in str(y.dtype)
                ]
            gradients = [g for g in inner.gradient(outputs, leaves) if g is not None]
        outer.gradient(gradients, leaves)

    for case in CASES:
        case.check_with(differentiate_twice)
    assert not sorted(expected - called)


def _as_input(x):
    if isinstance(x, np.ndarray) and x.dtype.kind == "f":
        return ops.convert_to_tensor(x)
    return x


def test_checker_finds_a_wrong_factor():
    wrong = ops.custom_gradient(lambda x: (x * x, lambda upstream: upstream * x))
    with pytest.raises(AssertionError, match=r"Wrong gradient to input 0 at index \(0,\)"):
        check_gradients(wrong, np.array([1.0, 2.0]))


def test_checker_finds_a_kink():
    with pytest.raises(AssertionError, match="on a kink"):
        check_gradients(lambda x: ops.maximum(x, 0.0), np.array([1.0, 0.0]))


def test_checker_refuses_a_vanishing_gradient():
    with pytest.raises(AssertionError, match="as good as zero"):
        check_gradients(lambda x: ops.stop_gradient(x) * 1e-9 + 0 * x, np.array([1.0]))


def test_checker_finds_a_gradient_that_cannot_be_differentiated():
    unrecorded = ops.custom_gradient(
        lambda x: (x**3, lambda upstream: upstream * 3 * np.asarray(x) ** 2)
    )
    with pytest.raises(AssertionError, match="Wrong second derivative"):
        check_gradients(unrecorded, np.array([1.0, 2.0]))


def test_table_names_are_operations():
    for case in CASES:
        assert inspect.isroutine(getattr(ops, case.name)), case.name

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
from minicnn.testing import check_gradients
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


def test_table_names_are_operations():
    for case in CASES:
        assert inspect.isroutine(getattr(ops, case.name)), case.name

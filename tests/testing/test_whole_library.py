"""`check_gradients` accepts every layer, loss and operation of the catalogue."""

import numpy as np
import pytest

from compare.cases import catalogue
from compare.cases.kinds.layers import _weights as random_weights
from compare.cases.kinds.layers import as_arguments
from compare.cases.kinds.shared import DifferentiableInputs
from compare.libraries.minicnn import MiniCNN
from minicnn import Tensor, config, tree
from minicnn.testing import CannotCheck, check_gradients

LIBRARY = MiniCNN()
MANY = 1000  # numbers; with more, derivatives in some directions are looked at, not in each number


def cases(kind):
    found = [c for c in catalogue.cases() if c.kind == kind and c.inputs and not c.held_constant]
    return [pytest.param(c, id=c.label) for c in found]


def inputs_of(case):
    inputs = list(LIBRARY.values(case.inputs, case.label))
    return inputs[0] if len(inputs) == 1 else inputs


def has_floats(inputs):
    return any(getattr(x, "dtype", np.dtype(int)).kind == "f" for x in tree.flatten(inputs))


def truth_for(arrays):
    many = sum(np.size(x) for x in tree.flatten(arrays)) > MANY
    return {"truth": "taylor" if many else "auto", "order": 1, "floor": 0.0}


@pytest.fixture(autouse=True)
def without_compiling():
    before = config.backend()
    config.set_backend("numpy")
    yield
    config.set_backend(before)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("case", cases("layers"))
def test_layers(case, training):
    layer = LIBRARY.find(f"layers.{case.name}")(**LIBRARY.resolve(dict(case.settings)))
    inputs = as_arguments(layer, list(LIBRARY.values(case.inputs, case.label)))
    call = {k: LIBRARY.values(x, f"{case.label}/{k}") for k, x in case.call.items()}
    layer(*inputs, **call)
    layer.set_weights(random_weights(LIBRARY, case, layer))
    before = layer.get_weights()
    if getattr(layer, "stateful", False):
        with pytest.raises(CannotCheck, match="remembers earlier calls"):
            check_gradients(layer, *inputs, order=1, floor=0.0, training=training, **call)
        return
    if case.name == "Discretization":  # constant between its steps
        return
    if not has_floats(inputs) and not layer.trainable_variables:
        with pytest.raises(CannotCheck):
            check_gradients(layer, *inputs, order=1, floor=0.0, training=training, **call)
        return
    how = truth_for([*inputs, *before])
    check_gradients(layer, *inputs, **how, training=training, **call)
    for a, b in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype


@pytest.mark.parametrize("case", cases("losses"))
def test_losses(case):
    loss = LIBRARY.find(f"losses.{case.name}")(**LIBRARY.resolve(dict(case.settings)))
    check_gradients(loss, *inputs_of(case), order=1, floor=0.0)


WITHOUT_GRADIENT = {"histogram": "edges of bins", "convert_to_numpy": "leaves the tape"}


@pytest.mark.parametrize("case", cases("ops"))
def test_operations(case):
    differentiable = DifferentiableInputs(LIBRARY, case)
    settings = LIBRARY.resolve(dict(case.settings))
    function = LIBRARY.find(f"ops.{case.name}")

    def apply(*free):
        return function(*differentiable.with_tensors(free), **settings)

    outputs = tree.flatten(apply(*map(Tensor, differentiable.arrays)))
    floats = any(isinstance(y, Tensor) and y.dtype.kind == "f" for y in outputs)
    if not differentiable.arrays or not floats or case.name in WITHOUT_GRADIENT:
        with pytest.raises((CannotCheck, AssertionError)):
            check_gradients(apply, *differentiable.arrays, order=1)
        return
    if not all(np.isfinite(np.asarray(y)).all() for y in outputs):
        with pytest.raises(CannotCheck, match="NaN or infinite"):  # the maximum of no numbers
            check_gradients(apply, *differentiable.arrays, **truth_for(differentiable.arrays))
        return
    check_gradients(apply, *differentiable.arrays, **truth_for(differentiable.arrays))

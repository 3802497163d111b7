"""The fused recurrent layer: its gradients, of second order too, and its definition."""

from __future__ import annotations

import numpy as np
import pytest

from minicnn import GradientTape, Tensor, config
from minicnn.ops.nn.recurrent import STEPS, recurrent_layer
from minicnn.testing import check_gradients

MASK = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])


def draws(cell):
    rng = np.random.default_rng(3)
    gates = STEPS[cell][1]
    bias = (2, 2 * gates) if cell == "gru" else (2 * gates,)
    states = 2 if cell == "lstm" else 1
    shapes = (2, 3, 2), (states, 2, 2), (2, 2 * gates), (2, 2 * gates), bias
    return [rng.standard_normal(shape) for shape in shapes]


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("cell", STEPS)
def test_gradients_and_their_gradients(backend, cell, mask):
    check_gradients(lambda *a: recurrent_layer(*a, mask, cell=cell), *draws(cell))


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("cell", STEPS)
def test_the_kernel_computes_the_definition(backend, cell, mask):
    found = []
    for fusion in (True, False):
        config.set_fusion(fusion)
        inputs = [Tensor(x) for x in draws(cell)]
        with GradientTape() as tape:
            for x in inputs:
                tape.watch(x)
            y = recurrent_layer(*inputs, mask, cell=cell)
        cotangent = Tensor(np.random.default_rng(4).standard_normal(y.shape))
        found.append([y, *tape.gradient(y, inputs, cotangent)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-12)

"""Tests of perturbed arithmetic: each result changes by a rounding."""

import numpy as np

from compare.errors import UNIT
from compare.libraries.truth import Truth, perturbed_arithmetic
from minicnn import ops
from minicnn.autodiff import Variable


def test_every_result_is_perturbed_by_the_rounding_of_float32():
    with Truth().settings():
        x = Variable(np.array([0.1, 0.7]))
        exact = {"power": ops.power(x, 0.3), "add": x + 0.33, "exp": ops.exp(x)}
        with perturbed_arithmetic(1):
            moved = {"power": ops.power(x, 0.3), "add": x + 0.33, "exp": ops.exp(x)}
        for name, right in exact.items():
            off = np.abs(moved[name].numpy() / right.numpy() - 1)
            assert (off > 0.499 * UNIT).all() and (off < 1.501 * UNIT).all(), name
            assert off[0] != off[1], name


def test_selected_results_are_not_perturbed():
    with Truth().settings(), perturbed_arithmetic(1):
        x = np.array([0.1, 0.7])
        assert ops.max(x).numpy() == 0.7
        assert (ops.concatenate([x, x + 0]).numpy()[:2] == x).all()

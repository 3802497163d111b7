"""Tests of perturbed arithmetic: each result changes by a rounding."""

import numpy as np
import pytest

from compare.cases import catalogue
from compare.errors import UNIT
from compare.libraries.truth import Truth, perturbed_arithmetic, slopes_of_results
from compare.parity import judge
from minicnn import ops
from minicnn.autodiff import GradientTape, Variable


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


@pytest.mark.parametrize(
    "function", [ops.tanh, ops.sigmoid], ids=lambda function: function.__name__
)
def test_slopes_of_results_lose_what_rounding_the_result_loses(function):
    def slopes(x):
        with GradientTape() as tape:
            y = function(x)
        return tape.gradient(y, x).numpy()

    with Truth().settings():
        x = Variable(np.linspace(6, 12, 50))
        exact = slopes(x)
        with slopes_of_results():
            np.testing.assert_allclose(slopes(x), exact, rtol=1e-4)  # the same without rounding
        with perturbed_arithmetic(1):
            assert (np.abs(slopes(x) / exact - 1) < 20 * UNIT).all()
        with perturbed_arithmetic(1), slopes_of_results():
            off = np.abs(slopes(x) - exact) / UNIT
    assert (off < 6).all()
    assert np.median(off) > 0.5  # the slopes are 1e-3 to 1e-10 there


@pytest.mark.parametrize("name", ["SimpleRNN", "LSTM", "ConvLSTM1D"])
def test_recurrent_layers_are_judged_entry_by_entry(name):
    """A small entry has not the limit of the largest, as it would with one limit for all."""
    case = next(c for c in catalogue.cases() if c.kind == "layers" and c.name == name)
    ours, truth = judge.ours(case), judge.reference(case, confirm=False)
    findings = judge.judge(case, ours, ours, truth)
    assert [f.wrong for f in findings if f.wrong] == []
    # With the truth, rounded once, in minicnn's place: how it rounds is no matter of the limits.
    floats = {name: x for name, x in truth.values.items() if not isinstance(x, str)}
    rounded = {**ours, **{name: x.astype(ours[name].dtype) for name, x in floats.items()}}
    findings = judge.judge(case, rounded, rounded, truth)
    noticed = [f.noticed_in_smallest for f in findings if f.noticed_in_smallest]
    assert np.log2(noticed).mean() <= -11  # -9.3, -8.9 and -8.8 with one limit

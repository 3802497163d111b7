"""Tests of parity in 16 bits: right results hold, results off by more than a few roundings fail."""

import numpy as np
import pytest

from compare.cases.case import Case
from compare.cases.values import apart, scaled, within
from compare.errors import wide
from compare.libraries.precision import PRECISIONS
from compare.parity import half
from minicnn import config

LAYER = Case("layers", "Conv2D", (apart(2, 6, 5, 3),), {"filters": 2, "kernel_size": 3})
LOSS = Case("losses", "MeanSquaredError", (within(0, 1, 9)._replace(fixed=True), apart(9)))
OPTIMIZER = Case("optimizers", "SGD", (scaled(1e-6, 7),), {"name": "case", "clipnorm": 0.5})


@pytest.mark.parametrize("name", half.NAMES)
@pytest.mark.parametrize(
    ("case", "quantity"),
    [
        (LAYER, "training: output 0"),
        (LAYER, "training: gradient to 1 bias"),
        (LOSS, "value"),
        (LOSS, "gradient to input 1"),
        (OPTIMIZER, "update of weight 0 in step 6"),
    ],
)
def test_wrong_numbers_are_found_and_right_ones_hold(case, quantity, name):
    precision = PRECISIONS[name]
    found, truth = half.ours(case, precision), half.reference(case, precision)
    assert [f for f in half.findings(case, found, found, truth, precision) if f.wrong] == []
    in_16_bits = case is LAYER or "gradient" in quantity
    factor = 1 + 12 * precision.unit * 4 if in_16_bits else 1.0001
    wrong = {**found, quantity: wide(found[quantity]) * factor}
    failing = [f for f in half.findings(case, wrong, found, truth, precision) if f.wrong]
    assert [f.quantity for f in failing] == [quantity]


@pytest.mark.parametrize("name", half.NAMES)
def test_the_layer_computes_in_16_bits_and_the_settings_come_back(name):
    before = config.dtype_policy().name
    found = half.ours(LAYER, PRECISIONS[name])
    assert found["output type"] == name
    assert config.dtype_policy().name == before


def test_a_result_of_keras_outside_of_the_limit_is_no_failure_but_another_type_is():
    precision = PRECISIONS["float16"]
    found, truth = half.ours(LAYER, precision), half.reference(LAYER, precision)
    keras = {**found, "training: output 0": wide(found["training: output 0"]) * 1.5}
    by_name = {f.quantity: f for f in half.findings(LAYER, found, keras, truth, precision)}
    assert not any(f.wrong for f in by_name.values())
    assert by_name["training: output 0"].judges == ()
    keras["output type"] = "float32"
    wrong = [f for f in half.findings(LAYER, found, keras, truth, precision) if f.wrong]
    assert [f.quantity for f in wrong] == ["output type"]


def test_rounding_is_that_of_the_type():
    x = np.random.default_rng(0).normal(size=1000).astype("float32")
    np.testing.assert_array_equal(PRECISIONS["float16"].rounded(x), x.astype("float16"))
    dtypes = pytest.importorskip("ml_dtypes")
    expected = x.astype(dtypes.bfloat16).astype("float32")
    np.testing.assert_array_equal(PRECISIONS["bfloat16"].rounded(x), expected)


def test_reductions_are_long():
    from compare.cases.catalogue import large

    sizes = [max(int(np.prod(x.shape)) for x in case.inputs) for case in large.CASES]
    assert sum(size >= 5000 for size in sizes) == len(sizes) - 1  # all but Circle's, n² pairs
    assert max(sizes) >= 70_000

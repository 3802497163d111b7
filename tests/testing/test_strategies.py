"""What the strategies draw is what they say; a property test of a layer is five lines."""

import itertools
import subprocess
import sys

import numpy as np
from hypothesis import given, settings

from minicnn import layers
from minicnn.testing import check_gradients, strategies


@given(strategies.arrays_with_gaps(strategies.shapes(3, 0, 4)))
def test_arrays_have_gaps(x):
    values = np.sort(x.ravel())
    assert (np.diff(values) >= 0.1 - 1e-12).all()
    assert (np.abs(values) >= 0.05 - 1e-12).all()


@settings(max_examples=40)
@given(strategies.convolutions())
def test_convolutions_are_valid(drawn):
    arguments, x = drawn
    y = layers.Conv2D(**arguments)(x)
    assert y.shape[0] == len(x)
    assert y.size


@settings(max_examples=40)
@given(strategies.poolings())
def test_poolings_are_valid(drawn):
    arguments, x = drawn
    assert layers.MaxPooling2D(**arguments)(x).size
    assert layers.AveragePooling2D(**arguments)(x).size


def test_all_kinds_are_drawn():
    seen = set()

    @settings(max_examples=80, database=None, derandomize=True)
    @given(strategies.convolutions())
    def collect(drawn):
        a, _ = drawn
        seen.update({("padding", a["padding"]), ("bias", a["use_bias"])})
        seen.add(("groups", a["groups"] > 1))
        seen.add(("dilation", a["dilation_rate"] != 1 and max(a["dilation_rate"]) > 1))
        seen.add(("strides", a["strides"] != 1 and max(a["strides"]) > 1))

    collect()
    wanted = itertools.product(("bias", "groups", "dilation", "strides"), (True, False))
    assert set(wanted) | {("padding", "same"), ("padding", "valid")} == seen


@given(
    strategies.labels(4, 3),
    strategies.labels(4, 3, one_hot=True),
    strategies.labels(4, 3, smooth=True),
)
def test_labels(whole, rows, smooth):
    assert whole.shape == (4,)
    assert whole.dtype.kind == "i"
    assert set(whole) <= {0, 1, 2}
    np.testing.assert_array_equal(rows.sum(1), 1)
    np.testing.assert_allclose(smooth.sum(1), 1, rtol=1e-5)


@settings(max_examples=10)
@given(strategies.small_models())
def test_small_models_have_right_gradients(drawn):
    model, x = drawn
    check_gradients(model, x, order=1, floor=0.0)


def test_minicnn_testing_does_not_need_hypothesis():
    code = (
        "import sys; sys.modules['hypothesis'] = None; import minicnn.testing\n"
        "try: import minicnn.testing.strategies\n"
        "except ImportError as e: sys.exit('pip install hypothesis' not in str(e))\n"
        "sys.exit(1)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

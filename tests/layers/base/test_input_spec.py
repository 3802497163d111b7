"""What an input must look like, and what is said if it does not."""

import numpy as np
import pytest

from minicnn import InputSpec, KerasTensor
from minicnn.layers.base.check_input import assert_input_compatibility


@pytest.mark.parametrize(
    ("spec", "shape", "message"),
    [
        ({"ndim": 2}, (3, 4), None),
        ({"ndim": 2}, (3,), "expected ndim=2, found ndim=1"),
        ({"min_ndim": 2}, (3,), "expected min_ndim=2"),
        ({"max_ndim": 2}, (3, 1, 1), "expected max_ndim=2"),
        ({"axes": {-1: 4}}, (3, 4), None),
        ({"axes": {-1: 4}}, (3, None), None),
        ({"axes": {1: 5}}, (3, 4), "axis 1 of input shape to have value 5, found 4"),
        ({"shape": (None, 4)}, (3, 4), None),
        ({"shape": (None, 4)}, (3, 5), r"expected shape=\(None, 4\), found shape=\(3, 5\)"),
        ({"shape": (None, 4), "allow_last_axis_squeeze": True}, (3, 4, 1), None),
        ({"shape": (None, 4, 1), "allow_last_axis_squeeze": True}, (3, 4), None),
        (
            {"shape": (None, 8, 1), "allow_last_axis_squeeze": True},
            (3, 9, 1),
            r"expected shape=\(None, 8, 1\), found shape=\(3, 9, 1\)",
        ),
        ({"dtype": "int32"}, (3,), "expected dtype=int32, found dtype=float32"),
    ],
)
def test_one_input(spec, shape, message):
    spec, x = InputSpec(**spec), KerasTensor(shape)
    if message is None:
        assert_input_compatibility(spec, x, "mine")
        return
    with pytest.raises(ValueError, match=message) as error:
        assert_input_compatibility(spec, x, "mine")
    assert "'mine'" in str(error.value)


def test_several_inputs():
    specs = [InputSpec(ndim=1, name="a"), InputSpec(ndim=2, name="b", optional=True)]
    a, b = np.ones(2), np.ones((2, 2))
    assert_input_compatibility(specs, [a, b], "mine")
    assert_input_compatibility(specs, {"b": b, "a": a}, "mine")
    assert_input_compatibility(specs, [a, None], "mine")
    with pytest.raises(ValueError, match=r"expects 2 input\(s\).*received 1"):
        assert_input_compatibility(specs, [a], "mine")
    with pytest.raises(ValueError, match="'b'"):
        assert_input_compatibility(specs, {"a": a}, "mine")
    with pytest.raises(ValueError, match="expected a tensor, found str"):
        assert_input_compatibility(InputSpec(ndim=1), "text", "mine")


def test_config():
    spec = InputSpec(shape=(None, 3), axes={1: 3})
    assert InputSpec.from_config(spec.get_config()).get_config() == spec.get_config()
    with pytest.raises(ValueError, match="Axis 2"):
        InputSpec(ndim=2, axes={2: 1})

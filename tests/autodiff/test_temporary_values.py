"""Variables get back the values that they had before."""

import numpy as np
import pytest

from minicnn.autodiff import Variable
from minicnn.autodiff.temporary_values import Snapshot, rolled_back, temporary_values


def pair():
    return [Variable([1.0, 2.0]), Variable(3.0)]


def values(variables):
    return [v.numpy().tolist() for v in variables]


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_temporary_values_end_with_the_block_however_it_ends(error):
    variables = pair()
    tensors = [v.value for v in variables]
    try:
        with temporary_values(iter(variables)):
            variables[0].assign([5.0, 6.0])
            new = Variable(7.0)
            new.assign(8.0)
            if error is not None:
                raise error
    except BaseException as caught:
        assert type(caught) is error
    assert all(v.value is tensor for v, tensor in zip(variables, tensors, strict=True))
    assert new.numpy() == 7


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_rolled_back_after_an_error_only(error):
    variables = pair()
    with rolled_back(variables):
        variables[1].assign(4.0)
    assert values(variables) == [[1, 2], 4]
    with pytest.raises(error), rolled_back(variables):
        variables[0].assign([0.0, 0.0])
        variables[1].assign(0.0)
        raise error
    assert values(variables) == [[1, 2], 4]


def test_blocks_in_blocks_restore_their_own():
    variables = pair()
    with temporary_values(variables):
        variables[1].assign(4.0)
        inner = Snapshot(variables)
        with temporary_values(variables[:1]):
            variables[0].assign([9.0, 9.0])
            variables[1].assign(5.0)
        assert values(variables) == [[1, 2], 5]
        inner.restore()
        assert values(variables) == [[1, 2], 4]
    assert values(variables) == [[1, 2], 3]


def test_no_array_is_copied():
    (variable,) = variables = [Variable(np.zeros(1000))]
    array = variable.value.array
    with temporary_values(variables):
        variable.assign_add(np.ones(1000))
    assert variable.value.array is array

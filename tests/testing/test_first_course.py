"""Mistakes of a first course are named rightly, and right backwards are accepted."""

import numpy as np
import pytest

from minicnn.testing import WrongGradient, check_backward
from tests.testing import first_course as course
from tests.testing.right_functions import right_functions

FORWARD = {
    course.conv_backward: course.conv_forward,
    course.pool_backward: course.pool_forward,
    course.norm_backward: course.norm_forward,
}


def inputs_of(mistake):
    random = np.random.default_rng(len(mistake.wrong))
    if mistake.backward is course.conv_backward:
        arrays = random.normal(size=(2, 3, 5, 5)), random.normal(size=(2, 3, 3, 3))
        return (*arrays, random.normal(size=2), mistake.stride, mistake.pad)
    if mistake.backward is course.pool_backward:
        return random.normal(size=(2, 5, 5, 3)), 3 if mistake.stride == 2 else 2, mistake.stride
    return random.normal(size=(6, 4)), random.uniform(0.5, 2, 4), random.normal(size=4)


@pytest.mark.parametrize("mistake", course.MISTAKES, ids=str)
def test_the_mistake_is_named(mistake):
    inputs = inputs_of(mistake)
    forward = FORWARD[mistake.backward]
    check_backward(forward, mistake.backward, *inputs)
    with pytest.raises(WrongGradient) as caught:
        check_backward(forward, mistake.planted(), *inputs)
    print(caught.value)
    wrong = {m.name: m.diagnosis for m in caught.value.mistakes}
    assert mistake.input in wrong
    found = wrong[mistake.input]
    assert found is not None and found.kind in mistake.kinds, found


RIGHT = right_functions()


def test_there_are_enough_right_functions():
    assert len({case.name for case in RIGHT}) == len(RIGHT) >= 200


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_right_functions_are_not_accused(case):
    check_backward(case.forward, case.backward, *case.inputs)

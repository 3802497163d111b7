"""Each kind of mistake gets its name, and not the name of another."""

import numpy as np
import pytest

from minicnn.testing import WrongGradient, check_backward
from minicnn.testing.diagnosis import KINDS
from tests.testing.mistakes import PLANTED


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("planted", PLANTED, ids=str)
def test_the_kind_is_named(planted):
    with pytest.raises(WrongGradient) as caught:
        check_backward(planted.forward, planted.backward, *planted.inputs)
    print(caught.value)
    wrong = {m.name: m.diagnosis for m in caught.value.mistakes}
    assert wrong[planted.input] is not None
    assert wrong[planted.input].kind == planted.kind, wrong[planted.input]


def test_most_kinds_are_planted():
    kinds = {planted.kind for planted in PLANTED}
    assert kinds <= set(KINDS)


def test_an_unknown_mistake_gets_no_name():
    random = np.random.default_rng(3)
    x, w, other = (random.normal(size=shape) for shape in ((4, 3), (3, 2), (2, 3)))
    with pytest.raises(WrongGradient, match="none of the usual mistakes") as caught:
        check_backward(lambda x: x @ w, lambda d, x: d @ other, x)
    assert caught.value.diagnosis is None

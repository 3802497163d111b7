"""What `help` and notebooks show of a class."""

from __future__ import annotations

import inspect

import pytest

from minicnn import Model, Sequential, layers, ops

CLASSES = [layers.Dense, layers.Conv2D, layers.MaxPooling1D, layers.LSTM, Sequential, ops.Relu]


@pytest.mark.parametrize("cls", CLASSES)
def test_a_class_takes_what_its_constructor_takes(cls):
    own = list(inspect.signature(cls.__init__).parameters)[1:]
    assert own
    assert list(inspect.signature(cls).parameters) == own


def test_a_class_of_ones_own_and_what_its_objects_take():
    class Mine(Model):
        def __init__(self, width, depth=2):
            super().__init__()

        def call(self, x):
            return x

    assert str(inspect.signature(Mine)) == "(width, depth=2)"
    assert "width" not in inspect.signature(Mine(3)).parameters

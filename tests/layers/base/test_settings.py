"""A layer's settings are what its constructor takes, read off the signature once."""

import inspect

import pytest

from minicnn import constraints, initializers, layers
from minicnn.layers.base import settings

CLASSES = {
    cls
    for name in dir(layers)
    if inspect.isclass(cls := getattr(layers, name)) and cls.__dict__.get("settings")
}


def test_what_every_layer_takes_is_what_layer_takes():
    own = list(inspect.signature(layers.Layer.__init__).parameters)
    assert set(own) - {"self", "kwargs"} == set(settings.OF_EVERY_LAYER)


def test_names_of_a_signature():
    def constructor(
        self, size, *rest, rate=0.5, activity_regularizer=None, name=None, **kwargs
    ): ...
    def plain(self, size, seed=None, sparse=False, **kwargs): ...

    assert settings.settings_of(constructor) == ("size",)
    assert settings.settings_of(plain, "more", without=("sparse",)) == ("size", "seed", "more")


@pytest.mark.parametrize("cls", sorted(CLASSES, key=lambda c: c.__name__), ids=lambda c: c.__name__)
def test_help_shows_every_setting(cls):
    """Nothing hides the signature from `help` and editors."""
    shown = inspect.signature(cls).parameters
    taken_by_all = {"activity_regularizer", "zero_output_for_mask"}  # of all recurrent layers
    assert set(cls.settings) <= {*shown, *taken_by_all}


def test_settings_become_objects_by_their_names():
    layer = layers.Dense(3, kernel_initializer="he_normal", bias_constraint="non_neg")
    assert isinstance(layer.kernel_initializer, initializers.HeNormal)
    assert isinstance(layer.bias_constraint, constraints.NonNeg)
    assert layer.units == 3 and layer.bias_regularizer is None


def test_a_constructor_of_ones_own_does_not_mix_its_arguments_in():
    class Wide(layers.Dense):
        def __init__(self, factor, units=7, **kwargs):
            use_bias = "something else"  # a local name that is a setting of Dense
            super().__init__(units * factor, **kwargs)
            self.local = use_bias

    layer = Wide(2, kernel_regularizer="l2")
    assert layer.units == 14 and layer.use_bias is True
    assert layer.get_config()["units"] == 14
    assert "factor" not in layer.get_config()

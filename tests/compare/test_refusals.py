"""Tests of the cases of `parity` that give wrong values to arguments."""

import pytest

from compare import parity
from compare.cases import catalogue, kinds
from compare.cases.kinds import refusals
from compare.libraries.minicnn import MiniCNN
from minicnn import layers, metrics

CASES = {case.name: case for case in catalogue.cases() if case.kind == "refusals"}


def test_every_class_with_arguments_has_a_case():
    assert len(CASES) > 130
    for name in ("layers.Conv2D", "losses.Huber", "metrics.MeanIoU", "optimizers.Adam"):
        assert name in CASES
    tried = {argument for argument, _ in refusals.trials("layers.Conv2D")}
    assert {"filters", "kernel_size", "padding", "data_format", "groups"} <= tried


def test_what_is_left_out_exists():
    for name, argument in refusals.LEFT_OUT:
        settings = {"settings": refusals.inspect.signature(MiniCNN().find(name)).parameters}
        assert argument in settings["settings"], (name, argument)


def test_right_values_are_taken_and_wrong_ones_refused():
    found = kinds.run(MiniCNN(), CASES["layers.Conv2D"])
    assert found["padding='nonsense'"] == found["filters=-1"] == refusals.REFUSED
    found = kinds.run(MiniCNN(), CASES["losses.Huber"])
    assert found["delta=2.5"] == refusals.TAKEN


@pytest.mark.parametrize(
    ("name", "place", "attribute"),
    [
        ("layers.CenterCrop", layers.CenterCrop.__mro__[1], "__init__"),
        ("metrics.IoU", metrics.MeanIoU.__mro__[1], "__init__"),
    ],
)
def test_a_check_that_is_gone_is_seen(name, place, attribute, monkeypatch):
    case = CASES[name]
    keras = kinds.run(MiniCNN(), case)
    answer = parity.Answer(keras)
    assert not [f.wrong for f in parity.examine(case, answer) if f.wrong]
    module = refusals.inspect.getmodule(place)
    monkeypatch.setattr(module, "check_whole_number", lambda *a, **k: None)
    wrong = [f.quantity for f in parity.examine(case, answer) if f.wrong]
    assert any("=2.5" in quantity for quantity in wrong)

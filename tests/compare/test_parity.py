"""Tests of `compare parity`: every class has a case; right results hold, wrong ones do not."""

from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest

from compare import parity, sensitivity
from compare.cases import catalogue
from compare.cases.case import Case
from compare.cases.values import apart, draw
from compare.parity import judge
from minicnn import layers

DENSE = Case("layers", "Dense", (apart(3, 4),), {"units": 2, "activation": "tanh"})


def test_every_public_class_has_a_case():
    assert catalogue.missing() == []


def test_a_layer_without_a_case_is_reported(monkeypatch):
    class Novel(layers.Layer):
        pass

    monkeypatch.setattr(layers, "Novel", Novel, raising=False)
    assert catalogue.missing() == ["layers.Novel"]


@pytest.fixture
def found():
    return judge.ours(DENSE), judge.reference(DENSE)


def test_a_right_case_holds(found):
    ours, truth = found
    assert [f.wrong for f in judge.judge(DENSE, ours, dict(ours), truth) if f.wrong] == []
    names = set(ours)
    assert {"config", "inference: output 0", "training: gradient to 0 kernel"} <= names
    assert 0 < truth.disagreement < 1e-9


@pytest.mark.parametrize("who", ["minicnn", "Keras"])
@pytest.mark.parametrize("name", ["inference: output 0", "training: gradient to 0 kernel"])
def test_a_number_that_is_slightly_wrong_is_found(found, who, name):
    ours, truth = found
    keras = dict(ours)
    changed = ours if who == "minicnn" else keras
    changed[name] = changed[name].copy()
    changed[name].flat[1] += 1e-4
    wrong = [f for f in judge.judge(DENSE, ours, keras, truth) if f.wrong]
    assert [f.quantity for f in wrong] == [name]
    assert wrong[0].wrong.startswith(f"{who} is")
    assert judge.worst(wrong) is wrong[0]


def test_a_missing_quantity_or_another_text_is_found(found):
    ours, truth = found
    keras = dict(ours, config="other words")
    del keras["training: output 0"]
    wrong = {f.quantity: f.wrong for f in judge.judge(DENSE, ours, keras, truth) if f.wrong}
    assert wrong["training: output 0"] == "Keras lacks it"
    assert "other words" in wrong["config"]


def test_a_wrong_derivative_is_found_without_keras(monkeypatch):
    from minicnn import ops

    primitive = ops.tanh.primitive
    monkeypatch.setattr(primitive, "vjp", (lambda g, y, x: g * (1 - y),))
    assert judge.reference(DENSE).disagreement > 0.01


def test_random_numbers_do_not_depend_on_earlier_draws():
    first = draw(apart(2, 3), "a name")
    draw(apart(5), "another")
    np.testing.assert_array_equal(draw(apart(2, 3), "a name"), first)
    assert len(np.unique(first)) == 6


def test_an_error_of_a_library_is_a_finding():
    case = Case("layers", "Dense", (apart(3, 4),), {"units": -1})
    (finding,) = parity.examine(case, parity.Answer({}))
    assert finding.wrong.startswith("minicnn raised ValueError")
    (finding,) = parity.examine(case, parity.Answer("TypeError: x"))
    assert finding.wrong == "Keras raised TypeError: x"


def test_the_smallest_factor_that_is_noticed_is_measured(found):
    ours, truth = found
    by_name = {f.quantity: f for f in judge.judge(DENSE, ours, dict(ours), truth)}
    quantity = by_name["inference: output 0"]
    assert 1e-7 < quantity.noticed < 1e-3
    for factor, wrong in ((1 + quantity.noticed, True), (1 + quantity.noticed / 4, False)):
        changed = {**ours, "inference: output 0": ours["inference: output 0"].astype("f8") * factor}
        findings = judge.judge(DENSE, changed, dict(ours), truth)
        assert [f.quantity for f in findings if f.wrong] == ["inference: output 0"] * wrong
    findings = [vars(f) for f in by_name.values()]
    measured = judge.sensitivity_of([{"kind": "layers", "case": "Dense", "findings": findings}])
    assert measured["quantities"] == measured["kinds"]["layers"]["quantities"] > 5
    assert "layers: median 1 + " in sensitivity.sentences(measured)


def test_a_quantity_that_is_zero_has_no_sensitivity():
    """Also where the error of a fast algorithm is allowed, which is relative: any other is off."""
    case = replace(DENSE, algorithm_error=1e-5)
    ours, truth = judge.ours(case), judge.reference(case)
    by_name = {f.quantity: f for f in judge.judge(case, ours, dict(ours), truth)}
    assert by_name["initial 1 bias"].limit == 0 and not by_name["initial 1 bias"].wrong
    findings = [vars(f) for f in by_name.values()]
    measured = judge.sensitivity_of([{"kind": "layers", "case": "Dense", "findings": findings}])
    assert measured["worst"]["smallest"] is not None
    ours["initial 1 bias"] = ours["initial 1 bias"] + 1e-9
    findings = judge.judge(case, ours, dict(ours), truth)
    assert [f.quantity for f in findings if f.wrong] == ["initial 1 bias"]


def test_a_row_is_printed_before_the_next_case_is_compared(monkeypatch, capsys):
    """The answers of Keras come one by one; each row must be there when the next is wanted."""
    everywhere = [DENSE, replace(DENSE, settings={"units": 3})]
    seen = []

    def answers(backend, cases):
        for case in cases:
            seen.append(capsys.readouterr().out)
            yield parity.Answer(judge.ours(case))

    monkeypatch.setattr(catalogue, "cases", lambda: everywhere)
    monkeypatch.setattr(parity, "keras_answers", answers)
    monkeypatch.setattr(parity.half, "few", list)
    options = Namespace(backend="tensorflow", only="dENSE", failures=False, precision="float32")
    assert parity.command(options).failure is None
    assert "layers.Dense(units=2" not in seen[0] and "layers.Dense(units=2" in seen[1]
    assert "share" in seen[1] and "ulp" in seen[1]


def test_the_share_of_the_limit_is_that_of_minicnn(found):
    ours, truth = found
    finding = judge.worst(judge.judge(DENSE, ours, dict(ours), truth))
    assert 0 < judge.share_of_limit(finding) < 1
    assert judge.share_of_limit(finding) * finding.limit == pytest.approx(finding.ours.relative)
    assert judge.share_of_limit(replace(finding, ours=None)) is None

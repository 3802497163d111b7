"""Tests of `compare parity`: every class has a case; right results hold, wrong ones do not."""

from argparse import Namespace
from dataclasses import replace

import numpy as np
import pytest

from compare import parity, sensitivity
from compare.cases import catalogue
from compare.cases.case import Case
from compare.cases.catalogue import optimizers as optimizer_cases
from compare.cases.values import apart, draw, literal, scaled
from compare.judges import definitions
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
    right, (limits, _) = (
        truth.values[finding.quantity],
        judge.limits_of(DENSE, finding.quantity, truth),
    )
    off = np.abs(ours[finding.quantity].astype("f8") - right)
    assert 0 < judge.share_of_limit(finding) < 1
    assert judge.share_of_limit(finding) == pytest.approx((off / limits).max())
    assert judge.share_of_limit(replace(finding, ours=None)) is None


# Limits of single entries


@pytest.mark.parametrize("who", ["minicnn", "Keras"])
@pytest.mark.parametrize("which", [np.argmin, np.argmax])
def test_a_thousandth_on_one_entry_is_found_in_the_smallest_and_the_largest(found, who, which):
    ours, truth = found
    for name in ("inference: output 0", "training: gradient to input 0"):
        keras = dict(ours)
        changed = ours if who == "minicnn" else keras
        right, place = changed[name], which(np.abs(truth.values[name]))
        changed[name] = right.astype("f8")
        changed[name].flat[place] *= 1.001
        wrong = [f for f in judge.judge(DENSE, ours, keras, truth) if f.wrong]
        changed[name] = right
        assert [f.quantity for f in wrong] == [name]
        assert wrong[0].wrong.startswith(f"{who} is")


@pytest.mark.parametrize("name", ["tanh", "relu", "softsign"])
def test_an_elementwise_result_has_limits_that_are_relative_to_each_entry(name):
    wide_range = literal(list(10.0 ** -np.arange(6.0)), 6)
    case = Case("ops", name, (wide_range,))
    findings = judge.judge(case, judge.ours(case), None, judge.reference(case, confirm=False))
    (finding,) = [f for f in findings if f.quantity == "value 0"]
    assert finding.noticed_in_largest < 1e-5
    assert finding.noticed_in_smallest < 0.02


def test_the_sensitivity_of_the_smallest_entries_is_counted(found):
    ours, truth = found
    findings = [vars(f) for f in judge.judge(DENSE, ours, dict(ours), truth)]
    measured = judge.sensitivity_of([{"kind": "layers", "case": "Dense", "findings": findings}])
    assert measured["smallest entry"]["quantities"] == measured["quantities"]
    assert measured["largest entry"]["worst"]["smallest"] < 1e-4
    assert 0.5 < measured["smallest entry"]["noticed at 1.001"] <= 1
    assert "the smallest entry" in sensitivity.sentences(measured)


@pytest.mark.parametrize("seed", range(3))
def test_other_draws_of_the_perturbations_do_not_accuse(seed):
    for case in (DENSE, replace(DENSE, name="Conv1D", inputs=(apart(2, 9, 3),),
                                settings={"filters": 4, "kernel_size": 3})):  # fmt: skip
        truth = judge.reference(case, False, seeds=(10 + seed, 20 + seed))
        ours = judge.ours(case)
        assert [f.wrong for f in judge.judge(case, ours, dict(ours), truth) if f.wrong] == []


# Updates of optimizers

OPTIMIZERS = {case.name: case for case in reversed(optimizer_cases.CASES)}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_ten_thousandth_on_the_updates_is_found(name):
    case = OPTIMIZERS[name]
    ours, truth = judge.ours(case), judge.reference(case, confirm=False)
    assert [f.wrong for f in judge.judge(case, ours, dict(ours), truth) if f.wrong] == []
    updates = [n for n in ours if n.startswith("update of weight 1")]
    wrong = {**ours, **{n: ours[n] * 1.0001 for n in updates}}
    found = [f.quantity for f in judge.judge(case, wrong, dict(ours), truth) if f.wrong]
    assert set(found) <= set(updates) and len(found) > 2


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Ftrl"])
def test_a_ten_thousandth_that_minicnn_and_its_truth_share_is_found(name):
    """By the definition, and by Keras: here minicnn's right results are in its place."""
    case = OPTIMIZERS[name]
    ours, truth = judge.ours(case), judge.reference(case, confirm=False)
    said, quantity = definitions.opinion(case), "update of weight 1 in step 0"
    keras = dict(ours)
    for results in (ours, truth.values, *truth.perturbed, *truth.for_keras):
        results[quantity] = results[quantity] * 1.0001
    for opinions, theirs in (([said], None), ([], keras)):
        found = judge.judge(case, ours, theirs, truth, opinions)
        assert quantity in [f.quantity for f in found if f.wrong and "only" not in f.wrong]


def test_powers_that_keras_rounds_widen_its_limits_only():
    case = Case("optimizers", "Adam", (scaled(1e-6, 7),), {"name": "case"})
    truth = judge.reference(case, confirm=False)
    ours, theirs = judge.limits_of(case, "update of weight 0 in step 0", truth)
    assert (theirs > 5 * ours).all()
    assert (theirs < 2e-3 * np.abs(truth.values["update of weight 0 in step 0"])).all()

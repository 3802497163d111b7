import builtins
import dis
import importlib
import types

import pytest

from compare import mutants
from compare.cases import catalogue
from compare.cases.case import Case
from compare.cases.values import apart
from compare.mutants import weaker_checks
from compare.mutants.planted import BUGS, PARTS, Bug, switch, switched_on
from compare.mutants.trial import Trial
from compare.parity import Answer, judge
from minicnn import config, ops

RELU = Case("layers", "ReLU", (apart(3, 4),))
SOFTMAX = Case("layers", "Softmax", (apart(3, 4),))


def bug(what):
    return next(b for b in BUGS if what in b.what)


MISSING_MASK = bug("mask of relu is missing")


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.what)
def test_every_bug_has_its_lines_and_its_cases(bug):
    assert list(switch._changes(bug))
    assert any(mutants.is_near(case, bug) for case in catalogue.cases())
    assert bug.part in PARTS


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.what)
def test_the_wrong_lines_use_only_names_that_exist(bug):
    """A bug that ends in a NameError is caught by any case, and says nothing about them."""
    module = importlib.import_module(bug.module)
    unknown = {
        name
        for _, code in switch._changes(bug)
        for name in _globals(code)
        if not hasattr(module, name) and not hasattr(builtins, name)
    }
    assert not unknown


def _globals(code):
    """The global names that a function and the functions in it read."""
    yield from (i.argval for i in dis.get_instructions(code) if i.opname == "LOAD_GLOBAL")
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals(constant)


def test_no_bug_is_listed_twice():
    assert len({(bug.module, bug.original, bug.wrong) for bug in BUGS}) == len(BUGS)
    assert len({bug.what for bug in BUGS}) == len(BUGS)


def test_a_bug_is_there_inside_only():
    config.set_backend("numpy")
    before = judge.ours(RELU)["training: gradient to input 0"]
    with switched_on(MISSING_MASK):
        assert (judge.ours(RELU)["training: gradient to input 0"] != before).any()
    assert (judge.ours(RELU)["training: gradient to input 0"] == before).all()


def trial(*cases):
    config.set_backend("numpy")
    answers = {(case.kind, case.label): Answer(judge.ours(case)) for case in cases}
    return Trial(answers)


def test_a_bug_is_caught_and_nothing_else_is():
    found = trial(RELU).run(MISSING_MASK, [RELU])
    assert found["parity"] == "differences and Keras"
    assert found["case"] == f"layers.{RELU.label}"
    harmless = MISSING_MASK._replace(wrong="return np.where(0 < y.real, cotangent, 0)")
    found = trial(RELU).run(harmless, [RELU])
    assert found["parity"] is None
    assert found["missed on"] == ["numpy"]
    assert mutants._failure([found]) == f"not caught: {MISSING_MASK.what}."


def test_a_case_that_fails_by_itself_catches_nothing():
    wrong = trial(RELU)
    answer = wrong._keras["layers", RELU.label].found
    answer["training: output 0"] = answer["training: output 0"] + 1
    assert wrong.run(MISSING_MASK, [RELU])["parity"] is None


def test_a_bug_that_raises_proves_nothing():
    raising = MISSING_MASK._replace(wrong="return np.no_such_function(y, cotangent, 0)")
    found = trial(RELU).run(raising, [RELU])
    assert found["raises"]
    assert "by an error only" in mutants._failure([found])


def test_a_bug_whose_lines_are_gone_is_not_caught():
    found = trial(RELU).run(MISSING_MASK._replace(original="no such line"), [RELU])
    assert found["parity"] is None


def test_the_sum_as_the_loss_does_not_detect_a_wrong_softmax():
    config.set_backend("numpy")
    dropped = bug("mean term of softmax's gradient is dropped")
    constant = dropped._replace(wrong="return 0 * y * cotangent")
    assert weaker_checks.rejecting(SOFTMAX) == set()
    with switched_on(constant):
        assert weaker_checks.rejecting(SOFTMAX) >= {"direction"}
        assert "sum" not in weaker_checks.rejecting(SOFTMAX)


def test_gradient_checks_do_not_detect_wrong_values():
    config.set_backend("numpy")
    pooling = Case(
        "layers", "AveragePooling2D", (apart(1, 3, 3, 2),), {"pool_size": 2, "padding": "same"}
    )
    right = judge.ours(pooling)["training: output 0"]
    with switched_on(bug("padding counts in an average")):
        assert (judge.ours(pooling)["training: output 0"] != right).any()
        assert weaker_checks.rejecting(pooling) == set()


def test_caches_of_shapes_are_cleared():
    before = bug("padding 'same' puts the odd pixel before")
    image = [[[[1.0], [2.0]]]]

    def padded():
        return ops.conv(image, [[[[1.0]], [[10.0]]]], padding="same").tolist()

    right = padded()
    with switched_on(before):
        assert padded() != right
    assert padded() == right


def test_lines_that_no_longer_exist_are_reported():
    with (
        pytest.raises(LookupError, match="the source has changed"),
        switched_on(Bug("an old bug", "forward", "minicnn.common.shapes", "no such line", "x", ())),
    ):
        pass

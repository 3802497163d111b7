import pytest

from compare import catalogue, judge, mutants
from compare.case import Case
from compare.planted import BUGS, Bug, switch, switched_on
from compare.values import apart
from minicnn import config, ops

RELU = Case("layers", "ReLU", (apart(3, 4),))
MISSING_MASK = next(bug for bug in BUGS if "relu is missing" in bug.what)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.what)
def test_every_bug_has_its_lines_and_its_cases(bug):
    assert list(switch._changes(bug))
    assert any(mutants.is_near(case, bug) for case in catalogue.cases())


def test_no_bug_is_there_twice():
    assert len({(bug.module, bug.original, bug.wrong) for bug in BUGS}) == len(BUGS)


def test_a_bug_is_there_inside_only():
    config.set_backend("numpy")
    before = judge.ours(RELU)["training: gradient to input 0"]
    with switched_on(MISSING_MASK):
        assert (judge.ours(RELU)["training: gradient to input 0"] != before).any()
    assert (judge.ours(RELU)["training: gradient to input 0"] == before).all()


def test_a_bug_is_caught_and_nothing_else_is():
    keras = {("layers", RELU.label): judge.ours(RELU)}
    found = mutants.tried(MISSING_MASK, [RELU], keras)
    assert found["caught by"] == "differences and Keras"
    harmless = MISSING_MASK._replace(wrong="return np.where(0 < y.real, cotangent, 0)")
    assert mutants.tried(harmless, [RELU], keras)["caught by"] is None


def test_remembered_shapes_are_forgotten():
    bug = next(bug for bug in BUGS if bug.what == "padding 'same' puts the odd pixel before")
    image = [[[[1.0], [2.0]]]]

    def padded():
        return ops.conv(image, [[[[1.0]], [[10.0]]]], padding="same").tolist()

    right = padded()
    with switched_on(bug):
        assert padded() != right
    assert padded() == right


def test_lines_that_are_no_longer_there_are_told():
    with (
        pytest.raises(LookupError, match="the source has changed"),
        switched_on(Bug("an old bug", "minicnn.shapes", "no such line", "x", ())),
    ):
        pass

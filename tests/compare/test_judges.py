"""Tests of the outside judges: they share no code with minicnn, and know every excused quantity."""

import ast
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import compare.judges.definitions
from compare import parity
from compare.cases import catalogue
from compare.cases.case import BACKENDS, Case, KnownDifference
from compare.cases.catalogue import channels_first, combinations
from compare.cases.values import apart
from compare.judges import definitions
from compare.judges.differences import Slopes
from compare.judges.opinion import Opinion
from compare.mutants.planted import BUGS, switched_on
from compare.parity import judge
from minicnn import config

FOLDER = Path(compare.judges.definitions.__file__).parent


def imported(file):
    """The names of all modules that a file imports, also those inside functions."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("file", sorted(FOLDER.rglob("*.py")), ids=lambda file: file.stem)
def test_a_definition_imports_nothing_of_minicnn(file):
    allowed = ("compare.judges.", "compare.cases", "compare.libraries.library")
    own = [name for name in imported(file) if name.startswith(("compare", "minicnn"))]
    assert [name for name in own if not name.startswith(allowed)] == []


def test_definitions_run_where_minicnn_cannot_be_imported():
    program = (
        "import sys; sys.modules['minicnn'] = None\n"
        "from compare.cases.case import Case\n"
        "from compare.cases.values import apart\n"
        "from compare.judges import definitions\n"
        "case = Case('layers', 'Conv2D', (apart(2, 5, 4, 3),), {'filters': 2, 'kernel_size': 3})\n"
        "print(len(definitions.opinion(case).found))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert int(run.stdout) > 8, run.stderr


# What a definition and minicnn say about a case is the same whatever backend excuses it.
_computed = {}


def once(function, case):
    """The result of a function of a case without its known differences, computed once."""
    key = function, case.kind, case.label
    if key not in _computed:
        _computed[key] = function(replace(case, known_differences=()))
    return _computed[key]


def defined(case):
    return once(definitions.opinion, case)


def excused(backend):
    """The cases of which a quantity is excused on a backend.

    Combinations of arguments repeat these kinds; `parity` fails if nobody judges one of them.
    """
    combined = {(case.kind, case.label) for case in combinations.cases()}
    cases = (c.on(backend) for c in catalogue.cases() if (c.kind, c.label) not in combined)
    return [case for case in cases if case.known_differences]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_excused_quantity_has_an_outside_judge(backend):
    """Without Keras on any other backend: a definition, or a relation within this backend."""
    unjudged = []
    for case in excused(backend):
        prefixes = tuple(known.quantity for known in case.known_differences)
        if all("gradient" in prefix or "config" in prefix for prefix in prefixes):
            continue  # by differences of Keras's own values; by Keras's configuration, completed
        said = defined(case)
        names = [n for n in once(judge.ours, case) if n.startswith(prefixes) and not_elsewhere(n)]
        if said is None or not set(names) <= set(said.found):
            unjudged.append(case.label)
    assert unjudged == []


def not_elsewhere(quantity):
    """Whether no relation of its own judges it: the configuration, first values of weights."""
    return not quantity.startswith(("config", "initial ", "constrained "))


CONV = Case("layers", "Conv2D", (apart(2, 3, 6, 5),), {"filters": 2, "kernel_size": 2})

EXCHANGED = [bug for bug in BUGS if "height and width" in bug.what]
FIRST = ("Conv2D(", "DepthwiseConv2D(", "MaxPooling2D(", "AveragePooling2D(")


@pytest.mark.parametrize("name", FIRST)
def test_exchanged_height_and_width_are_seen_without_keras(name):
    """In all libraries at once, as the truth runs the same code: only the definition differs."""
    cases = [
        c for c in channels_first.CASES if c.label.startswith(name) and "groups" not in c.label
    ]
    (case,) = cases
    answer = parity.Answer("no result", (definitions.opinion(case),))
    bug = EXCHANGED[0 if name == "Conv2D(" else 1]
    config.set_backend("numpy")
    with switched_on(bug):
        findings = parity.examine(excused_everywhere(case), answer)
    wrong = {f.quantity: f.wrong for f in findings if f.wrong and not_elsewhere(f.quantity)}
    assert {"training: output 0", "training: gradient to input 0"} <= set(wrong)
    assert all("definition" in why for why in wrong.values()), wrong


def excused_everywhere(case):
    return replace(case, known_differences=(KnownDifference("", "for a test"),))


@pytest.mark.parametrize("backend", BACKENDS)
def test_definitions_see_a_wrong_number_in_any_excused_quantity_and_only_there(backend):
    """A number that is wrong in float32 and in the truth alike."""
    unseen = []
    for case in excused(backend):
        if said := defined(case):
            prefixes = tuple(known.quantity for known in case.known_differences)
            unseen += unseen_errors(case, prefixes, [said])
    assert unseen == []


@pytest.mark.keras
def test_a_wrong_number_or_text_is_seen_by_a_relation():
    """Of the quantities that no definition knows: gradients of warps, configurations."""
    cases = [case for case in excused("tensorflow") if defined(case) is None]
    cases += [case for case in excused("tensorflow") if "channels_first" in case.label]
    unseen, quantities = [], 0
    for case, answer in zip(cases, parity.keras_answers("tensorflow", cases), strict=True):
        opinions = [said for said in answer.opinions if said.judge != definitions.JUDGE]
        names = tuple(name for opinion in opinions for name in opinion.found)
        unseen += unseen_errors(case, names, opinions)
        quantities += len(names)
    assert unseen == []
    assert quantities > 50


def unseen_errors(case, prefixes, opinions):
    """The quantities with these beginnings in which the judges do not see an error."""
    ours, truth = once(judge.ours, case), once(unconfirmed, case)
    known = {name for opinion in opinions for name in opinion.found}
    findings = judge.judge(case, ours, None, truth, opinions)
    yield from (f"{case.label}: {f.wrong}" for f in findings if f.quantity in known and f.wrong)
    for name in [n for n in ours if n.startswith(prefixes) and n in known]:
        mine, right = with_an_error(ours[name]), with_an_error(truth.values[name])
        findings = judge.judge(
            case, {name: mine}, None, replace(truth, values={name: right}), opinions
        )
        if not any(f.quantity == name and f.wrong for f in findings):
            yield f"{case.label}: {name}"


def unconfirmed(case):
    return judge.reference(case, confirm=False)


def with_an_error(value):
    """The text with another last letter, or the array with another last element."""
    if isinstance(value, str):
        return value[:-1] + "~"
    wrong = np.array(value)
    wrong.flat[-1] += (0.01 * abs(wrong).max() or 1) if wrong.dtype.kind == "f" else 1
    return wrong


def test_a_quantity_that_only_minicnn_judged_is_wrong():
    ours, truth = judge.ours(CONV), judge.reference(CONV, confirm=False)
    findings = judge.judge(CONV, ours, None, truth)
    judged = [f for f in findings if f.quantity != "gradients in float64"]
    assert {f.wrong for f in judged} == {"only minicnn judged it"}
    results = [{"findings": [vars(f) for f in findings]}]
    nobody = parity.count_judges(results, "tensorflow")[parity.NOBODY]
    assert nobody == {"quantities": len(ours), "alone": len(ours)}


def test_judges_are_counted():
    ours, truth = judge.ours(CONV), judge.reference(CONV, confirm=False)
    findings = judge.judge(CONV, ours, dict(ours), truth, [definitions.opinion(CONV)])
    counts = parity.count_judges([{"findings": [vars(f) for f in findings]}], "jax")
    alone = 4  # the configuration and the first values of weights, which no definition knows
    assert counts["Keras on jax"] == {"quantities": len(ours), "alone": alone}
    assert counts["definition"] == {"quantities": len(ours) - alone, "alone": 0}
    assert counts[parity.NOBODY] == {"quantities": 0, "alone": 0}


def test_a_small_error_of_the_truth_itself_is_found():
    ours, truth = judge.ours(CONV), judge.reference(CONV, confirm=False)
    said = [definitions.opinion(CONV)]
    for name in ("inference: output 0", "training: gradient to 0 kernel"):
        right = truth.values[name]
        truth.values[name] = right * (1 + 1e-7)
        wrong = [f.quantity for f in judge.judge(CONV, ours, ours, truth, said) if f.wrong]
        truth.values[name] = right
        assert wrong == [name]


def test_slopes_see_a_single_wrong_entry_of_a_gradient():
    gradient = np.random.default_rng(0).normal(size=(4, 5))
    from compare.judges.differences import direction

    slopes = Slopes(tuple((gradient * direction(k, (4, 5))).sum() for k in (0, 1)), 1.0)
    assert slopes.distance(gradient) < 1e-15
    gradient[2, 3] *= 1.0001
    assert slopes.distance(gradient) > 1e-7


def test_other_texts_are_an_objection():
    said = Opinion("someone", {"type": "float32"})
    assert said.objection("type", "float32", None, 0.0) is None
    assert "float64" in said.objection("type", "float64", None, 0.0)

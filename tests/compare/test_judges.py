"""Tests of the outside judges: they share no code with minicnn, and know every excused quantity."""

import ast
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import compare.judges.definitions
from compare import parity
from compare.cases import catalogue
from compare.cases.case import BACKENDS, Case
from compare.cases.values import apart
from compare.judges import definitions
from compare.judges.differences import Slopes
from compare.judges.opinion import Opinion
from compare.parity import judge

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


def excused(backend):
    """The cases of which a quantity is excused on a backend."""
    cases = (case.on(backend) for case in catalogue.cases())
    return [case for case in cases if case.known_differences]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_excused_quantity_has_an_outside_judge(backend):
    """Without Keras on any other backend: a definition, or a relation within this backend."""
    unjudged = []
    for case in excused(backend):
        prefixes = tuple(known.quantity for known in case.known_differences)
        if all("gradient" in prefix or "config" in prefix for prefix in prefixes):
            continue  # by differences of Keras's own values; by Keras's configuration, completed
        said = definitions.opinion(case)
        names = [n for n in judge.ours(case) if n.startswith(prefixes) and "config" not in n]
        if said is None or not set(names) <= set(said.found):
            unjudged.append(case.label)
    assert unjudged == []


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_truth_agrees_with_the_definitions(backend):
    for case in excused(backend):
        if said := definitions.opinion(case):
            ours, truth = judge.ours(case), judge.reference(case, confirm=False)
            findings = judge.judge(case, ours, None, truth, [said])
            assert [f for f in findings if f.wrong and "config" not in f.quantity] == []


CONV = Case("layers", "Conv2D", (apart(2, 3, 6, 5),), {"filters": 2, "kernel_size": 2})
FIRST = Case(
    "layers",
    "Conv2D",
    (apart(2, 3, 6, 6),),
    {"filters": 2, "kernel_size": (2, 3), "data_format": "channels_first"},
)


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
    texts = 2  # the configuration, of which a definition says nothing
    assert counts["Keras on jax"] == {"quantities": len(ours), "alone": texts}
    assert counts["definition"] == {"quantities": len(ours) - texts, "alone": 0}
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

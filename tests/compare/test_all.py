import argparse
import json
import sys

import pytest

from compare import all as everything
from compare.cases import catalogue
from compare.cases.catalogue import known_differences
from compare.cli.outcome import CannotCompare


@pytest.fixture
def run(monkeypatch, tmp_path):
    """Runs `compare all`, with a program in place of `compare` that fails for one part."""
    program = tmp_path / "part.py"
    program.write_text(
        "import sys, pathlib\n"
        "name, told = sys.argv[1], sys.argv[-1]\n"
        "pathlib.Path(told).write_text('{}') if told.endswith('.json') else None\n"
        "print('first'); print(name, 'is done')\n"
        "sys.exit('mutants failed: why' if told.endswith('/mutants.json') else 0)\n"
    )
    subprocess_run = everything.subprocess.run
    started = []

    def start(command, **settings):
        started.append(command[3:])
        return subprocess_run([sys.executable, program, *command[3:]], **settings)

    monkeypatch.setattr(everything.subprocess, "run", start)

    def go(**settings):
        options = {"quick": True, "only": None, "results": str(tmp_path / "results"), **settings}
        return everything.command(argparse.Namespace(**options)), started

    return go


def test_a_failing_part_is_reported_and_the_others_run(run, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    outcome, started = run()
    assert outcome.failure.startswith("mutants: ")
    names = [command[0] for command in started]
    assert names[-1] == "report"
    assert set(names) >= {"parity", "training", "fuzz", "conformance", "script", "accuracy"}
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if line.startswith("mutants")).endswith("failed: why")
    assert next(line for line in lines if line.startswith("fuzz")).endswith("fuzz is done")


def test_a_line_is_printed_when_a_part_ends(run, capsys, monkeypatch):
    printed, run_part = [], everything.run_part

    def watched(part, folder, *more):
        printed.append(capsys.readouterr().out)
        return run_part(part, folder, *more)

    monkeypatch.setattr(everything, "run_part", watched)
    run()
    assert printed[0] == "" and "parity-tensorflow" in printed[1] and "training" in printed[2]


def test_sampled_mutants_are_a_part_of_the_long_version():
    (sampled,) = [part for part in everything.parts(False) if "--sample" in part.arguments]
    assert sampled.name == "sampled-mutants"
    assert not any("--sample" in part.arguments for part in everything.parts(True))


def test_old_results_are_not_shown_again(run, tmp_path):
    (tmp_path / "results").mkdir()
    old = tmp_path / "results" / "training.json"
    old.write_text(json.dumps({"command": "training"}))
    _, started = run(only="fuzz")
    assert "fuzz.json" in " ".join(started[-1])
    assert "training.json" not in " ".join(started[-1])


def test_names_of_unknown_parts(run):
    with pytest.raises(
        CannotCompare, match=r"no part has 'fuz7' in its name\. Did you mean fuzz\?"
    ):
        run(only="fuz7")


def test_every_known_difference_names_a_case():
    labels = [f"{case.kind}.{case.label}" for case in catalogue.cases()]
    for lines in known_differences.LINES.values():
        for begins, _, why in lines:
            assert any(label.startswith(begins) for label in labels), begins
            assert why


def test_every_known_difference_is_about_one_name_only():
    """A name may be the beginning of others: `imag` would also leave out `image.resize`."""
    labels = [f"{case.kind}.{case.label}" for case in catalogue.cases()]
    for lines in known_differences.LINES.values():
        for begins, _, _ in lines:
            names = {label.partition("(")[0] for label in labels if label.startswith(begins)}
            assert len(names) == 1 or begins.endswith(("_", ".")), (begins, names)


def test_known_differences_are_for_one_backend():
    case = next(c for c in catalogue.cases() if c.label.startswith("imag()"))
    assert [e.reason for e in case.on("torch").known_differences]
    assert case.on("tensorflow").known_differences == ()

"""Two runs of minicnn: what differs by more than the noise."""

from __future__ import annotations

import json

import numpy as np
import pytest

from benchmarks import cli, two_runs


def a_run(seed, factor=1.0, machine=1.0, noise=0.05, rows=1):
    """Times of a run; the machine's speed changes from process to process, and so do the times."""
    random = np.random.default_rng(seed)
    found = []
    for row in range(rows):
        speed = machine * np.exp(random.normal(0, 0.3, (two_runs.PROCESSES, two_runs.ROUNDS)))
        own = np.exp(random.normal(0, noise, (two_runs.PROCESSES, 1)))
        times = np.stack([100 * factor * own * speed, 50 * speed], axis=2)
        task = {"section": "training", "network": f"net{row}", "batch": 32}
        found.append({**task, "times": times.tolist()})
    return found


def verdicts(then, now):
    return [change.verdict for change in two_runs.changes(then, now)]


@pytest.mark.parametrize(
    ("factor", "verdict"), [(1.5, "slower"), (1 / 1.5, "faster"), (1.0, "within the noise")]
)
def test_a_difference_is_seen_although_the_machine_changed_its_speed(factor, verdict):
    (change,) = two_runs.changes(a_run(1), a_run(2, factor, machine=3.0))
    assert change.verdict == verdict
    assert change.low < factor < change.high


def test_runs_of_the_same_code_differ_in_at_most_five_of_a_hundred_comparisons():
    """In each of 300 comparisons there are four measurements."""
    alarms = sum(
        set(verdicts(a_run(2 * i, rows=4), a_run(2 * i + 1, rows=4))) != {"within the noise"}
        for i in range(300)
    )
    assert alarms <= 25  # 15 expected, and 2.6 standard deviations more


def test_only_what_both_runs_have_is_compared(capsys):
    assert two_runs.changes(a_run(1, rows=1)[:0], a_run(2)) == []
    assert len(two_runs.changes(a_run(1, rows=3), a_run(2, rows=2))) == 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"runs of minicnn": [{"times": [["a"]]}]}'])
def test_a_file_that_is_no_run(content, tmp_path, capsys):
    file = tmp_path / "run.json"
    file.write_text(content)
    with pytest.raises(SystemExit):
        cli.main(["--against", str(file)])
    assert "not a run that --save has written" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["--against", str(tmp_path / "none.json")])
    assert "No such file" in capsys.readouterr().err


def test_a_run_is_saved_and_compared(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(two_runs, "PROCESSES", 2)
    monkeypatch.setattr(two_runs, "ROUNDS", 1)
    monkeypatch.setattr("benchmarks.plan.IMAGES", {"training": {"mlp": 64}})
    arguments = ["--networks", "mlp", "--only", "training", "--batch", "32"]
    then = tmp_path / "folder" / "then.json"
    assert cli.main([*arguments, "--save", str(then)]) == 0
    (measured,) = json.loads(then.read_text())["runs of minicnn"]
    assert np.shape(measured["times"]) == (2, 1, 2) and np.all(np.array(measured["times"]) > 0)
    assert cli.main([*arguments, "--against", str(then)]) == 0
    assert "training: mlp, 32" in capsys.readouterr().out
    other = [word if word != "mlp" else "convnet" for word in arguments]
    monkeypatch.setattr(two_runs, "measure", lambda *_: a_run(1))
    assert cli.main([*other, "--against", str(then)]) == 1
    assert "none of these measurements" in capsys.readouterr().err

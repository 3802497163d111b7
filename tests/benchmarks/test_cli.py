"""The command line, with libraries that return results at once."""

from __future__ import annotations

import json

import pytest

from benchmarks import cli
from benchmarks.libraries import OURS
from benchmarks.rounds import Candidate, Measurement
from benchmarks.worker import Failed


class Idle:
    """Replaces a worker without starting a process."""

    def __init__(self, library):
        self.library = library

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def call(self, what):
        return {"versions": {OURS: "0"}, "threads": 2}


@pytest.mark.parametrize(
    ("error", "told"),
    [(Failed("its process ended"), "process ended"), (KeyboardInterrupt(), "interrupted")],
)
def test_a_run_that_ends_early_keeps_what_it_has(error, told, monkeypatch, tmp_path, capsys):
    def steps(*_):
        candidates = {OURS: Candidate(lambda: 3.5)}
        yield Measurement("training", "mlp", "µs per sample", {"batch": 32}), candidates, 2
        raise error

    monkeypatch.setattr(cli, "Worker", Idle)
    monkeypatch.setattr(cli.plan, "steps", steps)
    arguments = ["--libraries", OURS, "--only", "training", "--output", str(tmp_path)]
    assert cli.main(arguments) == 1
    assert told in capsys.readouterr().err
    results = json.loads((tmp_path / "results.json").read_text())
    assert "ended early" in results["plan"]
    assert [m["samples"] for m in results["measurements"]] == [{OURS: [3.5, 3.5]}]

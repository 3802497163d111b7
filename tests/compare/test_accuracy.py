import argparse
import importlib.util
import json
import math
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from compare import accuracy
from compare.accuracy import libraries, runs
from compare.accuracy.finished_runs import FinishedRuns
from compare.accuracy.statistics import LEVEL, UNDECIDED, equivalence, level_of, pairs_at
from compare.accuracy.verdicts import verdict_on
from compare.cli.main import main
from compare.cli.outcome import CannotCompare
from compare.libraries.minicnn import MiniCNN

DIFFERENCES = [0.02, -0.05, 0.11, 0.03, -0.01, 0.06, 0.00, -0.08, 0.04, 0.05]


# Statistics


def test_two_one_sided_tests_are_those_of_scipy():
    stats = pytest.importorskip("scipy.stats")
    for level in (0.05, 0.025):
        found = equivalence(DIFFERENCES, 0.05, level=level)
        low = stats.ttest_1samp(DIFFERENCES, -0.05, alternative="greater").pvalue
        high = stats.ttest_1samp(DIFFERENCES, 0.05, alternative="less").pvalue
        assert found.p == pytest.approx(max(low, high))
        wanted = stats.ttest_1samp(DIFFERENCES, 0).confidence_interval(1 - 2 * level)
        assert found.interval == pytest.approx((wanted.low, wanted.high))


def test_two_differences_by_hand():
    # With one degree of freedom the t distribution is Cauchy's: quantiles are tangents.
    found = equivalence([0.1, 0.3], margin=5.0)
    error = math.sqrt(0.02) / math.sqrt(2)
    assert (found.mean, found.spread) == pytest.approx((0.2, math.sqrt(0.02)))
    assert found.interval[1] == pytest.approx(0.2 + error * math.tan(0.45 * math.pi))
    assert found.p == pytest.approx(0.5 - math.atan(4.8 / error) / math.pi)
    assert found.verdict == "equivalent"


@pytest.mark.parametrize(
    ("shift", "margin", "verdict"),
    [
        (0.0, 0.15, "equivalent"),
        (0.0, 0.04, "inconclusive"),
        (0.14, 0.15, "inconclusive"),
        (0.3, 0.15, "not equivalent"),
        (-0.3, 0.15, "not equivalent"),
    ],
)
def test_verdicts(shift, margin, verdict):
    found = equivalence(np.array(DIFFERENCES) + shift, margin)
    assert found.verdict == verdict
    inside = -margin < found.interval[0] and found.interval[1] < margin
    assert inside == (verdict == "equivalent") == (found.p <= 0.05)


def test_equal_differences_are_known_to_a_step_only():
    assert equivalence([0.0, 0.0], 0.15).verdict == "equivalent"
    assert equivalence([0.2, 0.2], 0.15).verdict == "not equivalent"
    found = equivalence([0.0, 0.0], 0.15, step=0.1)
    assert found.spread == 0.0
    assert found.interval[1] == pytest.approx(0.1 / math.sqrt(12) * math.tan(0.45 * math.pi))
    assert found.verdict == "inconclusive"


def decided(differences, margin, first, looks, level):
    """The verdict at the first look that decides."""
    for look in range(1, looks + 1):
        pairs = pairs_at(look, first)
        found = equivalence(differences[:pairs], margin, level=level(look)).verdict
        if found != UNDECIDED:
            return found
    return UNDECIDED


@pytest.mark.parametrize(("spread", "first"), [(0.15, 10), (0.4, 10), (0.1, 4), (0.3, 4)])
def test_false_decisions_are_as_rare_as_stated_with_all_looks(spread, first):
    random, trials, looks = np.random.default_rng(7), 4000, 4
    drawn = random.normal(0.15, spread, (trials, pairs_at(looks, first)))  # true mean = the margin
    bound = LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / trials)
    found = [decided(d, 0.15, first, looks, level_of) for d in drawn]
    assert found.count("equivalent") / trials <= bound
    assert found.count("not equivalent") / trials <= bound


def test_looking_without_paying_would_be_found():
    random, trials = np.random.default_rng(7), 4000
    drawn = random.normal(0.15, 0.15, (trials, 80))
    found = [decided(d, 0.15, 10, 4, lambda look: LEVEL) for d in drawn]
    assert found.count("equivalent") / trials > 0.08


def test_equal_libraries_are_found_equivalent():
    drawn = np.random.default_rng(7).normal(0.0, 0.08, (500, 40))
    found = [decided(d, 0.15, 10, 3, level_of) for d in drawn]
    assert found.count("equivalent") / 500 > 0.95


def test_levels_add_up():
    assert [level_of(k) for k in (1, 2, 3)] == pytest.approx([0.05 / 2, 0.05 / 6, 0.05 / 12])
    assert sum(level_of(k) for k in range(1, 10_000)) <= LEVEL
    assert [pairs_at(k, 10) for k in (1, 2, 3)] == [10, 20, 40]


def test_one_difference_has_no_spread():
    with pytest.raises(ValueError, match="at least two differences, but there is 1"):
        equivalence([0.1], 0.15)


def of_pairs(minicnn, keras):
    both = {"minicnn": minicnn, "keras": keras}
    return [
        {"dataset": "mnist", "seed": i, "library": name, "accuracy": a}
        for name, values in both.items()
        for i, a in reversed(list(enumerate(values)))
    ]


def test_pairs_are_those_of_the_same_seed():
    found = verdict_on("mnist", of_pairs([0.99, 0.98, 0.97], [0.989, 0.98, 0.971]), 0.15, None)
    assert found["difference"] == pytest.approx(0.0)
    assert found["difference spread"] == pytest.approx(0.1)
    assert found["keras"] == {"mean": pytest.approx(98.0), "spread": pytest.approx(0.9)}


def test_networks_that_learned_nothing_are_not_equivalent():
    found = verdict_on("mnist", of_pairs([0.1, 0.1, 0.1], [0.1, 0.1, 0.1]), 0.15, None)
    assert found["verdict"] == "nothing learned"
    assert "nothing was learned" in accuracy._sentence(found, accuracy.FULL)


# Runs that were stopped


def test_an_incomplete_line_is_ignored(tmp_path):
    path = tmp_path / "folder" / "state.jsonl"
    state = FinishedRuns(path)
    state.add({"seed": 0, "set": "a"}, {"accuracy": 0.5})
    state.add({"seed": 1, "set": "a"}, {"accuracy": 0.6})
    path.write_bytes(path.read_bytes()[:-20])
    state = FinishedRuns(path)
    assert state.get({"set": "a", "seed": 0}) == {"accuracy": 0.5}
    assert state.get({"set": "a", "seed": 1}) is None
    state.add({"seed": 2, "set": "a"}, {"accuracy": 0.7})
    state = FinishedRuns(path)
    assert [state.get({"seed": i, "set": "a"}) is None for i in range(3)] == [False, True, False]
    assert path.read_bytes().endswith(b"\n")


def test_only_a_half_line(tmp_path):
    path = tmp_path / "state.jsonl"
    path.write_text('{"settings": {"se')
    FinishedRuns(path).add({"seed": 0}, {"accuracy": 0.5})
    assert FinishedRuns(path).get({"seed": 0}) == {"accuracy": 0.5}


def test_another_file_is_not_changed(tmp_path):
    path = tmp_path / "thesis.txt"
    path.write_text("Chapter 1\n")
    with pytest.raises(CannotCompare, match="no runs of compare accuracy in it"):
        FinishedRuns(path)
    with pytest.raises(CannotCompare, match="finished runs cannot be saved in"):
        FinishedRuns(tmp_path)
    assert path.read_text() == "Chapter 1\n"


def test_settings_tell_runs_apart():
    (first, second), (longer, _) = runs.tasks("mnist", 2, 1, 100), runs.tasks("mnist", 2, 2, 100)
    assert first.settings() == runs.tasks("mnist", 1, 1, 100)[0].settings()
    assert first.settings()["weights"] != second.settings()["weights"]
    assert first.settings() != longer.settings()
    assert not any(isinstance(v, (list, np.ndarray)) for v in first.settings().values())


def fake(name, die_after=None, better=0.0):
    """A library that returns results at once; after `die_after` runs its process is killed."""

    def trained(tasks):
        for done, task in enumerate(tasks):
            if done == die_after:
                os.kill(os.getpid(), signal.SIGKILL)
            found = 0.9 + 0.001 * task.seed + better + 1e-5 * (task.seed % 2)
            yield {"accuracy": found, "loss": 0.3, "seconds": 1.0}

    return libraries.TrainingLibrary(name, name, {"library": name}, trained)


def pretend(monkeypatch, keras, minicnn):
    monkeypatch.setattr(accuracy.worker, "check_installed", lambda backend: None)
    monkeypatch.setattr(libraries, "keras", lambda backend: keras)
    monkeypatch.setattr(libraries, "minicnn", lambda: minicnn)
    monkeypatch.setattr(runs, "images", lambda dataset, limit: None)


def test_a_killed_command_continues(tmp_path, monkeypatch, capfd):
    arguments = ["accuracy", "--seeds", "4", "--state", str(tmp_path / "state")]
    program = (
        "import pytest, sys; from tests.compare.test_accuracy import *\n"
        "with pytest.MonkeyPatch.context() as patch:\n"
        "    pretend(patch, fake('keras'), fake('minicnn', die_after=3)); main(sys.argv[1:])"
    )
    done = subprocess.run([sys.executable, "-c", program, *arguments], check=False)
    assert done.returncode == -signal.SIGKILL
    pretend(monkeypatch, fake("keras", die_after=0), fake("minicnn"))
    assert main([*arguments, "--json", str(tmp_path / "found.json")]) == 0
    out = capfd.readouterr().out
    assert "keras: 8 runs, of which 8 are in" in out
    assert "minicnn: 8 runs, of which 3 are in" in out
    found = json.loads((tmp_path / "found.json").read_text())
    assert [v["verdict"] for v in found["summary"]["verdicts"]] == ["equivalent"] * 2
    assert len(found["results"]) == 16


def noisy(name, shift=0.0):
    """A library whose accuracies are spread around the margin of 0.15 points."""

    def trained(tasks):
        for task in tasks:
            noise = np.random.default_rng([task.seed, name == "keras"]).normal(0, 0.0006)
            yield {"accuracy": 0.98 + shift + noise, "loss": 0.1, "seconds": 1.0}

    return libraries.TrainingLibrary(name, name, {"library": name}, trained)


def test_an_inconclusive_comparison_goes_on_with_another_look(tmp_path, monkeypatch, capfd):
    pretend(monkeypatch, noisy("keras"), noisy("minicnn", 0.0012))
    arguments = ["accuracy", "--only", "mnist", "--seeds", "4", "--state", str(tmp_path / "state")]
    assert main(arguments) == 1
    said = capfd.readouterr()
    assert "Looks after 4 pairs (level 2.50%); all looks" in said.out
    assert "mnist: inconclusive after 4 pairs" in " ".join(said.err.split())
    assert "--looks 2 goes on to 8 pairs, at the level of 0.83% that is kept for it" in " ".join(
        said.err.split()
    )
    main([*arguments, "--looks", "2", "--json", str(tmp_path / "found.json")])
    said = capfd.readouterr().out
    assert "keras: 8 runs, of which 4 are in" in said
    (found,) = json.loads((tmp_path / "found.json").read_text())["summary"]["verdicts"]
    assert (found["look"], found["pairs"]) == (2, 8)
    assert found["level"] == pytest.approx(0.05 / 6)
    assert max(map(len, said.splitlines())) <= 120


def test_a_decision_ends_the_looks(tmp_path, monkeypatch, capfd):
    pretend(monkeypatch, fake("keras"), fake("minicnn"))
    arguments = ["accuracy", "--looks", "3", "--seeds", "4", "--state", str(tmp_path / "state")]
    assert main([*arguments, "--json", str(tmp_path / "found.json")]) == 0
    verdicts = json.loads((tmp_path / "found.json").read_text())["summary"]["verdicts"]
    assert [(v["look"], v["pairs"]) for v in verdicts] == [(1, 4), (1, 4)]


def test_the_number_of_seeds_cannot_be_changed_after_a_look(tmp_path, monkeypatch, capfd):
    pretend(monkeypatch, fake("keras"), fake("minicnn"))
    arguments = ["accuracy", "--only", "mnist", "--state", str(tmp_path / "state")]
    assert main([*arguments, "--seeds", "4"]) == 0
    assert main([*arguments, "--seeds", "5"]) == 1
    assert "has runs on mnist that were begun with --seeds 4" in " ".join(
        capfd.readouterr().err.split()
    )
    assert main([*arguments, "--seeds", "5", "--epochs", "7"]) == 0  # another comparison


def test_a_worse_accuracy_fails_with_one_line(tmp_path, monkeypatch, capfd):
    pretend(monkeypatch, fake("keras"), fake("minicnn", better=-0.01))
    arguments = ["accuracy", "--only", "mnist", "--state", str(tmp_path / "state")]
    assert main(arguments) == 1
    assert (
        "accuracy failed: mnist: not equivalent, the difference is -1.0" in capfd.readouterr().err
    )


def test_an_interrupted_command_says_how_to_continue(tmp_path, monkeypatch, capfd):
    def interrupted(tasks):
        raise KeyboardInterrupt
        yield

    pretend(monkeypatch, fake("keras")._replace(trained=interrupted), fake("minicnn"))
    assert main(["accuracy", "--state", str(tmp_path / "state")]) == 1
    assert "the same command continues them" in " ".join(capfd.readouterr().err.split())


# Training


def test_the_same_seed_gives_the_same_run():
    tasks = runs.tasks("mnist", 2, 1, 200)
    first, second, again = runs.trained(MiniCNN(), [*tasks, tasks[0]])
    assert first["loss"] == again["loss"] != second["loss"]
    assert 0 < first["accuracy"] < 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seeds", "1"], "expected a whole number from 2, but got '1'"),
        (["--epochs", "many"], "expected a whole number from 1, but got 'many'"),
        (["--only", "cifar"], "invalid choice: 'cifar'"),
        (["--state", "/dev/null/x"], "finished runs cannot be saved in /dev/null/x"),
    ],
)
def test_bad_input(arguments, sentence, capfd, monkeypatch):
    monkeypatch.setattr(accuracy, "_check_installed", lambda backend: None)
    try:
        assert main(["accuracy", *arguments]) == 1
    except SystemExit as stop:
        assert stop.code == 2
    assert sentence in " ".join(capfd.readouterr().err.split())


def test_missing_data(tmp_path, capfd, monkeypatch):
    def missing(dataset, limit):
        raise FileNotFoundError("Fashion-MNIST is not on this computer")

    monkeypatch.setattr(accuracy, "_check_installed", lambda backend: None)
    monkeypatch.setattr(runs, "images", missing)
    assert main(["accuracy", "--state", str(tmp_path / "state")]) == 1
    assert "Fashion-MNIST is not on this computer" in " ".join(capfd.readouterr().err.split())


def test_a_quick_plan_keeps_what_is_given():
    options = argparse.Namespace(
        quick=True, seeds=None, looks=2, epochs=5, images=None, only="mnist"
    )
    plan = accuracy._plan(options)
    assert (plan.seeds, plan.looks, plan.epochs, plan.images) == (accuracy.QUICK.seeds, 2, 5, 6000)
    assert set(plan.margins) == {"mnist"}
    assert accuracy.FULL.margins["mnist"] == 0.15
    assert accuracy.FULL.seeds >= 10


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.skipif(not importlib.util.find_spec("tensorflow"), reason="needs TensorFlow")
def test_real_keras_yields_a_result_for_each_seed():
    tasks = runs.tasks("mnist", 2, 1, 200)
    found = list(libraries.keras("tensorflow").trained(tasks))
    assert len(found) == 2
    assert all(0 < result["accuracy"] < 1 for result in found)

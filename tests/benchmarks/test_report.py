"""Tables, targets and files, from made-up samples."""

from __future__ import annotations

import json

import pytest

from benchmarks import cli, plan, report, start, tables, targets
from benchmarks.convolutions import LAYERS, QUICK_LAYERS, Layer
from benchmarks.libraries import KERAS, PYTORCH
from benchmarks.rounds import Measurement, run
from benchmarks.worker import Failed


@pytest.fixture
def measured() -> list[Measurement]:
    training = Measurement(
        "training",
        "convnet",
        "µs per sample",
        {"batch": 128},
        {
            "minicnn": [50, 60, 55],
            "Keras-TF": [300, 300, 330],
            "Keras-TF-jit": [600, 600, 600],
            "Keras-JAX": [100, 120, 110],
            "PyTorch": [200, 240, 220],
            "PyTorch-nhwc": [150, 180, 165],
        },
        {"Keras-torch": "Keras-torch: out of memory"},
    )
    deep = Measurement("training", "deep", "µs per sample", {"batch": 128}, {"minicnn": [500.0]})
    way = {"way": "forward"}
    layer = Measurement(
        "convolution", str(QUICK_LAYERS[0]), "µs per image", way, {"im2col": [2.0, 4.0]}
    )
    memory = Measurement(
        "memory", "deep", "MB", {"batch": 128}, {"minicnn": [400], "Keras-TF": [1000]}
    )
    return [training, deep, layer, memory]


def test_targets_are_compared_with_the_best_of_the_others(measured):
    convnet, deep, *_, memory, accuracy = targets.TARGETS
    found = targets.reached(convnet, measured)
    assert found.best_other == "Keras-TF"  # its better setting, and not JAX
    assert found.ratio.median == 6
    assert found.ratio == (5, 5.5, 6, 6)
    assert targets.verdict(convnet, found) == "aim reached"
    assert targets.reached(deep, measured) is None
    assert targets.verdict(deep, None) == "not measured"
    assert targets.reached(memory, measured).ratio.median == 2.5
    assert targets.verdict(memory, targets.reached(memory, measured)) == "reached"
    assert targets.reached(accuracy, measured) is None
    assert targets.verdict(convnet._replace(least=6.1, aim=7), found) == "no"


def test_every_target_is_measured_by_the_full_plan_and_most_by_the_quick_one():
    networks = [t for t in targets.TARGETS if t.section in ("training", "prediction")]
    assert all(t.batch in plan.FULL.batches[t.subject] for t in networks)
    quick = [t for t in networks if t.batch in plan.QUICK.batches[t.subject]]
    assert {t.subject for t in quick} == {t.subject for t in networks} == set(plan.NETWORKS)
    small = [t for t in targets.TARGETS if t.section == "small"]
    assert [t.subject for t in small] == list(plan.SMALL)
    for others in (KERAS, PYTORCH):
        assert any(t.against == others for t in quick)


def test_the_parts_of_the_trainings_follow_them(monkeypatch):
    """Round by round in the same order, without a library that failed in a later round."""

    def training(library, what, seed=0):
        if (library.name, what, seed) == ("Keras-TF", "accuracy", 3):
            raise Failed("out of memory")
        parts = {part: float(10 * seed + i) for i, part in enumerate(start.PARTS)}
        return start.Run(parts, {"epochs": seed + 2})

    monkeypatch.setattr(start, "run", training)
    for trainings, names in ((3, ["minicnn", "Keras-TF"]), (4, ["minicnn"])):
        found = []
        chosen = plan.FULL._replace(trainings=trainings)
        workers = dict.fromkeys(["minicnn", "Keras-TF", "Keras-JAX"])
        for measurement, candidates, rounds in plan.steps(
            chosen, ["accuracy"], plan.NETWORKS, workers, found
        ):
            run(measurement, candidates, rounds)
            found.append(measurement)
        whole, *parts, epochs = found
        assert [m.subject for m in found[1:]] == list(plan.DETAILS)
        assert [m.subject for m in parts] == [f"part: {part}" for part in start.PARTS]
        assert all(list(m.samples) == names for m in found)
        assert parts[1].samples["minicnn"] == [10 * seed + 1 for seed in range(trainings)]
        assert epochs.samples["minicnn"] == [seed + 2 for seed in range(trainings)]
        for name in names:
            sums = map(sum, zip(*(m.samples[name] for m in parts), strict=True))
            assert list(sums) == whole.samples[name]


def test_a_section_s_table(measured):
    heads, rule, first, second = tables.section(measured[:2]).splitlines()
    ratios = [head.strip() for head in heads.split("|")[-3:-1]]
    assert ratios == ["best Keras ÷ minicnn", "best PyTorch ÷ minicnn"]
    assert set(rule) == set("|-: ")
    cells = [cell.strip() for cell in first.split("|")[1:-1]]
    assert cells[0] == "convnet, 128"
    assert cells[1] == "55 (52.5-57.5)"
    assert cells[-3] == "failed"
    assert cells[-2:] == ["2× (2-2) Keras-JAX", "3× (3-3) PyTorch-nhwc"]
    assert [cell.strip() for cell in second.split("|")[1:-1]] == ["deep, 128", "500", *[""] * 8]
    assert len({len(line) for line in (heads, rule, first, second)}) == 1


def test_a_table_without_other_libraries_has_no_ratio(measured):
    heads, *_ = tables.section(measured[2:3]).splitlines()
    assert heads.split() == ["|", "|", "im2col", "|"]


def test_the_files_of_a_run(measured, tmp_path):
    about = {
        "date": "2026-01-02",
        "plan": "quick",
        "machine": {
            "processor": "Fast",
            "cores": 2,
            "memory": "8 GiB",
            "system": "Linux",
            "python": "3.12.0",
            "load": 0.1,
        },
        "load_after": 2.0,
        "versions": {"minicnn": "1.0", "keras": "3.15.1"},
        "threads": 2,
    }
    files = report.write(tmp_path, about, measured)
    assert {file.name for file in files} >= {"RESULTS.md", "results.json", "training.png"}
    assert all(file.stat().st_size for file in files)
    told = json.loads((tmp_path / "results.json").read_text())
    assert told["measurements"][0]["samples"]["minicnn"] == [50, 60, 55]
    verdicts = {target["what"]: target["verdict"] for target in told["targets"]}
    assert set(verdicts.values()) <= {"no", "reached", "aim reached", "not measured"}
    assert {what for what, word in verdicts.items() if word != "not measured"}
    page = (tmp_path / "RESULTS.md").read_text()
    for text in (
        "Fast, 2 cores",
        "minicnn 1.0, keras 3.15.1",
        "0.1 before, 2.0 after",
        "![Training (`fit`), µs per sample](training.png)",
        "- training: convnet, batch 128: Keras-torch: out of memory",
    ):
        assert text in page


def test_layers_have_names():
    assert str(Layer(28, 1, 32)) == "28², 3×3, 1 → 32"
    assert str(Layer(28, 32, 64, stride=2)) == "28², 3×3, stride 2, 32 → 64"
    assert len({str(layer) for layer in LAYERS}) == len(LAYERS)


@pytest.mark.parametrize("chosen", [plan.QUICK, plan.FULL])
def test_the_number_of_steps_is_known_before(chosen):
    class Told:
        def call(self, do, **_):
            return {"names": ["im2col"]}

    def count(sections, networks):
        return len(list(plan.steps(chosen, sections, networks, {"minicnn": Told()}, [])))

    for sections, networks in (
        (plan.SECTIONS, plan.NETWORKS),
        (["training"], ["mlp"]),
        (["start", "memory", "accuracy", "small"], plan.NETWORKS),
    ):
        assert count(sections, networks) == plan.count(chosen, sections, networks)


@pytest.mark.parametrize(
    "arguments, full", [([], True), (["--output", "x"], True), (["--quick"], False)]
)
def test_what_is_a_full_run(arguments, full):
    assert cli._is_full(cli._parser().parse_args(arguments)) is full


def test_a_tiny_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(plan.IMAGES["training"], "mlp", 64)
    folder = str(tmp_path)
    choice = ["--only", "training", "--networks", "mlp", "--libraries", "minicnn"]
    assert cli.main(["--quick", "--rounds", "2", *choice, "--output", folder]) == 0
    printed = capsys.readouterr().out
    assert "Training (`fit`), µs per sample" in printed
    assert "mlp, 32" in printed
    assert (tmp_path / "RESULTS.md").exists()

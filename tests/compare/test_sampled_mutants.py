"""Mutants made mechanically: what is mutated, how it is drawn, how it is judged."""

import json
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray")
pytest.importorskip("coverage")

from compare.cli.outcome import CannotCompare
from compare.mutants.sampled import draw, judging, kernel_calls, nearest, recorded, report, stored
from compare.mutants.sampled.items import StoredItems
from compare.mutants.sampled.judging import Judge, Judging, ordered
from compare.mutants.sampled.places import mutate, places
from compare.mutants.sampled.recorded import Runner
from compare.mutants.sampled.scopes import lines_of
from compare.mutants.sampled.session import QUICK_SHARE, _near
from compare.mutants.sampled.trees import ROOT, changed

SOURCE = '''\
"""A docstring with 1 + 1."""

from __future__ import annotations

import functools

__all__ = ["f"] + ["g"]
RATE: float | None = 0.5


@functools.cache
def f(x: int | None, *, y: int = 2) -> int | str:
    """Adds 1 + 1."""
    if x is None or y == 3:
        raise ValueError(f"{y + 1} is wrong: " + str(y - 1))
    for i in range(x):  # 1 + 1
        y += i * 2
    return y - 1


class Box:
    size = 4

    def grown(self, by):
        return self.size + by if by > 0 else f"{by + 1}"
'''


def what(source):
    """The changed lines of every variant of every place."""
    before = source.splitlines()
    for place in places(source):
        for variant in place.variants:
            after = mutate(source, variant)
            if after is not None:
                pairs = zip(before, after.splitlines(), strict=False)
                yield next(b.strip() for a, b in pairs if a != b)


def test_what_computes_is_mutated():
    changes = set(what(SOURCE))
    assert {
        "RATE: float | None = 1.5",
        "def f(x: int | None, *, y: int = 1) -> int | str:",
        "if x is not None or y == 3:",
        "if x is None and y == 3:",
        "if x is None or y < 3:",
        "for i in []:  # 1 + 1",
        "y += i / 2",
        "return y * 1",
        "size = 5",
        'return self.size + by if by > -1 else f"{by + 1}"',
        'return self.size + by if not by > 0 else f"{by + 1}"',
    } <= changes


def test_what_does_not_compute_is_left_out():
    for line in what(SOURCE):
        assert "docstring" not in line
        assert "Adds" not in line
        assert "wrong" not in line
        assert "__all__" not in line
        assert "{by + 1}" in line or "by" not in line
        assert ">>" not in line and "^" not in line
        assert " is 3" not in line and "== None" not in line
        assert line.count("int | None") == line.count("int | str")
        assert "@" not in line


def test_kernels_are_mutated():
    source = (ROOT / "minicnn/backend/numba/softmax.py").read_text()
    assert {p.function for p in places(source)} >= {"_softmax", "_softmax_gradient"}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A folder like the project's with two files."""
    root = tmp_path_factory.mktemp("project")
    for file in ("minicnn/ops/a.py", "minicnn/random/b.py", "minicnn/cli/c.py"):
        (root / file).parent.mkdir(parents=True)
        (root / file).write_text(SOURCE)
    return root


def test_a_sample_depends_on_the_seed_and_begins_a_larger_one(small):
    ten = draw.draw(small, 10, 7)
    assert [m.key for m in draw.draw(small, 5, 7)] == [m.key for m in ten[:5]]
    assert [m.key for m in draw.draw(small, 10, 8)] != [m.key for m in ten]
    assert {m.room for m in draw.draw(small, 1000, 7)} == {"ops", "random"}
    assert len({(m.file, m.place.line, m.place.column) for m in ten}) == 10


def test_a_sample_may_be_drawn_from_some_folders_only(small, capsys):
    """From folders that are not in the usual rooms, too. The report says so."""
    found = draw.draw(small, 1000, 7, ["random", "cli/c"])
    assert {m.file for m in found} == {"minicnn/random/b.py", "minicnn/cli/c.py"}
    assert {m.room for m in draw.draw(small, 1000, 7, ["ops"])} == {"ops"}
    with pytest.raises(CannotCompare, match="--under layers"):
        draw.draw(small, 5, 7, ["random", "layers"])
    report.show([report.result(m, None, "none") for m in found[:3]], 7, ["random", "cli/c"], True)
    assert "3 mutants drawn by seed 7 from random, cli/c only." in capsys.readouterr().out


def test_a_mutant_keeps_its_key_when_lines_move(tmp_path, small):
    moved = tmp_path / "minicnn/ops/a.py"
    moved.parent.mkdir(parents=True)
    moved.write_text(SOURCE.replace("import functools", "import functools\nimport os\n\n\nos.name"))
    keys = {m.key for seed in range(30) for m in draw.draw(small, 50, seed) if m.room == "ops"}
    assert {m.key for m in draw.draw(tmp_path, 50, 1)} <= keys


def test_keys_differ(small):
    mutants = draw.draw(small, 100, 3)
    assert len({m.key for m in mutants}) == len(mutants)


def test_equivalent_mutants_have_reasons():
    entries = json.loads(stored.EQUIVALENT.read_text())
    assert all(len(e["reason"]) > 20 and (ROOT / e["file"]).exists() for e in entries)
    assert len(stored.equivalent()) == len(entries)


def place(line_text):
    return next(p for p in places(SOURCE) if line_text in SOURCE.splitlines()[p.line - 1])


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        ("return y - 1", 18, 18),
        ("y: int = 2", 13, 18),
        ("size = 4", 21, 25),
        ("RATE", 1, 26),
        ("if x is None", 14, 14),
    ],
)
def test_lines_that_run_with_a_place(line, first, last):
    lines = lines_of(SOURCE, place(line))
    assert (lines[0], lines[-1]) == (first, last)


def test_kernels_that_contain_a_part():
    file = "minicnn/backend/numba/softmax.py"
    part = next(p for p in places((ROOT / file).read_text()) if p.function == "_shift")
    kernels = kernel_calls.kernels_with(ROOT, file, part)
    module = "minicnn.backend.numba.softmax"
    assert {f"{module}:_softmax", f"{module}:_log_softmax"} <= kernels
    assert f"{module}:_softmax_gradient" not in kernels


def test_kernels_are_found_through_imports_and_told_from_others_of_their_name():
    file = "minicnn/backend/numba/conv/winograd/transforms.py"
    part = next(p for p in places((ROOT / file).read_text()) if p.function == "transform_output")
    kernels = kernel_calls.kernels_with(ROOT, file, part)
    assert "minicnn.backend.numba.conv.winograd.products:convolve" in kernels
    assert not [name for name in kernels if "im2col" in name or "recurrent" in name]
    assert kernel_calls.known_as(kernel_calls.kernels_with) in (
        "compare.mutants.sampled.kernel_calls:kernels_with"
    )


def test_a_changed_copy_leaves_the_first(tmp_path):
    first = tmp_path / "source"
    (first / "minicnn").mkdir(parents=True)
    (first / "minicnn/a.py").write_text("right")
    (first / "minicnn/b.py").write_text("other")
    with changed(first, "minicnn/a.py", "wrong") as tree:
        assert (tree / "minicnn/a.py").read_text() == "wrong"
        assert (tree / "minicnn/b.py").read_text() == "other"
        assert (first / "minicnn/a.py").read_text() == "right"
    assert not tree.exists()


def mutant(file="minicnn/ops/nn/convolution.py", function="conv"):
    return draw.Mutant(file, place("return y - 1")._replace(function=function), "o#0", "", "")


def test_near_and_fast_tests_are_first():
    runners = [
        Runner("tests/layers/test_a.py::test_a", 0.1),
        Runner("tests/ops/nn/test_b.py::test_slow", 9.0),
        *(Runner(f"tests/ops/nn/test_b.py::test_b[{i}]", 0.2) for i in range(4)),
        Runner("tests/ops/nn/test_c.py::test_conv", 1.0),
    ]
    names = [r.name.partition("::")[2] for r in ordered(mutant(), runners)]
    assert names == "test_conv test_b[0] test_b[1] test_slow test_a test_b[2] test_b[3]".split()


def test_nearest_files_mirror_the_mutant():
    files = nearest.nearest_tests(ROOT, mutant())
    assert files[0].startswith("tests/ops/nn/test_conv")
    assert all(f.startswith("tests/ops/nn/") for f in files)
    assert nearest.nearest_tests(ROOT, mutant("minicnn/losses/loss.py"))


class Server:
    """A server whose jobs answer from a table: what fails with and without the mutant."""

    def __init__(self, fails, fails_anyway=(), ending="ended", status=0):
        self.fails, self.fails_anyway = fails, fails_anyway
        self.ending, self.status = ending, status
        self.run_items = []

    def run(self, function, tree, arguments, limit, each):
        mutated = tree == Path("mutated")
        for name in arguments["items"]:
            self.run_items.append(name)
            yield {"event": "item", "name": name}
            if name in self.fails_anyway or (mutated and name in self.fails):
                yield {"event": "wrong", "name": name, "why": "differs"}
                break
        ending = self.ending if mutated else "ended"
        status = self.status if mutated else 0
        yield {"event": ending, "status": status, "seconds": 1.0}


def verdict(server, names="abc"):
    judge = Judging(server, Path("first"))
    runners = [Runner(name, 0.1) for name in names]
    return judge.verdict(Judge("tests", "run_tests"), mutant(), Path("mutated"), runners)


def test_what_fails_with_the_mutant_only_kills_it():
    found = verdict(Server(fails="b"))
    assert (found.killed, found.by, found.run, found.of) == (True, "b", 2, 3)


def test_what_fails_anyway_kills_nothing():
    found = verdict(Server(fails="", fails_anyway="a"))
    assert not found.killed
    assert found.run == 3
    assert verdict(Server(fails="c", fails_anyway="a")).by == "c"


def test_what_fails_once_and_not_again_kills_nothing():
    class Flaky(Server):
        def run(self, function, tree, arguments, limit, each):
            self.fails = "b" if arguments["items"] != ["b"] else ""
            return super().run(function, tree, arguments, limit, each)

    assert not verdict(Flaky(fails="b")).killed


def test_without_a_failure_a_mutant_survives():
    assert not verdict(Server(fails="")).killed
    assert verdict(Server(fails=""), "").why == "nothing runs it"
    many = [f"t{i}" for i in range(50)]
    assert verdict(Server(fails="t49"), many).killed


@pytest.mark.parametrize(("ending", "status"), [("stuck", -9), ("ended", -11)])
def test_a_process_that_hangs_or_crashes_kills_the_mutant(ending, status):
    assert verdict(Server("", ending=ending, status=status)).killed


def test_a_mutant_that_is_not_judged_in_time_survives():
    found = verdict(Server("", ending="late", status=-9))
    assert not found.killed


def test_scores_leave_equivalent_mutants_out():
    killed, survived = {"killed": True}, {"killed": False}
    results = [
        {"room": "ops", "equivalent": None, "tests": killed, "parity + fuzz": survived},
        {"room": "ops", "equivalent": "the same", "tests": None, "parity + fuzz": None},
        {"room": "losses", "equivalent": None, "tests": killed, "parity + fuzz": killed},
    ]
    scores = report.scores(results)
    assert scores["ops"] == {"mutants": 2, "equivalent": 1, "tests": 1, "parity + fuzz": 0}
    assert scores["all"] == {"mutants": 3, "equivalent": 1, "tests": 2, "parity + fuzz": 1}


def test_groups_have_every_file_of_tests_once():
    files = [file for group in recorded.groups_of_tests(ROOT).values() for file in group]
    assert len(files) == len(set(files))
    assert "tests/compare/test_sampled_mutants.py" in files


def test_stored_items_are_read_one_at_a_time(tmp_path):
    path = tmp_path / "some.items"
    written = {"a": [1, 2], "b": {"x": 3.5}, "c": "text" * 1000}
    StoredItems.write(path, ((item, name) for name, item in written.items()))
    stored = StoredItems(path)
    assert stored.names == ["a", "b", "c"]
    assert {name: stored[name] for name in ("c", "a", "b")} == written
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(KeyError):
        stored["d"]


def test_quick_runs_the_nearest_cases_and_some_others():
    names = [f"parity ops.other{i}" for i in range(3 * QUICK_SHARE)]
    names[1] = "parity layers.MaxPooling2D(pool_size=2)"
    names[-1] = "fuzz network 0"
    place = places(SOURCE)[0]._replace(function="MaxPooling2D.call")
    mutant = draw.Mutant("minicnn/layers/pooling.py", place, "", "", "")
    chosen = _near([mutant], names)
    assert chosen == [names[0], names[1], names[QUICK_SHARE], names[2 * QUICK_SHARE], names[-1]]


def test_verdicts_are_kept(tmp_path):
    path = tmp_path / "folder" / "verdicts.jsonl"
    stored.Verdicts(path).add(mutant(), {"tests": {"killed": True}})
    assert stored.Verdicts(path).get(mutant()) == {"tests": {"killed": True}}
    assert stored.Verdicts(path).get(mutant(function="other")) is None
    assert judging.LIMIT > 60

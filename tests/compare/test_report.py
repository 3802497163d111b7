"""The page is complete, escaped, and loads no files; files that are not results are reported."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from compare.cli.main import main
from compare.conformance import known_failures
from compare.report import charts, html, results
from compare.report.html import Html, tag
from compare.report.page import SECTIONS

NASTY = "</script><img src=x onerror=alert(1)> & \"quotes\" 'single'"
CURVES = {
    "loss minicnn": [2.0, 1.5, float("nan")],
    "loss keras": [2.0, 1.5, 1.2],
    "loss band": [0.1, 0.2, 0.3],
}
VERDICT = {
    "dataset": "mnist",
    "pairs": 2,
    "minicnn": {"mean": 99.1, "spread": 0.1},
    "keras": {"mean": 99.0, "spread": 0.1},
    "difference": 0.1,
    "interval": [-0.1, 0.3],
    "margin": 0.15,
    "p": 0.2,
    "verdict": "inconclusive",
}
FINDING = {"quantity": "output 0", "ours": [1e-7, 2.0], "keras": [float("inf"), 3.0], "limit": 1e-6}
RUN = {"dataset": "mnist", "seed": 0, "library": "minicnn", "accuracy": 0.991}
TOLD = {
    "parity": (
        [{"kind": "layers", "case": NASTY, "wrong": [f"x: {NASTY}"], "findings": [FINDING]}],
        {"cases": 1, "judges": {NASTY: {"quantities": 4, "alone": 1}}},
    ),
    "training": ([{"case": NASTY, "holds": True, "curves": CURVES}, {"case": "b"}], {}),
    "accuracy": ([RUN], {"verdicts": [VERDICT]}),
    "mutants": (
        [{"what": NASTY, "part": "forward", "parity": None, "case": None, "sum": True}],
        {"scores": {"parity": {"all": [0, 1]}, "sum": {"all": [1, 1]}}},
    ),
    "fuzz": ([{"network": NASTY, "program": NASTY, "wrong": "x"}], {"networks": 3, "seed": 1}),
    "conformance": (
        [known_failures.Result("a_test.py", 1, {"t": NASTY}, 0, ["t"], [], 0)._asdict()],
        {"known": {NASTY: 1}},
    ),
    "model": ([{"name": NASTY, "shape": [2, 3], "off": ["Keras"]}], {"file": "m.keras"}),
    "script": ([{"what": NASTY, "minicnn": 1, "keras": None, "holds": False}], {"file": "p.py"}),
}
BENCHMARKS = {
    "machine": {"processor": NASTY, "cores": 2},
    "measurements": [
        {
            "section": "training",
            "subject": NASTY,
            "unit": "µs",
            "settings": {"batch": 32},
            "samples": {"minicnn": [1.0, 2.0], "Keras-TF": [4.0, 8.0]},
            "failures": {"Keras-JAX": NASTY},
        }
    ],
}


ALIVE, DEAD = {"killed": False}, {"killed": True}
SAMPLED = (
    [
        {"file": NASTY, "line": 3, "diff": NASTY, "tests": DEAD, "parity + fuzz": ALIVE},
        {"file": NASTY, "line": 4, "diff": NASTY, "tests": None, "parity + fuzz": None},
    ],
    {
        "seed": 7,
        "rooms": {"all": {"mutants": 2, "equivalent": 1, "tests": 1, "parity + fuzz": 0}},
    },
)


class Strict(HTMLParser):
    """Elements that are closed in order; what they may load; the text that is shown."""

    def __init__(self):
        super().__init__()
        self.open, self.loads, self.tags = [], [], []

    def handle_starttag(self, name, attributes):
        self.tags.append(name)
        self.loads += [v for k, v in attributes if k in ("src", "href") and not v.startswith("#")]
        if name not in ("meta", "input"):
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name

    def handle_startendtag(self, name, attributes):
        self.tags.append(name)


@pytest.fixture
def folder(tmp_path):
    for name, (found, summary) in TOLD.items():
        told = {"command": name, "passed": name == "model", "failure": NASTY}
        told |= {"results": found, "summary": summary, "options": {"backend": "tensorflow"}}
        (tmp_path / f"{name}.json").write_text(json.dumps(told))
    (tmp_path / "results.json").write_text(json.dumps(BENCHMARKS))
    return tmp_path


def make(*arguments):
    """The exit status and the page."""
    *files, output = arguments
    status = main(["report", *map(str, files), "--output", str(output)])
    return status, output.read_text() if output.exists() else ""


def test_a_page_of_all_results(folder):
    status, page = make(folder, folder / "report.html")
    assert status == 0
    parser = Strict()
    parser.feed(page)
    assert parser.open == [] and parser.loads == [] and "img" not in parser.tags
    for name in SECTIONS:
        assert f'<section id="{name}">' in page
    assert "7 of 9 do not hold" in page
    assert "Keras-TF needs 4 times as much" in page
    assert not re.search(r"url\(|@import|https?://", page)


def test_the_rows_of_the_script_are_those_of_the_results(folder):
    _, page = make(folder, folder / "report.html")
    text = re.search(r'id="parity-rows">(.*?)</script>', page)[1]
    ((case, quantity, ours, _, keras, *_, wrong),) = json.loads(text)
    assert (case, quantity, ours, keras, wrong) == (f"layers.{NASTY}", "output 0", 1e-7, "inf", 1)


def test_sampled_mutants_have_their_score_and_survivors(tmp_path):
    found, summary = SAMPLED
    told = {"command": "mutants", "passed": True, "results": found, "summary": summary}
    (tmp_path / "a.json").write_text(json.dumps(told))
    status, page = make(tmp_path / "a.json", tmp_path / "page.html")
    parser = Strict()
    parser.feed(page)
    assert status == 0 and parser.open == []
    assert "drawn by seed 7" in page and "Survivors (1)" in page


@pytest.mark.parametrize("name", TOLD)
def test_empty_results_are_shown_as_well(tmp_path, name):
    told = {"command": name, "passed": False, "failure": "x", "results": [], "summary": {}}
    (tmp_path / "a.json").write_text(json.dumps(told))
    assert make(tmp_path / "a.json", tmp_path / "page.html")[0] == 0


def test_a_corrupt_file_is_reported_and_the_others_are_shown(folder, capfd):
    (folder / "broken.json").write_text("{")
    status, page = make(folder, folder / "report.html")
    assert status == 1
    assert "broken.json: it cannot be read" in " ".join(capfd.readouterr().err.split())
    assert "broken.json" in page and '<section id="parity">' in page


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[1]", "it contains a list, not an object"),
        ('{"command": "parity"}', "it has no 'passed'"),
        ('{"command": "parity", "passed": 1, "results": [], "summary": {}}', "has the wrong type"),
        ('{"command": "x", "passed": true, "results": [1], "summary": {}}', "not all objects"),
    ],
)
def test_a_file_that_is_not_a_result(tmp_path, content, sentence, capfd):
    (tmp_path / "a.json").write_text(content)
    assert make(tmp_path / "a.json", tmp_path / "page.html") == (1, "")
    assert sentence in " ".join(capfd.readouterr().err.split())


def test_missing_files(tmp_path, capfd):
    assert make(tmp_path / "nothing.json", tmp_path / "page.html") == (1, "")
    assert "there is no file or folder" in " ".join(capfd.readouterr().err.split())
    assert make(tmp_path, tmp_path / "page.html") == (1, "")
    assert "there are no JSON files in" in " ".join(capfd.readouterr().err.split())


def test_an_output_that_cannot_be_written(folder, capfd):
    assert make(folder, folder / "no such folder" / "page.html") == (1, "")
    assert "cannot be written" in " ".join(capfd.readouterr().err.split())


def test_elements():
    assert tag("p", "1 < 2", None, [Html("<b/>")], class_="a", data_x='"') == (
        '<p class="a" data-x="&quot;">1 &lt; 2<b/></p>'
    )
    assert tag("input", hidden=True, value=None) == "<input hidden/>"
    assert "</script" not in html.data("x", NASTY).removesuffix("</script>")


def test_scales():
    scale = charts.Scale(1e-9, 1e-5, 0, 100, logarithmic=True)
    assert (scale(1e-9), scale(1e-7), scale(1.0)) == (0, 50, 100)
    assert charts.rounded(0.9, 4.2) == [1, 2, 3, 4]
    assert charts.rounded(3.0, 3.0) == [3.0]
    assert [charts.power(v) for v in charts.powers(1e-8, 1e-7)] == ["10⁻⁸", "10⁻⁷"]


def test_pictures_are_well_formed(folder):
    _, page = make(folder, folder / "report.html")
    pictures = re.findall(r"<svg.*?</svg>", page)
    assert len(pictures) >= 4
    for picture in pictures:
        assert "nan" not in ElementTree.fromstring(picture).attrib.values()
        assert "NaN" not in picture and "nan" not in picture


def test_files_that_are_named_twice_are_read_once(folder):
    assert len(results.files([str(folder), str(folder / "parity.json")])) == len(TOLD) + 1


def test_a_missed_target_of_the_benchmarks_is_a_failure(tmp_path):
    missed = {"what": "mlp, train, 32", "least": 1.2, "reached": 0.704, "verdict": "no"}
    others = [
        {"what": "memory", "least": 2, "reached": 3.0, "verdict": "reached"},
        {"what": "start", "least": 2, "reached": None, "verdict": "not measured"},
    ]
    file = tmp_path / "results.json"
    for told, passed in (([missed, *others], False), (others, True)):
        file.write_text(json.dumps({**BENCHMARKS, "targets": told}))
        found = results.read(file)
        assert found.passed is passed
    file.write_text(json.dumps({**BENCHMARKS, "targets": [missed]}))
    assert results.read(file).failure == "targets missed: mlp, train, 32 (0.7 of 1.2 times)."

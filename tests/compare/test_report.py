"""The page is complete, escaped, and loads no files; files that are not results are reported."""

import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from compare.cli.main import _parser, main
from compare.conformance import known_failures
from compare.report import charts, html, results
from compare.report.html import Html, tag
from compare.report.page import SECTIONS

NASTY = "</script><img src=x onerror=alert(1)> & \"quotes\" 'single'"
CURVES = {
    "loss minicnn": [2.0, 1.5, float("nan")],
    "loss keras": [2.0, 1.5, 1.2],
    "loss band": [0.1, 0.2, 0.3],
    "weights difference": [1e-7, 0.0, float("inf")],
    "weights band": [1e-5, 1e-5, 2e-5],
}
VERDICT = {
    "dataset": "mnist",
    "pairs": 2,
    "minicnn": {"mean": 99.1, "spread": 0.1},
    "keras": {"mean": 99.0, "spread": 0.1},
    "difference": 0.1,
    "interval": [-0.1, 0.3],
    "margin": 0.15,
    "confidence": 0.95,
    "p": 0.2,
    "verdict": "inconclusive",
}
FINDING = {"quantity": "output 0", "ours": [1e-7, 2.0], "keras": [float("inf"), 3.0], "limit": 1e-6}
SHARP, BLUNT = ({"quantity": NASTY, "smallest": x} for x in (2.0**-20, None))
SENSITIVITY = {"quantities": 3, "best": SHARP, "median": SHARP, "worst": BLUNT}
KINDS = {"of a kind": SENSITIVITY, NASTY: SENSITIVITY, "empty": {"quantities": 0}}
SENSITIVITY = {**SENSITIVITY, "kinds": KINDS}
HALF = {"cases": 2, "failed": 1, "quantities": 5, "judged by Keras": 4, "Keras within the limit": 3}
RUN = {"dataset": "mnist", "seed": 0, "library": "minicnn", "accuracy": 0.991}
TOLD = {
    "parity": (
        [{"kind": "layers", "case": NASTY, "wrong": [f"x: {NASTY}"], "findings": [FINDING]}],
        {
            "cases": 1,
            "quantities": 4321,
            "judges": {
                "Keras on tensorflow": {"quantities": 4000, "alone": 1},
                NASTY: {"quantities": 321, "alone": 320},
                "only minicnn": {"quantities": 0, "alone": 0},
            },
            "half precision": {"float16": HALF, "bfloat16": {"cases": 0}},
            "sensitivity": SENSITIVITY,
        },
    ),
    "training": (
        [{"case": NASTY, "holds": True, "curves": CURVES}, {"case": "b"}],
        {"sensitivity": SENSITIVITY},
    ),
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
    "model": (
        [{"name": NASTY, "shape": [2, 3], "off": ["Keras"], "share": 0.25}],
        {"file": "m.keras", "sensitivity": SENSITIVITY},
    ),
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


ALIVE, DEAD = {"killed": False, "run": 2, "of": 9, "why": NASTY}, {"killed": True, "by": "a_test"}
PLACE = {"file": NASTY, "function": "f", "diff": "@@ -3 +3 @@\n-        a + b\n+        a - b"}
SAMPLED = (
    [
        {**PLACE, "line": 3, "tests": DEAD, "parity + fuzz": ALIVE},
        {**PLACE, "line": 4, "equivalent": f"the same {NASTY}", "tests": None},
    ],
    {
        "seed": 7,
        "rooms": {
            "ops": {"mutants": 2, "equivalent": 1, "tests": 1, "parity + fuzz": 0},
            "all": {"mutants": 2, "equivalent": 1, "tests": 1, "parity + fuzz": 0},
        },
    },
)
TARGETS = [
    {"what": "mlp, train, 32", "least": 1.2, "reached": 0.704, "verdict": "no"},
    {"what": "memory", "least": 2, "reached": 3.0, "verdict": "reached"},
    {"what": "start", "least": 2, "reached": None, "verdict": "not measured"},
]


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
    (tmp_path / "results.json").write_text(json.dumps({**BENCHMARKS, "targets": TARGETS}))
    (tmp_path / "sampled.json").write_text(json.dumps(sampled()))
    return tmp_path


def sampled():
    """The results of `mutants --sample`."""
    found, summary = SAMPLED
    return {"command": "mutants", "passed": True, "results": found, "summary": summary}


def section(page, name):
    """The HTML of a section, without its tags."""
    html_text = re.search(rf'<section id="{name}">.*?</section>', page, re.S)[0]
    return re.sub(r"\s+", " ", re.sub("<[^>]*>", " ", html_text))


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
    assert "8 of 10 do not hold" in page
    assert "Keras-TF needs 4 times as much" in page
    assert not re.search(r"url\(|@import|https?://", page)


def test_the_rows_of_the_script_are_those_of_the_results(folder):
    _, page = make(folder, folder / "report.html")
    text = re.search(r'id="parity-rows">(.*?)</script>', page)[1]
    found = json.loads(text)
    row = dict(zip(found["keys"], *found["rows"], strict=True))
    assert row["case"] == f"layers.{NASTY}" and row["quantity"] == "output 0"
    assert (row["ours"], row["keras"], row["limit"], row["share"]) == (1e-7, "inf", 1e-6, 0.1)
    assert (row["kind"], row["backend"], row["wrong"]) == ("layers", "TensorFlow", 1)


def test_columns_are_found_by_their_keys(folder):
    """So a column may be added or moved: no place of a column is written in the script or style."""
    _, page = make(folder, folder / "report.html")
    script = re.search(r"<script>(.*?)</script>", page, re.S)[1]
    style = re.search(r"<style>(.*?)</style>", page, re.S)[1]
    assert not re.search(r"nth-child|nth-of-type", style)
    assert not re.search(r"(row|rows|cells|heads|titles|column)\[\d|column\s*[<>=]+\s*\d", script)
    keys = json.loads(re.search(r'id="parity-rows">(.*?)</script>', page)[1])["keys"]
    heads = re.findall(r'<th [^>]*data-key="([^"]*)"[^>]*>', page)
    assert "share" in heads and set(heads) <= set(keys)
    used = set(re.findall(r"data-key=(\w+)", style)) | set(re.findall(r"row\.(\w+)", script))
    used |= set(re.findall(r'"(\w+)"', " ".join(re.findall(r"(?:CHOSEN|SEARCHED) = .*", script))))
    assert {"case", "kind", "wrong"} <= used <= set(keys)


@pytest.mark.parametrize("name", ["parity", "training", "model"])
def test_the_sensitivity_is_shown_by_kind(folder, name):
    _, page = make(folder, folder / "report.html")
    words = section(page, name)
    assert "one result of minicnn was multiplied by a factor 1 + x" in words
    assert "1 + 9.5e−7" in words and "none up to 17" in words
    assert words.count("x of the smallest factor 1 + x noticed") == 1
    assert " of a kind 3 1 + 9.5e−7 1 + 9.5e−7 none up to 17 " in words and "empty" not in words


def test_judges_are_counted(folder):
    _, page = make(folder, folder / "report.html")
    words = section(page, "parity")
    assert "✓ a judge outside of minicnn decided about each quantity (4,321 quantities)" in words
    assert "Keras on TensorFlow" in words and "4,000 (1 alone)" in words
    assert "321 (320 alone)" in words
    assert "float16 2 1 5 4 3" in words and "bfloat16" not in words


def test_quantities_without_a_judge_are_marked(folder):
    told = json.loads((folder / "parity.json").read_text())
    told["summary"]["judges"]["only minicnn"] = {"quantities": 1200, "alone": 1200}
    (folder / "parity.json").write_text(json.dumps(told))
    _, page = make(folder / "parity.json", folder / "report.html")
    assert "✗ 1,200 quantities were judged by minicnn only" in section(page, "parity")


def test_sampled_mutants_have_their_score_and_survivors(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(sampled()))
    status, page = make(tmp_path / "a.json", tmp_path / "page.html")
    parser = Strict()
    parser.feed(page)
    assert status == 0 and parser.open == []
    words = section(page, "sampled-mutants")
    assert "2 mutants, drawn by seed 7" in words
    assert "killed 1 of 1 (100 %)" in words and "killed 0 of 1 (0 %)" in words
    assert "ops 2 1 1 0 0 1 " in words  # mutants, equivalent, killed and surviving of each judge
    assert "Survivors (1)" in words and "survives parity + fuzz (2 of 9 run" in words
    assert "killed by tests (a_test)" in words and "- a + b + a - b" in words
    assert "Equivalent (1)" in words and "Equivalent: the same" in words
    assert "1 of 1 killed by tests, 0 of 1 killed by parity + fuzz" in page


def test_what_is_missing_is_named_with_its_command(tmp_path, folder):
    (tmp_path / "a.json").write_text(json.dumps(sampled()))
    _, page = make(tmp_path / "a.json", tmp_path / "page.html")
    footer = page[page.index("<footer>") :]
    assert "python -m compare mutants --json mutants.json" in footer and "--sample" not in footer
    for command in ("parity", "training", "accuracy", "fuzz", "conformance"):
        assert f"python -m compare {command} --json {command}.json" in footer
    (tmp_path / "a.json").unlink()
    _, page = make(folder, folder / "report.html")
    assert "<footer>" not in page
    (folder / "sampled.json").unlink()
    _, page = make(folder, folder / "report.html")
    assert "python -m compare mutants --sample 100 --seed 7 --json" in page


def test_the_commands_that_are_named_exist():
    for name, told in SECTIONS.items():
        program, *arguments = told.command.split()
        assert program in ("compare", "benchmarks")
        if program == "compare":
            assert _parser().parse_args(arguments).name == name.removeprefix("sampled-")


def test_charts_have_titles_of_their_axes_and_show_difference_and_band(folder):
    _, page = make(folder, folder / "report.html")
    training, accuracy = section(page, "training"), section(page, "accuracy")
    assert training.count(" difference of the losses ") == 1
    assert training.count(" difference of the updates, relative ") == 1
    assert page.count(">step</text>") == 3 and ">loss</text>" in page
    assert " 1 2 3 loss step " in training  # steps are whole numbers
    assert page.count('class="band"') == 2 and page.count('class="line difference"') == 2
    assert "minicnn − Keras, points" in accuracy and "test accuracy, %" in accuracy
    assert "-0.100 to +0.300 (95 %), margin ±0.15" in accuracy
    parity = section(page, "parity")
    assert "error of Keras, relative" in parity and "error of minicnn, relative" in parity
    assert " µs " in section(page, "benchmarks")


def test_texts_stay_inside_their_pictures(folder):
    _, page = make(folder, folder / "report.html")
    for picture in re.findall(r"<svg.*?</svg>", page):
        root = ElementTree.fromstring(picture)
        width, height = map(float, root.attrib["viewBox"].split()[2:])
        for text in root.iter("text"):
            size = 12 if text.attrib.get("class") in ("axis", "name") else 10.5
            length = 0.5 * size * len(text.text)
            x, y = float(text.attrib["x"]), float(text.attrib["y"])
            left = x - length * {"start": 0, "middle": 0.5, "end": 1}[text.attrib["text-anchor"]]
            assert left >= -2 and left + length <= width + 2, (text.text, picture)
            assert size * 0.7 <= y <= height


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
    assert len(results.files([str(folder), str(folder / "parity.json")])) == len(TOLD) + 2


def test_a_missed_target_of_the_benchmarks_is_a_failure(tmp_path):
    missed, *others = TARGETS
    file = tmp_path / "results.json"
    for told, passed in (([missed, *others], False), (others, True)):
        file.write_text(json.dumps({**BENCHMARKS, "targets": told}))
        found = results.read(file)
        assert found.passed is passed
    file.write_text(json.dumps({**BENCHMARKS, "targets": [missed]}))
    assert results.read(file).failure == "targets missed: mlp, train, 32 (0.7 of 1.2 times)."


def test_targets_are_listed_and_a_missed_one_is_marked(folder):
    _, page = make(folder, folder / "report.html")
    assert "mlp, train, 32 1.2 × 0.7 × ✗ missed" in section(page, "benchmarks")
    assert "start 2 × not measured" in section(page, "benchmarks")
    assert "targets missed: mlp, train, 32 (0.7 of 1.2 times)." in page


def test_a_ratio_just_below_its_target_is_not_rounded_up():
    assert [results.ratio(x) for x in (2.4996, 2.5, 0.704)] == ["2.49", "2.5", "0.7"]


def test_the_share_of_parity_is_that_of_an_entry_where_it_is_known():
    from compare.report.sections import parity

    finding = {"ours": [1e-7, 2.0], "limit": 1e-6}
    assert parity._share(finding) == pytest.approx(0.1)
    assert parity._share({**finding, "share": 0.5}) == 0.5

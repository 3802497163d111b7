import pytest

from compare import script
from compare.cli.main import main


def test_the_last_line_of_json_is_what_was_printed():
    assert script.last_json('{"a": 1}\n{"a": 2}\n{not json\nbye') == {"a": 2}
    assert script.last_json("nothing") == {}


def test_fractions_may_differ_a_little_and_nothing_else():
    ours = {
        "printed": {"n": 10, "count": 100, "loss": 0.52, "name": "a"},
        "fit": [{"loss": [1.0, 0.5]}],
    }
    keras = {
        "printed": {"n": 10, "count": 101, "loss": 0.5, "name": "b"},
        "fit": [{"loss": [2.0, 0.5, 0.4]}],
    }
    found = {r["what"]: r["holds"] for r in script.differences(ours, keras, within=0.1)}
    assert found == {
        "printed.n": True,
        "printed.count": False,
        "printed.loss": True,
        "printed.name": False,
        "fit[0].loss[0]": False,
        "fit[0].loss[1]": True,
        "fit[0].loss[2]": False,
    }


def test_truth_values_are_not_numbers():
    assert not script.differences({"a": True}, {"a": False}, within=1.0)[0]["holds"]


def test_a_program_that_raises_is_reported(tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(script, "check_installed", lambda backend: None)
    program = tmp_path / "broken.py"
    program.write_text("import sys\nraise RuntimeError('no luck')")
    assert main(["script", str(program)]) == 1
    message = "broken.py ended with exit code 1 on real Keras: RuntimeError: no luck"
    assert message in capfd.readouterr().err


@pytest.mark.parametrize("arguments", [["script", "no_such.py"]])
def test_a_missing_file(arguments, capfd):
    assert main(arguments) == 1
    assert "there is no file no_such.py" in capfd.readouterr().err

import sys

import pytest

from minicnn import cli
from minicnn.cli import compare


def test_all_options_are_passed_on(monkeypatch):
    monkeypatch.setattr("compare.cli.main.main", lambda arguments: arguments)
    assert cli.main(["compare", "parity", "--only", "Conv2D"]) == ["parity", "--only", "Conv2D"]
    assert cli.main(["compare", "--help"]) == ["--help"]


def test_it_finds_the_checkout_from_anywhere(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p not in ("", str(compare.ROOT))])
    monkeypatch.setattr("compare.cli.main.main", lambda arguments: 0)
    assert cli.main(["compare", "parity"]) == 0


def test_without_a_checkout_it_says_where_to_get_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compare, "ROOT", tmp_path)
    assert cli.main(["compare", "parity"]) == 2
    assert "get the repository" in capsys.readouterr().err


def test_the_help_names_it(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert "compare with real Keras" in capsys.readouterr().out

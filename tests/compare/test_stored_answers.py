"""Tests of stored answers: a whole run of `parity` keeps them, a changed `compare` drops them."""

import pickle

import pytest

from compare import parity
from compare.cases import catalogue
from compare.parity import stored_answers


@pytest.fixture
def sources(tmp_path, monkeypatch):
    for name in ("compare/cases/a.py", "compare/mutants/b.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text")
    monkeypatch.setattr(stored_answers, "ROOT", tmp_path)
    monkeypatch.setattr(stored_answers, "FOLDER", tmp_path / "runs")
    digest = stored_answers.digest
    monkeypatch.setattr(stored_answers, "digest", lambda *a, **k: digest(*a, tmp_path, **k))
    return tmp_path


def test_answers_are_kept_while_compare_is_unchanged(sources):
    assert stored_answers.kept("tensorflow") is None
    stored_answers.keep("tensorflow", [1, 2])
    assert stored_answers.kept("tensorflow") == [1, 2]
    assert stored_answers.kept("jax") is None
    (sources / "compare/mutants/b.py").write_text("other")
    assert stored_answers.kept("tensorflow") == [1, 2]
    (sources / "compare/cases/a.py").write_text("other")
    assert stored_answers.kept("tensorflow") is None


def test_only_the_newest_answers_stay(sources):
    stored_answers.keep("tensorflow", [1])
    (sources / "compare/cases/a.py").write_text("other")
    stored_answers.keep("tensorflow", [2])
    assert [pickle.loads(path.read_bytes()) for path in (sources / "runs").iterdir()] == [[2]]


def test_an_answer_holds_its_case_and_the_opinions_of_all_judges(monkeypatch):
    cases = [case for case in catalogue.cases() if case.kind == "layers"][:2]
    monkeypatch.setattr(parity, "keras_answers", lambda *_: iter([parity.Answer({}, ("a",))] * 2))
    monkeypatch.setattr(
        parity.other_backends, "opinions", lambda *_: {(cases[1].kind, cases[1].label): ["b"]}
    )
    answers = list(parity.every_answer("tensorflow", cases))
    assert [case.label for case, _ in answers] == [case.label for case in cases]
    assert answers[0][1].opinions == ("a",)
    assert answers[1][1].opinions == ("a", "b")
    assert pickle.loads(pickle.dumps(answers))[1][1].opinions == ("a", "b")

"""Tables and sentences fit into 120 columns; rows are printed one by one; names are suggested."""

import importlib

import pytest

from compare.cli.main import _parser
from compare.cli.only import chosen
from compare.cli.outcome import CannotCompare
from compare.cli.table import LIMIT, StreamedTable, lines, paragraph, print_table, width

LONG = "layers.Conv2D(filters=3, kernel_size=(3, 3), strides=2, padding='same') on (2, 7, 6, 4)"


def test_numbers_are_aligned_to_the_right_and_text_to_the_left():
    table = lines(("case", "error"), [("a", 1.234e-7), ("long one", None)])
    assert table == ["case        error", "a         1.2e-07", "long one"]


def test_wide_and_combining_characters_keep_their_columns():
    table = lines(("a", "b"), [("形", "x"), ("e\u0301", "y")])
    assert table == ["a   b", "形  x", "e\u0301   y"]


def test_colours_are_for_terminals():
    table = lines(("a",), [(1,)], ["bad"], coloured=True)
    assert table[1].startswith("\033[31;1m")
    assert "\033" not in "".join(lines(("a",), [(1,)], ["bad"]))


def test_an_empty_table():
    assert lines(("case", "x"), []) == ["case  x"]


@pytest.mark.parametrize("text", [LONG * 3, "x" * 500, "two words " * 60])
def test_a_wide_table_continues_below_and_loses_no_text(text):
    table = lines(("case", "error", "why"), [(text, 1.0, text), ("b", 2.0, "c")])
    assert max(map(width, table)) <= LIMIT
    printed = "".join("".join(table).split())
    assert all(printed.count(letter) >= 2 * text.count(letter) for letter in set(text) - {" "})
    assert table[-1].startswith("b") and table[-1].endswith("c")


@pytest.mark.parametrize("text", [LONG * 3, "x" * 500, "one\n" + "two words " * 60])
def test_a_sentence_fits_and_loses_no_text(text):
    printed = paragraph(text)
    assert max(map(width, printed.split("\n"))) <= LIMIT
    assert "".join(printed.split()) == "".join(text.split())


def test_a_streamed_row_fits_and_loses_no_text(capsys):
    table = StreamedTable({"case": 36, "error": 7, "verdict": 9})
    table.add((LONG, 1.0, f"minicnn is wrong in {LONG}"))
    printed = capsys.readouterr().out
    assert max(map(width, printed.splitlines())) <= 36 + 7 + 9 + 4
    cells = [line[:36] for line in printed.splitlines()[1:] if not line.startswith("    ")]
    assert "".join("".join(cells).split()) == "".join(LONG.split())
    rest = [line for line in printed.splitlines() if line.startswith("    ")]
    assert "".join("".join(rest).split()) == "".join(f"minicnn is wrong in {LONG}".split())


@pytest.mark.parametrize("columns", [72, 80, 100, 120, 200])
def test_everything_fits_into_the_terminal(monkeypatch, capsys, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    table = StreamedTable({"case": 33, "quantity": 20, **{f"n{i}": 7 for i in range(6)}, "x": 9})
    row = (LONG, "training: gradient to input 0", *[1.234e-7] * 6, f"minicnn is wrong in {LONG}")
    table.add(row)
    print_table(("case", "error", "why"), [(LONG, 1.0, LONG)])
    print(paragraph(f"{LONG} and {LONG}"))
    printed = capsys.readouterr().out
    assert max(map(width, printed.splitlines())) <= min(columns, LIMIT)
    assert printed.count("1.2e-07") == 6  # numbers stay in one piece
    letters = "".join(printed.split())
    assert all(letters.count(c) >= 6 * LONG.count(c) for c in set(LONG) - {" "})


@pytest.mark.parametrize(
    "module",
    ["parity", "training", "accuracy", "fuzz.rows", "mutants", "script", "conformance", "all"],
)
def test_the_columns_of_each_command_fit_into_120(module):
    columns = importlib.import_module(f"compare.{module}").COLUMNS
    assert sum(columns.values()) + 2 * (len(columns) - 1) <= LIMIT


NAMES = ["layers.Conv2D(filters=3)", "layers.MaxPooling2D()", "ops.softmax()"]


@pytest.mark.parametrize(
    ("word", "found"),
    [("conv2d", NAMES[:1]), ("LAYERS", NAMES[:2]), ("Softmax(", NAMES[2:]), (None, NAMES)],
)
def test_names_are_chosen_in_capitals_or_not(word, found):
    assert chosen(NAMES, word, str, "case") == found


@pytest.mark.parametrize(("command", "word"), [("accuracy", "MNIST"), ("coverage", "Lines")])
def test_names_of_a_short_list_are_chosen_in_capitals_or_not(command, word):
    assert _parser().parse_args([command, "--only", word]).only == word.lower()


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Conv2", None),
        ("cnov2d", "Conv2D"),
        ("max poolin2d", "MaxPooling2D"),
        ("sofmax", "softmax"),
    ],
)
def test_near_names_are_suggested(word, hint):
    if hint is None:
        assert chosen(NAMES, word, str, "case") == NAMES[:1]
        return
    with pytest.raises(CannotCompare, match=f"no case has .* in its name. Did you mean {hint}"):
        chosen(NAMES, word, str, "case")


def test_nothing_is_suggested_where_nothing_is_near():
    with pytest.raises(CannotCompare, match=r"no case has 'zzz' in its name\.$"):
        chosen(NAMES, "zzz", str, "case")

from compare.cli.table import lines


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

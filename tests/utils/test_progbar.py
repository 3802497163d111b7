import contextlib
import io
import re

import numpy as np
import pytest

from minicnn.utils import progbar
from minicnn.utils.progbar import Progbar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands until it is told to go on."""

    class Clock:
        now = 1000.0

        def time(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progbar, "time", clock)
    return clock


@contextlib.contextmanager
def on_a_terminal():
    # Not a fixture: pytest puts its own `sys.stdout` in place between a fixture and the test.
    with contextlib.redirect_stdout(Terminal()) as screen:
        yield screen


def run(bar, clock, steps, seconds=0.5):
    for step in range(1, steps + 1):
        clock.now += seconds
        bar.update(step, [("loss", 1 / step), ("accuracy", step / 10)])


def without_escapes(text):
    return re.sub(r"\x1b\[\d*m", "", text)


def test_the_line_on_a_terminal(clock):
    with on_a_terminal() as screen:
        run(Progbar(4), clock, 4)
    first, *_, last = without_escapes(screen.getvalue()).split("\r")[1:]
    assert first == ("1/4 ━━━━━━━━━━━━━━━━━━━━ 1s 500ms/step - loss: 1.0000 - accuracy: 0.1000")
    assert last == "4/4 ━━━━━━━━━━━━━━━━━━━━ 2s 500ms/step - loss: 0.2500 - accuracy: 0.4000\n"


@pytest.mark.parametrize(
    ("steps", "seconds"), [(3, 0.25), (40, 2.0), (12, 0.0004), (7, 400.0), (5, 30.0)]
)
def test_the_same_lines_as_keras(keras, clock, monkeypatch, steps, seconds):
    from keras.src.utils import progbar as theirs

    monkeypatch.setattr(theirs, "time", clock)
    lines = []
    for library in (progbar, theirs):
        with on_a_terminal() as screen:
            bar = library.Progbar(steps, interval=0.0, stateful_metrics=["accuracy"])
            run(bar, clock, steps - 1, seconds)
            bar.update(steps, [("loss", 1e-4), ("accuracy", -0.5)], finalize=True)
        text = without_escapes(screen.getvalue()).replace("\b", "")
        lines.append([line.strip() for line in text.split("\r") if line.strip()])
    assert len(lines[0]) == steps
    assert lines[0] == lines[1]


def test_a_file_gets_whole_lines_and_few_of_them(clock, capsys):
    bar = Progbar(100)
    run(bar, clock, 100, seconds=0.5)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2, "50 s: one line after half a minute, and the last"
    assert lines[-1].startswith("100/100 ━━━━━━━━━━━━━━━━━━━━ 50s 500ms/step - loss: 0.0100")
    assert not any(c in "".join(lines) for c in "\x1b\r\b")


def test_verbose_2_is_one_line_without_a_bar(clock, capsys):
    bar = Progbar(3, verbose=2)
    run(bar, clock, 3)
    assert capsys.readouterr().out == "3/3 - 2s - 500ms/step - loss: 0.3333 - accuracy: 0.3000\n"


def test_verbose_0_is_silent(clock, capsys):
    run(Progbar(3, verbose=0), clock, 3)
    assert capsys.readouterr().out == ""


def test_unknown_target(clock):
    with on_a_terminal() as screen:
        bar = Progbar(None)
        run(bar, clock, 2)
        bar.update(2, finalize=True)
    last = without_escapes(screen.getvalue()).split("\r")[-1]
    assert last.startswith("      2/Unknown 1s 500ms/step - loss:")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"stateful_metrics": []}, "value: 1.0000"),
        ({"stateful_metrics": ["value"]}, "value: 2.0000"),
        ({"stateless_metrics": []}, "value: 2.0000"),
        ({"stateless_metrics": ["value"]}, "value: 1.0000"),
    ],
)
def test_stateless_metrics_are_averaged(names, expected):
    with on_a_terminal() as screen:
        bar = Progbar(3, interval=0.0, **names)
        bar.update(1, [("value", 0.0)])
        bar.update(2, [("value", np.array([1.0, 3.0]))])
    assert expected in screen.getvalue()


def test_both_kinds_of_names_are_refused():
    with pytest.raises(ValueError, match="Only one of"):
        Progbar(1, stateful_metrics=[], stateless_metrics=[])


def test_a_shorter_line_wipes_out_a_longer_one(clock):
    with on_a_terminal() as screen:
        bar = Progbar(2, interval=0.0)
        bar.update(1, [("a", 1.0), ("b", 1.0)])
        bar._sums.clear()
        bar.update(2)
    _, longer, shorter = without_escapes(screen.getvalue()).split("\r")
    assert len(shorter.rstrip("\n")) == len(longer) > len(shorter.rstrip())

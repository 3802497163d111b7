"""The Learn pages: which there are, what one says, its example with the reader's numbers."""

from __future__ import annotations

import inspect
import math
import threading
from collections.abc import Callable
from typing import Any

from minicnn.common.suggest import did_you_mean
from minicnn.losses.loss_function_wrapper import LossFunctionWrapper
from minicnn.studio.fields import FieldError
from minicnn.studio.lessons.docstrings import described, gradient_formulas, source_of
from minicnn.studio.lessons.errors import beside_keras, measured
from minicnn.studio.lessons.examples import example, made
from minicnn.studio.lessons.formulas import mathml
from minicnn.studio.lessons.topics import Topic, topics
from minicnn.studio.page_state import PageState

MOST_NUMBERS = 400


def lessons(page: PageState) -> dict[str, Any]:
    """The pages that there are, in their groups."""
    shown = [{"name": t.name, "title": t.title, "group": t.group} for t in topics().values()]
    return {"topics": shown}


def lesson(page: PageState, topic: str) -> dict[str, Any]:
    """What a page says: sentences, formulas, code."""
    found = topic_of(topic)
    said = described(found.cls)
    return {
        "name": found.name,
        "title": found.title,
        "class": f"{found.cls.__module__.split('.')[1]}.{found.cls.__name__}",
        "sentences": said.sentences,
        "source": said.source,
        "formulas": _shown(_all_formulas(found.cls)),
        "backward": [_backward(f) for f in found.backward_code],
        "code": [_code(f) for f in _code_of(found)],
        "shape_code": [_code(f) for f in found.also],
        "choices": {name: list(options) for name, options in found.choices.items()},
    }


def lesson_example(
    page: PageState, topic: str, settings: dict[str, Any], numbers: dict[str, list[float]]
) -> dict[str, Any]:
    """The small example of a page, with the reader's settings and numbers."""
    return example(topic_of(topic), settings, numbers)


def topic_of(name: str) -> Topic:
    """The page of a name.

    Raises:
        ValueError: there is none.
    """
    found = topics()
    if name not in found:
        raise ValueError(f"There is no page {name!r} to learn from.{did_you_mean(name, found)}")
    return found[name]


def settings(value: Any) -> dict[str, Any]:
    """What a reader chose: numbers, words or switches by name."""
    plain = (str, int, float, bool)
    if not isinstance(value, dict) or len(value) > 20:
        raise FieldError("an object of at most 20 settings")
    if not all(isinstance(v, plain) and len(str(v)) <= 40 for v in value.values()):
        raise FieldError("an object of settings, each a number, a word, true or false")
    return value


def numbers(value: Any) -> dict[str, list[float]]:
    """What a reader typed: for each tensor its elements in a row."""
    if not isinstance(value, dict) or len(value) > 10:
        raise FieldError("an object of at most 10 lists of numbers")
    for row in value.values():
        if not isinstance(row, list) or len(row) > MOST_NUMBERS or not all(map(_is_number, row)):
            raise FieldError(f"lists of at most {MOST_NUMBERS} numbers from -1e6 to 1e6")
    return value


def _is_number(x: Any) -> bool:
    known = isinstance(x, (int, float)) and not isinstance(x, bool)
    return known and math.isfinite(x) and abs(x) <= 1e6


def _backward(function: Callable) -> dict[str, Any]:
    """What a gradient function says that it computes."""
    sentence, formulas = gradient_formulas(function)
    return {"of": function.__name__, "says": sentence, "formulas": _shown(formulas)}


def _shown(formulas: list[str]) -> list[dict[str, str]]:
    return [{"text": f, "mathml": mathml(f)} for f in formulas]


def _all_formulas(cls: type) -> list[str]:
    """Those of a class, and of the layer, loss or optimizer that it extends."""
    known = {t.cls for t in topics().values()} - {LossFunctionWrapper}
    found = [f for c in cls.__mro__ if c in known for f in described(c).formulas]
    return list(dict.fromkeys(found))


def _code_of(topic: Topic) -> list[Callable]:
    """The functions of a page; without any those that the class itself consists of."""
    if topic.code or topic.backward_code:
        return [*topic.code, *topic.backward_code]
    if LossFunctionWrapper in topic.cls.__mro__[1:]:
        return [made(topic, {}).fn]
    found = (getattr(topic.cls, name, None) for name in ("call", "update_step"))
    return [f for f in found if inspect.isfunction(f)][:1]


def _code(function: Callable) -> dict[str, Any]:
    return source_of(function)._asdict()


def lesson_error(page: PageState, topic: str) -> dict[str, Any]:
    """How exact a layer is on both backends. Keras's errors follow as an event, "keras_error"."""
    found = topic_of(topic)
    errors = measured(found)
    if errors is None:
        return {"rows": []}

    def ask_keras() -> None:
        try:
            page.tell("keras_error", topic=topic, errors=beside_keras(found, errors))
        except ValueError as reason:
            page.tell("keras_error", topic=topic, why_not=str(reason))

    threading.Thread(target=ask_keras, daemon=True).start()
    columns = errors["columns"]
    rows = [{"name": n, "errors": [row[c] for c in columns]} for n, row in errors["rows"].items()]
    return {"columns": columns, "rows": rows, "shape": errors["shape"]}

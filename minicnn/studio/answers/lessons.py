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
from minicnn.studio.lessons.docstrings import (
    Part,
    described,
    formulas_of,
    gradient_parts,
    sentence_parts,
    source_of,
)
from minicnn.studio.lessons.errors import beside_keras, measured
from minicnn.studio.lessons.examples import example
from minicnn.studio.lessons.formulas import mathml
from minicnn.studio.lessons.small_models import made
from minicnn.studio.lessons.topics import Topic, topics
from minicnn.studio.lessons.used_kernels import kernels_of
from minicnn.studio.page_state import PageState

MOST_NUMBERS = 400
_AROUND = ("__init__", "build", "compute_output_shape", "get_config", "from_config")
"""Functions of a class that do not say what it computes."""


def lessons(page: PageState) -> dict[str, Any]:
    """The pages that there are, in their groups."""
    shown = [{"name": t.name, "title": t.title, "group": t.group} for t in topics().values()]
    return {"topics": shown}


def lesson(page: PageState, topic: str) -> dict[str, Any]:
    """What a page says: sentences, formulas, code."""
    found = topic_of(topic)
    said, formulas = described(found.cls), formulas_of(found.cls)
    return {
        "name": found.name,
        "title": found.title,
        "class": f"{found.cls.__module__.split('.')[1]}.{found.cls.__name__}",
        "sentences": said.sentences,
        "lead": [_shown(sentence_parts(sentence)) for sentence in said.sentences],
        "source": said.source,
        "forward": _shown(formulas.forward),
        "backward": [_shown(parts) for parts in _backward(found, formulas.backward)],
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


def _backward(topic: Topic, own: list[Part]) -> list[list[Part]]:
    """What the class says of its gradients, or else what the functions say that compute them."""
    return [own] if own else [gradient_parts(f) for f in topic.backward_code]


def _shown(parts: list[Part]) -> list[dict[str, str]]:
    return [
        {"text": t, "mathml": mathml(t)} if is_formula else {"words": t} for t, is_formula in parts
    ]


def _code_of(topic: Topic) -> list[Callable]:
    """The functions of a page: those of its row, or the kernels that its example runs."""
    if topic.code or topic.backward_code:
        return [*topic.code, *topic.backward_code]
    found = kernels_of(topic)
    if LossFunctionWrapper in topic.cls.__mro__[1:]:
        return [*found, made(topic, {}).fn]
    own = [
        f for name, f in vars(topic.cls).items() if inspect.isfunction(f) and name not in _AROUND
    ]
    called = (getattr(topic.cls, name, None) for name in ("call", "update_step"))
    return list(dict.fromkeys([*found, *own[:2], *filter(inspect.isfunction, called)]))


def _code(function: Callable) -> dict[str, Any]:
    return source_of(function)._asdict()


def lesson_error(page: PageState, topic: str) -> dict[str, Any]:
    """How exact a layer is on both backends. Keras's errors follow as an event, "keras_error"."""
    found = topic_of(topic)
    errors = measured(found)
    if "why_not" in errors:
        return {"rows": [], "columns": [], "why_not": errors["why_not"]}

    def ask_keras() -> None:
        try:
            page.tell("keras_error", topic=topic, errors=beside_keras(found, errors))
        except ValueError as reason:
            page.tell("keras_error", topic=topic, why_not=str(reason))

    threading.Thread(target=ask_keras, daemon=True).start()
    columns = errors["columns"]
    rows = [{"name": n, "errors": [row[c] for c in columns]} for n, row in errors["rows"].items()]
    return {"columns": columns, "rows": rows, "shape": errors["shape"]}

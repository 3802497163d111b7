"""The messages that a page may send: for each its handler and the checks of its fields.

A message is JSON, `{"id": 7, "type": "draw", ...}` with the fields of its row. The answer carries
the same id. What is not in this table, or not as it says, gets an error message and changes
nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from minicnn.common.suggest import did_you_mean
from minicnn.studio import fields
from minicnn.studio import training_choices as choices
from minicnn.studio.answers import (
    ablation,
    gradients,
    keras,
    lessons,
    live,
    mistakes,
    numbers,
    training,
)

LONGEST_MESSAGE = 2**20  # characters; a drawing has 17,000
LARGEST_ID = 2**53


@dataclass(frozen=True)
class Message:
    """A kind of message.

    Attributes:
        handler: called as `handler(page, **fields)` in a thread; returns the answer.
        fields: a check for each field.
        newest_only: whether a waiting message is left out when a newer one of its kind comes.
        takes_turn: whether the handler runs while nothing else is computed. Without, it may be
            slow; it takes `page.server.turns.turn()` itself where it uses a model.
    """

    handler: Callable[..., dict[str, Any]]
    fields: Mapping[str, fields.Check] = field(default_factory=dict)
    newest_only: bool = False
    takes_turn: bool = True


CLASS = fields.whole(0, 9999)
PIXEL = {
    "layer": fields.text(),
    "channel": fields.optional(fields.whole(0, 10**6), 0),
    "row": fields.optional(fields.whole(0, 10**6), 0),
    "column": fields.optional(fields.whole(0, 10**6), 0),
}
CHANNELS = fields.by_name(fields.several(fields.whole(0, 10**6), 10**4), 2000)

MESSAGES = {
    "hello": Message(
        live.hello,
        {"dataset": fields.optional(fields.one_of(*choices.DATASETS))},
        takes_turn=False,  # so that the page is there while the first step of a training compiles
    ),
    "lessons": Message(lessons.lessons),
    "lesson": Message(lessons.lesson, {"topic": fields.text(100)}),
    "lesson_error": Message(lessons.lesson_error, {"topic": fields.text(100)}, newest_only=True),
    "beside_keras": Message(keras.beside_keras, newest_only=True),
    "lesson_example": Message(
        lessons.lesson_example,
        {
            "topic": fields.text(100),
            "settings": fields.optional(lessons.settings, {}),
            "numbers": fields.optional(lessons.numbers, {}),
        },
        newest_only=True,
    ),
    "draw": Message(
        live.draw,
        {
            "picture": fields.picture,
            "treatment": fields.optional(fields.switch, True),
            "layers": fields.optional(fields.several(fields.text(), 2000)),
            "channels": fields.optional(fields.whole(1, 4096), 64),
        },
        newest_only=True,
    ),
    "map": Message(
        live.feature_map,
        {"layer": fields.text(), "channel": fields.whole(0, 2**20)},
        newest_only=True,
    ),
    "maps": Message(
        live.maps,
        {
            "layers": fields.several(fields.text(), 2000),
            "channels": fields.optional(fields.whole(1, 4096), 64),
        },
    ),
    "test_image": Message(live.test_image, {"index": fields.optional(fields.whole(0, 9999))}),
    "number": Message(numbers.number, PIXEL, newest_only=True),
    "backward": Message(
        gradients.backward,
        {"class_index": CLASS, "channels": fields.optional(fields.whole(1, 4096), 64)},
        newest_only=True,
    ),
    "gradient_number": Message(
        gradients.gradient_number, {"class_index": CLASS, **PIXEL}, newest_only=True
    ),
    "weight_step": Message(
        gradients.weight_step,
        {
            "class_index": CLASS,
            "weight": fields.optional(fields.text(500)),
            "index": fields.optional(fields.several(fields.whole(0, 10**6), 8)),
        },
        newest_only=True,
    ),
    "ablation": Message(ablation.ablation, {"channels": CHANNELS}, newest_only=True),
    "ablated_accuracy": Message(
        ablation.ablated_accuracy, {"channels": CHANNELS}, newest_only=True
    ),
    "count_mistakes": Message(mistakes.count_mistakes, {"start": fields.whole(0, 9999)}),
    "mistaken_pictures": Message(
        mistakes.mistaken_pictures,
        {"true": fields.whole(0, 9), "predicted": fields.whole(0, 9)},
        newest_only=True,
    ),
    "run_choices": Message(training.run_choices),
    "run_start": Message(
        training.run_start,
        {
            "dataset": fields.one_of(*choices.DATASETS),
            "layers": fields.several(fields.one_of(*choices.LAYERS), choices.MOST_LAYERS),
            "optimizer": fields.one_of(*choices.OPTIMIZERS),
            "learning_rate": fields.number(1e-6, 10),
            "batch_size": fields.whole(1, choices.LARGEST_BATCH),
            "epochs": fields.whole(1, choices.MOST_EPOCHS),
            "images": fields.whole(100, choices.MOST_IMAGES),
        },
    ),
    "run_control": Message(
        training.run_control,
        {"do": fields.one_of("go", "pause", "step", "stop")},
        takes_turn=False,
    ),
    "run_view": Message(
        training.run_view,
        {"epoch": fields.optional(fields.whole(0, choices.MOST_EPOCHS))},
        newest_only=True,
    ),
    "run_use": Message(
        training.run_use, {"epoch": fields.optional(fields.whole(0, choices.MOST_EPOCHS))}
    ),
    "use_shared": Message(training.use_shared),
}


class Request(NamedTuple):
    """A message that was checked."""

    id: int
    type: str
    message: Message
    fields: dict[str, Any]


class MessageError(ValueError):
    """A message that is not in the table; `id` is its id if it had one."""

    def __init__(self, reason: str, id: int | None = None):
        super().__init__(reason)
        self.id = id


def checked(content: str | bytes) -> Request:
    """The request in a message, once everything in it is as the table says.

    Raises:
        MessageError: anything else; the sentence says what came and what was expected.
    """
    message = _parsed(content)
    id = message.pop("id", None)
    if type(id) is not int or not 0 <= id <= LARGEST_ID:
        raise MessageError("A message needs an `id`, a whole number that its answer will carry.")
    kind = message.pop("type", None)
    if not isinstance(kind, str) or kind not in MESSAGES:
        hint = did_you_mean(kind, MESSAGES) if isinstance(kind, str) else ""
        raise MessageError(f"There is no message of type {_short(kind)}.{hint}", id)
    row = MESSAGES[kind]
    unknown = message.keys() - row.fields.keys()
    if unknown:
        known = ", ".join(row.fields) or "none"
        raise MessageError(f"{kind!r} has no field {_short(min(unknown))}. It has: {known}.", id)
    values = {name: _checked_field(kind, name, row, message, id) for name in row.fields}
    return Request(id, kind, row, values)


def _parsed(content: str | bytes) -> dict[str, Any]:
    if not isinstance(content, str):
        raise MessageError("Messages are texts; these are bytes.")
    if len(content) > LONGEST_MESSAGE:
        raise MessageError(
            f"A message has at most {LONGEST_MESSAGE:,} characters; this one has {len(content):,}."
        )
    try:
        message = json.loads(content)
    except (ValueError, RecursionError):
        raise MessageError(f"A message is JSON, but this came: {_short(content)}.") from None
    if not isinstance(message, dict):
        raise MessageError(f"A message is a JSON object, but this came: {_short(message)}.")
    return message


def _checked_field(kind: str, name: str, row: Message, message: dict, id: int) -> Any:
    check = row.fields[name]
    if name not in message and not isinstance(check, fields.optional):
        raise MessageError(f"{kind!r} needs the field `{name}`.", id)
    try:
        return check(message.get(name))
    except fields.FieldError as error:
        came = _short(message[name])
        raise MessageError(f"`{name}` of {kind!r} must be {error}. Received: {came}.", id) from None


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}…"

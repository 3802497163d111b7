"""Draws what happens to a compiled model: training, evaluation, changes, saving and loading."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from compare.cases.network import Event
from compare.fuzz.layer_settings import Draw, maybe
from compare.fuzz.themes import Theme
from compare.fuzz.training_settings import SETS_IN_STEPS

CHANGES = ("save", "save_weights", "freeze", "unfreeze", "set_rate", "renew", "evaluate", "train")
STARTS = st.sampled_from([10**k for k in range(1, 7)])
FULL_BATCHES = 4  # in an epoch: two are executed and recorded, the others replayed


def rows(draw: Draw, batch: int) -> int:
    """The number of rows of the data: full batches and a smaller one."""
    return FULL_BATCHES * batch + (draw(st.integers(1, batch - 1)) if batch > 1 else 0)


def events(
    draw: Draw, theme: Theme, optimizer: Any, loss: Any, by_class: bool, freezable: bool
) -> tuple:
    """The events of a network.

    Args:
        draw: of hypothesis.
        theme: the network's.
        optimizer: the network's.
        loss: the network's.
        by_class: whether the labels are classes, which may have weights.
        freezable: whether the network has a layer named "frozen".
    """
    first = [_watched_fit(draw, theme, optimizer, freezable)]
    if not any(name in optimizer.settings for name in SETS_IN_STEPS):
        wanted = "start" in theme.must or draw(st.integers(0, 3)) == 3
        first = [Event("start", {"iterations": draw(STARTS)})] * wanted + first
    if theme.is_wide:  # their time goes into the arithmetic
        return (*first, Event("evaluate"), Event("predict"))
    names = draw(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=3))
    must = [name for name in theme.must if name in CHANGES]
    names = [name for name in names if name not in must] + must
    if is_lost_by_keras(optimizer, loss):
        names = [name for name in names if name != "save"]
    changes = [_change(draw, name, optimizer, freezable) for name in names]
    last = [_plain_fit(draw, theme, by_class), Event("evaluate"), Event("predict")]
    return (*first, *filter(None, changes), *last)


def is_lost_by_keras(optimizer: Any, loss: Any) -> bool:
    """Whether a file of Keras lacks something: Nadam's product of momenta, Huber's `delta`."""
    return "Nadam" in repr(optimizer) or "delta" in loss.settings


def _watched_fit(draw: Draw, theme: Theme, optimizer: Any, freezable: bool) -> Event:
    settings: dict[str, Any] = {"watched": True} | ({} if theme.is_wide else {"epochs": 2})
    if _has_number(optimizer):
        settings |= maybe(draw, new_rate=st.just(0.03))
    if freezable and "use_ema" not in repr(optimizer):  # each average needs a weight
        settings |= maybe(draw, freeze=st.just(True))
    return Event("fit", settings)


def _plain_fit(draw: Draw, theme: Theme, by_class: bool) -> Event:
    """A `fit` in which no other code runs between two steps."""
    settings = maybe(draw, stop=st.just(True), validation=st.integers(1, 3))
    if by_class and ("fit" in theme.must or draw(st.booleans())):
        settings["class_weight"] = True
    if settings.get("stop"):
        settings["epochs"] = 2
    return Event("fit", settings)


def _change(draw: Draw, name: str, optimizer: Any, freezable: bool) -> Event | None:
    """An event between two trainings; None if it does not fit."""
    if name in ("freeze", "unfreeze"):
        return Event("freeze", {"frozen": name == "freeze"}) if freezable else None
    if name == "set_rate":
        return Event(name, {"rate": 0.05}) if _has_number(optimizer) else None
    if name == "renew":
        return Event(name, {"seed": 500})
    return Event(name, {"steps": draw(st.integers(1, 3))} if name == "train" else {})


def _has_number(optimizer: Any) -> bool:
    """Whether the learning rate is a number."""
    inner = optimizer.settings.get("inner_optimizer", optimizer)
    return isinstance(inner.settings.get("learning_rate"), float)

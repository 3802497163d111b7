"""A case: one thing of the library, its settings, and what it is called on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from compare.values import Values


@dataclass(frozen=True)
class Made:
    """A setting that is an object of the library, as a wrapper's layer is."""

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.name.rpartition('.')[2]}({_settings(self.settings)})"


@dataclass(frozen=True)
class Named:
    """A setting that is a function or a class of the library, by its name."""

    name: str

    def __repr__(self) -> str:
        return self.name


BACKENDS = ("tensorflow", "jax", "torch")


class Excuse(NamedTuple):
    """Where Keras is known to differ, and why; Keras is left out there.

    Attributes:
        quantity: how the quantity's name begins; "" for all of the case.
        why: the reason, for the reader of the table.
        on: the backends of Keras of which this is true.
    """

    quantity: str
    why: str
    on: tuple[str, ...] = BACKENDS


@dataclass(frozen=True)
class Case:
    """One line of the catalogue.

    Attributes:
        kind: which of `compare.kinds` runs it.
        name: of the thing in the library's module of that kind.
        inputs: descriptions of the arrays it is called on, maybe nested in lists.
        settings: for its constructor (of an op: for the call).
        call: for the call of a layer.
        held: why the gradient is not the derivative: something in it is held constant.
        keras: where Keras is known to differ.
    """

    kind: str
    name: str
    inputs: tuple = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)
    held: str | None = None
    keras: tuple[Excuse, ...] = ()

    def on(self, backend: str) -> Case:
        """The case with the excuses that Keras has on one backend."""
        return replace(self, keras=tuple(e for e in self.keras if backend in e.on))

    @property
    def label(self) -> str:
        """What the tables call it; no two cases have the same."""
        on = ", ".join(_shapes(x) for x in self.inputs)
        called = "".join(f", {key}={value!r}" for key, value in self.call.items())
        return f"{self.name}({_settings(self.settings)}) on {on or 'nothing'}{called}"


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{key}={getattr(value, '__name__', None) or repr(value)}"
        for key, value in settings.items()
    )


def _shapes(x: Any) -> str:
    if isinstance(x, Values):
        return str(x.shape) if x.kind in ("apart", "within") else repr(x)
    if isinstance(x, (list, tuple)):
        return "[" + ", ".join(map(_shapes, x)) + "]"
    return repr(x)

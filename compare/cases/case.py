"""A case: one class or function of the library, its settings and its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from compare.cases.values import Values


@dataclass(frozen=True)
class LibraryObject:
    """A setting that is an object of the library, such as the layer inside a wrapper.

    Attributes:
        name: of its class, below `keras`.
        settings: for its constructor.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"{self.name.rpartition('.')[2]}({_settings(self.settings)})"


@dataclass(frozen=True)
class LibraryName:
    """A setting that is a function or a class of the library, given by its name below `keras`."""

    name: str

    def __repr__(self) -> str:
        return self.name


BACKENDS = ("tensorflow", "jax", "torch")


class KnownDifference(NamedTuple):
    """Where Keras is known to differ, and the reason; Keras is not compared there.

    Attributes:
        quantity: the beginning of the quantity's name; "" for all quantities of the case.
        reason: shown in the table.
        backends: the backends of Keras that differ.
    """

    quantity: str
    reason: str
    backends: tuple[str, ...] = BACKENDS


@dataclass(frozen=True)
class Case:
    """One line of the catalogue.

    Attributes:
        kind: the module of `compare.cases.kinds` that runs it.
        name: of the class or function, in the library's module of that kind.
        inputs: descriptions of the input arrays; lists may be nested.
        settings: arguments of the constructor (of an op: of the call).
        call: keyword arguments of the call of a layer; of an optimizer, `iterations`.
        held_constant: set if central differences do not confirm the gradient, because something in
            it is held constant, or because they step over kinks: the reason.
        algorithm_error: the error of a fast algorithm, relative to the largest entry, where its
            documentation says that it is larger than that of plain sums in float32.
        known_differences: where Keras is known to differ.
    """

    kind: str
    name: str
    inputs: tuple = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    call: Mapping[str, Any] = field(default_factory=dict)
    held_constant: str | None = None
    algorithm_error: float = 0.0
    known_differences: tuple[KnownDifference, ...] = ()

    def on(self, backend: str) -> Case:
        """The case with the known differences of one backend of Keras only."""
        known = tuple(d for d in self.known_differences if backend in d.backends)
        return replace(self, known_differences=known)

    @property
    def label(self) -> str:
        """The case's name in tables; no two cases have the same."""
        if self.kind in ("networks", "training"):
            return self.name
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

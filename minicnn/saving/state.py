"""Writes the state of a model's parts to a file of weights, and reads it."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any

from minicnn.autodiff.temporary_values import Snapshot
from minicnn.saving.parts_of_model import children, walk
from minicnn.saving.unused_layers import report_of_unused
from minicnn.saving.weights_file import WeightsReader, write_group


def save_state(model: Any, file: Any, objects_to_skip: Iterable[Any] = ()) -> None:
    """Writes the variables of the model and all its parts, with the optimizer, to an HDF5 file."""
    for path, saveable, variables in saved_variables(model, objects_to_skip):
        name = getattr(saveable, "name", None)
        write_group(file, path, name if isinstance(name, str) else None, variables)


def saved_variables(
    model: Any, objects_to_skip: Iterable[Any] = ()
) -> Iterator[tuple[str, Any, dict[str, Any]]]:
    """The path of each part of a model, the part, and the variables that it saves, by name."""
    for path, saveable in walk(model, {id(part) for part in objects_to_skip}):
        if hasattr(saveable, "save_own_variables"):
            variables: dict[str, Any] = {}
            saveable.save_own_variables(variables)
            yield path, saveable, variables


def load_state(
    model: Any,
    reader: WeightsReader,
    skip_mismatch: bool = False,
    objects_to_skip: Iterable[Any] = (),
    keep: bool = True,
) -> None:
    """Reads what `save_state` wrote.

    Parts that do not fit the file keep their state. With `skip_mismatch` a warning names them; else
    there is a ValueError, and the whole model keeps its state (unless `keep` is False, for a new
    model that is discarded after an error).
    """
    loader = _Loader(reader, {id(part) for part in objects_to_skip}, keep)
    try:
        loader.load(model, "")
        if loader.failures and not skip_mismatch:
            raise ValueError(loader.report())
    except BaseException:
        loader.undo()
        raise
    if loader.failures:
        warnings.warn(loader.report(), stacklevel=4)
    elif unused := reader.unused_layers():
        warnings.warn(report_of_unused(reader.description, unused), stacklevel=4)


class _Loader:
    def __init__(self, reader: WeightsReader, done: set[int], keep: bool):
        self.reader = reader
        self.keep = keep
        self.done = done
        self.loaded: set[int] = set()  # the parts themselves; `done`: with all parts inside
        self.open: set[int] = set()
        self.failures: dict[int, tuple[Any, Exception]] = {}
        self.before: list[Snapshot] = []

    def load(self, saveable: Any, path: str) -> None:
        """Loads a part and all parts inside it.

        A part that fails is tried again under its other paths, as it may have been saved under one
        of them.
        """
        if id(saveable) in self.done or id(saveable) in self.open:
            return
        failed_before = len(self.failures)
        self.open.add(id(saveable))
        if id(saveable) not in self.loaded:
            self._load_own(saveable, path)
        for child_path, child in children(saveable, path):
            self.load(child, child_path)
        self.open.remove(id(saveable))
        if len(self.failures) <= failed_before and id(saveable) in self.loaded:
            self.done.add(id(saveable))

    def _load_own(self, saveable: Any, path: str) -> None:
        if not hasattr(saveable, "load_own_variables"):
            self.loaded.add(id(saveable))
            return
        if id(saveable) in self.failures and not self.reader.has(path):
            return  # another path that is not in the file, either: report the first one
        variables = list(getattr(saveable, "variables", ())) if self.keep else []
        before = Snapshot(variables)
        self.before.append(before)
        try:
            saveable.load_own_variables(self.reader.variables(path))
        except Exception as error:
            before.restore()
            self.failures[id(saveable)] = (saveable, error)
        else:
            self.failures.pop(id(saveable), None)
            self.loaded.add(id(saveable))

    def undo(self) -> None:
        """Restores the values that all variables had before."""
        for before in reversed(self.before):
            before.restore()

    def report(self) -> str:
        """The message that names the parts that could not be loaded, and the reasons."""
        reasons = "\n".join(
            f"- {type(saveable).__name__} '{getattr(saveable, 'name', '')}': {error}"
            for saveable, error in self.failures.values()
        )
        return (
            f"{self.reader.description} does not fit the model: {len(self.failures)} objects could "
            f"not be loaded.\n{reasons}\nLoad into a model of the same layers and shapes, or pass "
            "`skip_mismatch=True` to `load_weights` to leave these as they are."
        )

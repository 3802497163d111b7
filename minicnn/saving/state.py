"""The state of a model's parts into a file of weights, and back."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from minicnn.autodiff.temporary_values import Snapshot
from minicnn.saving.leftovers import report_of_unused
from minicnn.saving.parts_of_model import children, walk
from minicnn.saving.weights_file import WeightsReader, write_group


def save_state(model: Any, file: Any, objects_to_skip: Iterable[Any] = ()) -> None:
    """Write the variables of the model and all its parts, the optimizer too, into an HDF5 file."""
    for path, saveable in walk(model, {id(part) for part in objects_to_skip}):
        if not hasattr(saveable, "save_own_variables"):
            continue
        variables: dict[str, Any] = {}
        saveable.save_own_variables(variables)
        name = getattr(saveable, "name", None)
        write_group(file, path, name if isinstance(name, str) else None, variables)


def load_state(
    model: Any,
    reader: WeightsReader,
    skip_mismatch: bool = False,
    objects_to_skip: Iterable[Any] = (),
    keep: bool = True,
) -> None:
    """Read what `save_state` wrote.

    Parts that the file does not fit keep their state; with `skip_mismatch` there is a warning that
    names them, else a ValueError, and then the whole model keeps its state (unless `keep` is False,
    for a model that nobody has yet).
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
        self.loaded: set[int] = set()  # the parts themselves; those that are `done`, all inside too
        self.open: set[int] = set()
        self.failures: dict[int, tuple[Any, Exception]] = {}
        self.before: list[Snapshot] = []

    def load(self, saveable: Any, path: str) -> None:
        """Load a part and all inside it.

        A part that fails may be met again under another path, and that may be the one under which
        it was saved.
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
            return  # an alias that the file does not know is no better than the first path
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
        """Give all variables the values back that they had before."""
        for before in reversed(self.before):
            before.restore()

    def report(self) -> str:
        """What could not be loaded, and why."""
        reasons = "\n".join(
            f"- {type(saveable).__name__} '{getattr(saveable, 'name', '')}': {error}"
            for saveable, error in self.failures.values()
        )
        return (
            f"{self.reader.description} does not fit the model: {len(self.failures)} objects could "
            f"not be loaded.\n{reasons}\nLoad into a model of the same layers and shapes, or pass "
            "`skip_mismatch=True` to `load_weights` to leave these as they are."
        )

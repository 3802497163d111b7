"""Layers of a weights file that the model it was loaded into does not have."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Set
from typing import Any

_MOST_GROUPS = 10_000
_SHOWN = 5


def unused_layers(file: Any, looked_up: Set[str]) -> list[str]:
    """The paths of layers with variables in an HDF5 file that were not looked up.

    Only for a warning, so parts that cannot be read are skipped.
    """
    found: list[str] = []
    with contextlib.suppress(Exception):  # h5py has several for damaged files
        for path, variables in _parts(file):
            if variables and path not in looked_up and _is_of_a_layer(path):
                found.append(path)
    return found


def report_of_unused(description: str, paths: list[str]) -> str:
    """The warning that names them."""
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return (
        f"{description} has weights of layers that the model does not have: "
        f"{', '.join(map(repr, paths[:_SHOWN]))}{more}. They were left out; is it the file of "
        "another model?"
    )


def _is_of_a_layer(path: str) -> bool:
    """Whether it is a layer of a list, or an attribute of a subclass of `Model`."""
    owner, _, name = path.rpartition("/")
    if owner.rpartition("/")[2] == "layers":
        return True
    return not owner and name not in ("", "optimizer") and not name.startswith(("_", "seed_gen"))


def _parts(file: Any) -> Iterator[tuple[str, int]]:
    """The groups of a file, without following links, and how many variables each has."""
    import h5py

    waiting, seen = [("", file)], 0
    while waiting and seen < _MOST_GROUPS:
        path, group = waiting.pop()
        seen += 1
        if len(group) > _MOST_GROUPS or path.count("/") > 50:
            continue
        for name in group:
            link = group.get(name, getclass=True, getlink=True)
            if link is not h5py.HardLink or group.get(name, getclass=True) is not h5py.Group:
                continue
            if name == "vars":
                yield path, len(group[name])
            else:
                waiting.append((f"{path}/{name}" if path else name, group[name]))

"""Texts in the attributes of an HDF5 file that is not trusted.

An attribute can be read as a whole only, and each text in it may be the same long one: the lengths
are not known before. They are bounded by the longest piece of the file that may hold texts.
"""

from __future__ import annotations

import itertools
import mmap
from pathlib import Path
from typing import Any

from minicnn.common.printing import readable_memory_size
from minicnn.saving import limits
from minicnn.saving.limits import FileRefused
from minicnn.saving.weights_file import WeightsReader

_HEAP, _SMALLEST_HEAP = b"GCOL", 4096


def read_text(reader: WeightsReader, name: str) -> str | bytes | None:
    """The text in an attribute of the file itself, or None if there is none."""
    with reader.naming_damage(name):
        file = reader.group("")
        found = _read(reader, file, name) if name in file.attrs else None
    if found is None or isinstance(found, (str, bytes)):
        return found
    raise FileRefused(f"{reader.description} is damaged: the attribute '{name}' is no text.")


def read_names(reader: WeightsReader, name: str, path: str) -> list[str]:
    """The names in an attribute of a group; or in several, `name0`, `name1`, ..., if they are many.

    Raises:
        FileRefused: there is no such group, or the attribute is no list of names.
    """
    group = reader.group(path)
    if group is None:
        raise FileRefused(f"{reader.description} is damaged: there is no group '{path}'.")
    names: list[Any] = []
    with reader.naming_damage(path):
        numbered = (f"{name}{i}" for i in itertools.count())
        some = itertools.takewhile(group.attrs.__contains__, numbered)
        for part in [name] if name in group.attrs else some:
            names += _read(reader, group, part).tolist()
            if sum(map(len, names)) > limits.CONFIG_BYTES or len(names) > limits.GROUPS:
                raise FileRefused(f"Not allowed: {reader.description} has too long names: {part}.")
        return [x.decode() if isinstance(x, bytes) else str(x) for x in names]


def _read(reader: WeightsReader, group: Any, name: str) -> Any:
    attribute = group.attrs.get_id(name)
    count = attribute.get_space().get_simple_extent_npoints()
    size = count * max(attribute.dtype.itemsize, _longest_text(reader) if count > 1 else 0)
    most = 4 * limits.SLACK_BYTES + limits.WEIGHTS_EXPANSION * reader.size
    if size > most:
        raise FileRefused(
            f"Not allowed: the attribute '{name}' of '{group.name}' in {reader.description} may "
            f"take {readable_memory_size(size)}, in a file of {readable_memory_size(reader.size)}."
        )
    return group.attrs[name]


def _longest_text(reader: WeightsReader) -> int:
    """A bound on the length of the texts, which HDF5 keeps in pieces that begin with a mark."""
    if reader.longest_text is None:
        with (
            Path(reader.file).open("rb") as file,
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
        ):
            reader.longest_text = _longest_piece(content, reader)
    return reader.longest_text


def _longest_piece(content: mmap.mmap, reader: WeightsReader) -> int:
    longest, pieces, at = 1 << 16, 0, content.find(_HEAP)
    while at >= 0:
        pieces += 1
        if pieces > 16 + len(content) // _SMALLEST_HEAP:
            raise FileRefused(f"Not allowed: {reader.description} keeps texts in tiny pieces.")
        for width in (4, 8):  # bytes of a length, which the file chooses
            size = int.from_bytes(content[at + 8 : at + 8 + width], "little")
            longest = max(longest, size if size <= len(content) else 0)
        at = content.find(_HEAP, at + 4)
    return longest

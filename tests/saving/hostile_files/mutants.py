"""Files of models, changed at random: `CHANGES[suffix](content, rng)` is another content."""

from __future__ import annotations

import contextlib
import io
import json
import random
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


def mutated_archive(content: bytes, rng: random.Random) -> bytes:
    """A `.keras` file with one to three changes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choice((_bytes_changed, _members_changed, _config_changed, _weights_changed))
        try:
            content = change(content, rng)
        except Exception:
            content = _bytes_changed(content, rng)  # it is broken enough already
    return content


def mutated_config(text: str, rng: random.Random) -> str:
    """A config in JSON with one to three values in other places, of other types, or gone."""
    config = json.loads(text)
    for _ in range(rng.choice((1, 1, 2, 3))):
        config = _value_changed(config, rng)
    return json.dumps(config)


def mutated_weights(content: bytes, rng: random.Random) -> bytes:
    """An HDF5 file with another structure, or other bytes."""
    if rng.random() < 0.3:
        return _bytes_changed(content, rng)
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file, contextlib.suppress(ValueError, OSError, RuntimeError):
        rng.choice(_STRUCTURES)(file, rng)  # HDF5 refuses some of them
    return buffer.getvalue()


def mutated_legacy_model(content: bytes, rng: random.Random) -> bytes:
    """A whole model in HDF5, with another config, other names, or changed as other HDF5 files."""
    if rng.random() < 0.5:
        return mutated_weights(content, rng)
    buffer = io.BytesIO(content)
    with h5py.File(buffer, "r+") as file, contextlib.suppress(ValueError, OSError, RuntimeError):
        if rng.random() < 0.7:
            name = rng.choice([x for x in file.attrs if x.endswith("_config")])
            file.attrs[name] = mutated_config(file.attrs[name], rng)
        else:
            group = file[rng.choice([x for x in _names(file, h5py.Group) if file[x].attrs])]
            name = rng.choice(list(group.attrs))
            values = (3, "x", [], ["x"] * 50, np.ones((2, 2)), [*group.attrs[name], "/", ".."])
            group.attrs[name] = rng.choice(values)
    return buffer.getvalue()


# --- bytes


def _bytes_changed(content: bytes, rng: random.Random) -> bytes:
    data = bytearray(content)
    if len(data) < 8:
        return bytes(data) + rng.randbytes(8)
    start = rng.randrange(len(data))
    if rng.random() < 0.5:  # where headers are
        start = rng.choice((start % 512, len(data) - 1 - start % min(512, len(data))))
    length = rng.choice((1, 1, 2, 4, 8, 64, 1000))
    kind = rng.randrange(6)
    if kind == 0:
        data[start : start + length] = rng.randbytes(length)
    elif kind == 1:
        data[start] ^= 1 << rng.randrange(8)
    elif kind == 2:
        del data[start : start + length]
    elif kind == 3:
        data[start:start] = data[start // 2 : start // 2 + length]
    elif kind == 4:
        data[start : start + length] = b"\xff" * length
    else:
        del data[start:]
    return bytes(data)


# --- members of the archive


def _members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _members_changed(content: bytes, rng: random.Random) -> bytes:
    members = _members(content)
    name = rng.choice(list(members))
    kind = rng.randrange(8)
    if kind == 0:
        del members[name]
    elif kind == 1:
        other = rng.choice(list(members))
        members[name], members[other] = members[other], members[name]
    elif kind == 2:
        members[rng.choice(("assets/x", "../x", "/x", "assets/../../x", name.upper()))] = b"x"
    elif kind == 3:
        members[f"assets/{rng.randrange(9)}/v.txt"] = bytes(rng.choice((1, 10**6, 10**8)))
        return _zipped(members, zipfile.ZIP_DEFLATED)
    elif kind == 4:
        return _zipped(members, rng.choice((8, 12, 14)))
    elif kind == 5:
        members[name] = members[name][: rng.randrange(len(members[name]) + 1)]
    elif kind == 6:
        members = {f"folder/{name}": content for name, content in members.items()}
    else:
        return _with_lies(_zipped(members, rng.choice((0, 8))), rng)
    return _zipped(members)


def _with_lies(content: bytes, rng: random.Random) -> bytes:
    """An archive whose list of members has another number in one place."""
    data = bytearray(content)
    entry = data.rfind(b"PK\x01\x02") if rng.random() < 0.7 else data.rfind(b"PK\x05\x06")
    # flags, method, checksum, sizes, offset of an entry; or anything after the mark
    place = entry + rng.choice((8, 10, 16, 20, 24, 28, 30, 42, 4 + rng.randrange(16)))
    value = rng.choice((0, 1, 99, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, rng.randrange(1 << 32)))
    if place + 4 <= len(data):
        struct.pack_into("<I", data, place, value)
    return bytes(data)


# --- the config


def _config_changed(content: bytes, rng: random.Random) -> bytes:
    members = _members(content)
    members[CONFIG] = mutated_config(members[CONFIG].decode(), rng).encode()
    return _zipped(members)


_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 3, 2**15, 2**28, 2**31, 2**33, 2**63, 10**30, 0.5, -0.5),
    *(float("nan"), float("inf"), 1e308, "", "relu", "same", "x" * 5000, "float64", "int8", "é\0"),
    *(
        [],
        [[]],
        [None],
        [0],
        [2**20, 2**20],
        ["relu"],
        [1, [2, [3]]],
        {},
        {"a": 1},
        {"class_name": 3},
    ),
    {"class_name": "Dense", "config": {"units": 2**28}, "module": "keras.layers"},
    {"class_name": "function", "config": "relu", "module": "builtins", "registered_name": None},
    {"class_name": "__numpy__", "config": {"value": [1.0], "dtype": "float32"}},
    {
        "class_name": "__keras_tensor__",
        "config": {"shape": [2], "dtype": "int8", "keras_history": 1},
    },
)
_CLASSES = (
    "Dense Conv2D Functional Sequential LSTM Lambda Add Orthogonal Adam AUC Arange SVD".split()
)


def _places(config: Any) -> list[tuple[Any, Any]]:
    """(container, key) of every value inside."""
    places, level = [], [config]
    while level:
        container = level.pop()
        keys = container if isinstance(container, dict) else range(len(container))
        for key in list(keys):
            places.append((container, key))
            if isinstance(container[key], (dict, list)):
                level.append(container[key])
    return places


def _value_changed(config: Any, rng: random.Random) -> Any:
    places = _places(config)
    if not places:
        return config
    container, key = rng.choice(places)
    kind = rng.randrange(10)
    if kind < 5:
        container[key] = rng.choice(_VALUES)
    elif kind == 5:
        del container[key]
    elif kind == 6:
        other, other_key = rng.choice(places)
        container[key] = json.loads(json.dumps(other[other_key]))
    elif kind == 7:
        names = [place for place in places if place[1] == "class_name"] or [(container, key)]
        container, key = rng.choice(names)
        container[key] = rng.choice(_CLASSES)
    elif kind == 8:
        container[key] = [container[key]] * rng.choice((1, 2, 50))
    elif isinstance(container, list):
        container.reverse()
    else:
        container[rng.choice(("config", "name", "class_name", "shared_object_id"))] = container[key]
        config = json.loads(json.dumps(config)) if container is not container[key] else config
    return config


# --- the weights


def _weights_changed(content: bytes, rng: random.Random) -> bytes:
    members = _members(content)
    members[WEIGHTS] = mutated_weights(members[WEIGHTS], rng)
    return _zipped(members)


def _names(file: h5py.File, kind: type) -> list[str]:
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if isinstance(item, kind) else None)
    return names


def _replaced(make: Callable[[h5py.File, str, random.Random], None]) -> Callable:
    def change(file: h5py.File, rng: random.Random) -> None:
        name = rng.choice(_names(file, h5py.Dataset) or ["x/vars/0"])
        if name in file:
            del file[name]
        make(file, name, rng)

    return change


def _other_array(file: h5py.File, name: str, rng: random.Random) -> None:
    dtype = rng.choice(("f4", ">f8", "i8", "u1", "?", "c8", "S5", "f2"))
    shape = rng.choice(((), (0,), (1,), (7, 3), (1,) * 20))
    file.create_dataset(name, data=np.ones(shape, dtype))


def _unallocated(file: h5py.File, name: str, rng: random.Random) -> None:
    shape = rng.choice(((1 << 28,), (1 << 20, 1 << 20), (1 << 31, 1 << 31), (3,)))
    file.create_dataset(name, shape, rng.choice(("f4", "f8", "S1000000", h5py.string_dtype())))


def _compressed(file: h5py.File, name: str, rng: random.Random) -> None:
    rows = rng.choice((3, 1 << 24))
    method = rng.choice(("gzip", "lzf"))
    chunks = rng.choice((None, (1,), (3,))) if rows == 3 else True
    file.create_dataset(
        name, data=np.zeros(rows, "f4"), compression=method, chunks=chunks or True, shuffle=True
    )


def _compound(file: h5py.File, name: str, rng: random.Random) -> None:
    kinds = ([("a", "f4"), ("b", "i2")], h5py.ref_dtype, h5py.vlen_dtype("f4"), "V7")
    file.create_dataset(name, (2,), rng.choice(kinds))


def _nothing(file: h5py.File, name: str, rng: random.Random) -> None:
    file[name] = h5py.Empty("f4")


def _link(file: h5py.File, name: str, rng: random.Random) -> None:
    links = (h5py.SoftLink("/"), h5py.SoftLink(f"/{name}"), h5py.ExternalLink("/etc/hosts", "/"))
    file[name] = rng.choice((*links, file["/"]))


def _other_place(file: h5py.File, rng: random.Random) -> None:
    name = rng.choice(_names(file, (h5py.Dataset, h5py.Group)) or ["x"])
    if name not in file:
        return
    kind = rng.randrange(4)
    if kind == 0:
        del file[name]
    elif kind == 1:
        file.move(name, f"{name}x")
    elif kind == 2:
        file[name].attrs["dtype"] = rng.choice(("bfloat16", "float33", 3, np.zeros(1000)))
    else:
        for i in range(300):
            file[f"{name.partition('/')[0]}/extra{i}"] = file[name]


_STRUCTURES = (
    *(_replaced(make) for make in (_other_array, _unallocated, _compressed, _compound)),
    *(_replaced(make) for make in (_nothing, _link)),
    _other_place,
)


CHANGES = {
    ".keras": mutated_archive,
    ".h5": mutated_legacy_model,
    ".weights.h5": mutated_weights,
    ".json": lambda content, rng: mutated_config(content.decode(), rng).encode(),
}
"""The changes of files by their suffix."""

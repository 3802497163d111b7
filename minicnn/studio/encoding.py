"""Answers as they are sent: JSON, or with arrays a frame of bytes.

A frame is the length of the JSON text (4 bytes, little end first), the text, and the arrays one
after the other, each from a multiple of 8 bytes. In the JSON an array is
`{"$array": [dtype, shape, offset]}`; `page/socket.js` reads it.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np

ALIGNMENT = 8
DTYPES = ("uint8", "int8", "int32", "float32", "float64")


def encode(answer: dict[str, Any]) -> str | bytes:
    """The text or the frame of an answer. Numbers that are not finite become null."""
    arrays: list[bytes] = []
    plain = _plain(answer, arrays, [0])
    text = json.dumps(plain, allow_nan=False, separators=(",", ":"))
    if not arrays:
        return text
    head = text.encode()
    start = struct.pack("<I", len(head)) + head
    return b"".join([start, b"\0" * (-len(start) % ALIGNMENT), *arrays])


def _plain(value: Any, arrays: list[bytes], size: list[int]) -> Any:
    if isinstance(value, np.ndarray):
        return _array(value, arrays, size)
    if isinstance(value, dict):
        return {str(key): _plain(one, arrays, size) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one, arrays, size) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _array(array: np.ndarray, arrays: list[bytes], size: list[int]) -> dict[str, Any]:
    if array.dtype.name not in DTYPES:
        array = array.astype("float32" if array.dtype.kind in "fc" else "int32")
    content = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    padding = -len(content) % ALIGNMENT
    described = {"$array": [array.dtype.name, list(array.shape), size[0]]}
    arrays.append(content + b"\0" * padding)
    size[0] += len(content) + padding
    return described

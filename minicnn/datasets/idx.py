"""The IDX format, in which MNIST and Fashion-MNIST are published.

A header, then the values in C order. The header: two zero bytes, one byte for the type (8: unsigned
byte), one for the number of dimensions, and each dimension as a big-endian 32-bit integer.
Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", section "File formats".
"""

from __future__ import annotations

import math
import struct

import numpy as np

UNSIGNED_BYTE = 8


def unpack(content: bytes) -> np.ndarray:
    """The array of an IDX file of unsigned bytes; a ValueError if the bytes are not one."""
    if len(content) < 4 or content[:3] != bytes((0, 0, UNSIGNED_BYTE)):
        raise ValueError(
            f"Not an IDX file of unsigned bytes: it begins with {content[:4].hex(' ')!r}, "
            "where 00 00 08 and the number of dimensions were expected."
        )
    header_size = 4 + 4 * content[3]
    if len(content) < header_size:
        raise ValueError(f"The IDX file ends within its header, after {len(content)} bytes.")
    shape = struct.unpack(f">{content[3]}I", content[4:header_size])
    values = np.frombuffer(content, np.uint8, offset=header_size)
    if values.size != math.prod(shape):
        raise ValueError(f"The IDX header promises shape {shape}, but {values.size} values follow.")
    return values.reshape(shape).copy()


def pack(array: np.ndarray) -> bytes:
    """The IDX file of an array of unsigned bytes, the inverse of `unpack`.

    >>> pack(np.array([[1, 2, 3]], "uint8")).hex(" ")
    '00 00 08 02 00 00 00 01 00 00 00 03 01 02 03'
    """
    if array.dtype != np.uint8:
        raise TypeError(f"IDX files of unsigned bytes hold uint8, but the array is {array.dtype}.")
    header = struct.pack(f">4B{array.ndim}I", 0, 0, UNSIGNED_BYTE, array.ndim, *array.shape)
    return header + array.tobytes()

"""Reads answers of the studio's server as `page/socket.js` does."""

import json
import struct

import numpy as np


def decode(content):
    """An answer or event; arrays become NumPy arrays."""
    if isinstance(content, str):
        return json.loads(content)
    (length,) = struct.unpack_from("<I", content)
    start = -(-(4 + length) // 8) * 8

    def arrays(value):
        if "$array" not in value:
            return value
        dtype, shape, offset = value["$array"]
        size = int(np.prod(shape, dtype=int))
        return np.frombuffer(content, dtype, size, start + offset).reshape(shape)

    return json.loads(content[4 : 4 + length], object_hook=arrays)

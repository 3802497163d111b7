"""Operations that select and replace elements."""

from __future__ import annotations

import builtins

import numpy as np

JOINED = {
    None: lambda old, new: new,
    "add": np.add,
    "mul": np.multiply,
    "max": np.maximum,
    "min": np.minimum,
}


def get_item(x, key):
    """The elements x[key]; an array of positions may come first."""
    first, *rest = key if isinstance(key, (list, tuple)) else (key,)
    if not isinstance(first, np.ndarray):
        return x[(first, *rest)]
    if first.dtype == bool:
        return np.stack([x[tuple(i)] for i in np.argwhere(first)])
    return np.stack([x[(int(i), *rest)] for i in first])


def take(x, indices, axis=None):
    """The elements at the positions, which count from the end if they are negative."""
    if axis is None:
        x, axis = x.reshape(-1), 0
    rows = np.moveaxis(x, axis, 0)
    taken = np.stack([rows[int(i)] for i in np.ravel(indices)])
    shape = np.shape(indices)
    taken = taken.reshape(shape + rows.shape[1:])
    axis %= x.ndim
    return np.moveaxis(taken, range(len(shape)), range(axis, axis + len(shape)))


def top_k(x, k, sorted=True):
    """The k largest elements along the last axis, the largest first, and their positions."""
    found = np.empty((*x.shape[:-1], k), "int32")
    for row in np.ndindex(x.shape[:-1]):
        found[row] = builtins.sorted(range(x.shape[-1]), key=lambda i, row=row: -x[row][i])[:k]
    return np.take_along_axis(x, found, -1), found


def slice_(inputs, start_indices, shape):
    """A block; a length of −1 reaches to the end."""
    ends = [
        n if length == -1 else start + length
        for start, length, n in zip(start_indices, shape, inputs.shape, strict=True)
    ]
    places = zip(start_indices, ends, strict=True)
    return inputs[tuple(builtins.slice(start, end) for start, end in places)]


def slice_update(inputs, start_indices, updates):
    """The inputs, with a block replaced."""
    found = np.array(inputs)
    for place in np.ndindex(updates.shape):
        found[tuple(s + p for s, p in zip(start_indices, place, strict=True))] = updates[place]
    return found


def scatter_update(inputs, indices, updates, reduction=None):
    """The inputs, with an update for each row of positions."""
    found = np.array(inputs)
    for place, update in zip(indices, updates, strict=True):
        place = tuple(place)
        found[place] = JOINED[reduction](found[place], update)
    return found


def nonzero(x):
    """For each axis, the positions of the elements that are not zero."""
    places = [place for place in np.ndindex(x.shape) if x[place] != 0]
    return tuple(np.array(axis, "int32") for axis in zip(*places, strict=True))


DEFINITIONS = {
    "get_item": get_item,
    "nonzero": nonzero,
    "scatter_update": scatter_update,
    "slice": slice_,
    "slice_update": slice_update,
    "take": take,
    "top_k": top_k,
}

"""How matrices and biases of recurrent layers are arranged for their compiled functions.

Units are filled up with zeros to a multiple of 16, so no loop over units has a remainder; these
zeros stay zeros. A row of gates has blocks of units, for each cell in this order:

                                                     multiplied with x       with h
    simple_rnn          a                            a                       a
    lstm                i, f, g, o                   all                     all
    gru                 z, r, m₃, g                  z, r, g                 z, r, m₃
    gru_reset_before    z, r, g                      all                     z, r; g with r ⊙ h
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from minicnn.backend.numba.compiler.compile import contiguous
from minicnn.backend.numba.machine.microkernels import COLUMNS
from minicnn.backend.numpy.recurrent import biases

F = np.float32
SIMPLE, LSTM, GRU, RESET_BEFORE = range(4)


class Blocks(NamedTuple):
    """The blocks of a row of gates: which get the inputs' products, and which the state's."""

    number: int
    count: int
    of_inputs: tuple[int, ...]
    of_state: tuple[int, ...]


BLOCKS = {
    "simple_rnn": Blocks(SIMPLE, 1, (0,), (0,)),
    "lstm": Blocks(LSTM, 4, (0, 1, 2, 3), (0, 1, 2, 3)),
    "gru": Blocks(GRU, 4, (0, 1, 3), (0, 1, 2)),
    "gru_reset_before": Blocks(RESET_BEFORE, 3, (0, 1, 2), (0, 1, 2)),
}


def padded(a: np.ndarray, width: int) -> np.ndarray:
    """The array with its last axis filled up with zeros to `width`."""
    if a.shape[-1] == width:
        return contiguous(a)[0]
    result = np.zeros((*a.shape[:-1], width), F)
    result[..., : a.shape[-1]] = a
    return result


def widened(matrix: np.ndarray, width: int, count: int, places: tuple | None = None) -> np.ndarray:
    """The matrix with each of its blocks of columns filled up to `width`, in `count` blocks."""
    places = range(count) if places is None else places
    if matrix.shape[1] == len(places) * width == count * width:
        return matrix
    blocks = np.zeros((len(matrix), count, width), F)
    units = matrix.shape[1] // len(places)
    blocks[:, list(places), :units] = matrix.reshape(len(matrix), len(places), units)
    return blocks.reshape(len(matrix), -1)


def narrowed(matrix: np.ndarray, width: int, units: int, places: tuple) -> np.ndarray:
    """The adjoint of `widened`."""
    if matrix.shape[1] == len(places) * units:
        return matrix
    blocks = matrix.reshape(len(matrix), -1, width)[:, list(places), :units]
    return blocks.reshape(len(matrix), -1)


def wide_bias(bias: np.ndarray | None, width: int, blocks: Blocks) -> np.ndarray:
    """B and d, added up in the blocks that both go to."""
    if bias is None:
        return np.zeros(blocks.count * width, F)
    b, d = biases(bias)
    wide = contiguous(widened(b[None], width, blocks.count, blocks.of_inputs)[0])[0]
    return wide if bias.ndim == 1 else wide + widened(d[None], width, 4, blocks.of_state)[0]


def bias_gradient(
    bias: np.ndarray | None, sums: np.ndarray, width: int, units: int, blocks: Blocks
) -> np.ndarray | None:
    """The cotangent of the bias from the sums of all rows of the gates' cotangents."""
    if bias is None:
        return None
    b = narrowed(sums[None], width, units, blocks.of_inputs)
    if bias.ndim == 1:
        return b[0]
    return np.concatenate([b, narrowed(sums[None], width, units, blocks.of_state)])


def panels_of(matrix: np.ndarray) -> np.ndarray:
    """The columns in groups of 16, each group side by side in memory, `(groups, rows, 16)`."""
    groups = matrix.reshape(len(matrix), -1, COLUMNS)
    return contiguous(groups.transpose(1, 0, 2))[0]

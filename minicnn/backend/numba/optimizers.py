"""The steps of optimizers: one call of a compiled function updates all parameters of a model.

A model has a few large parameters and many small ones. For a small one, a call of a compiled
function takes longer than its arithmetic; so one call computes all of them, from tables of
addresses:

    sources[s, p]   the address of parameter p's array of kind s (weights, gradient, averages)
    targets[t, p]   the address of p's result of kind t, in one new flat array for each t
    first[p]        the number of p's first vector, if the vectors of all parameters are counted

The vectors (of eight elements) of all parameters are cut into pieces for the threads. A parameter
whose size is not a multiple of eight ends with a vector that overlaps the one before it, which
writes the same values twice; one of less than eight elements is copied to an array of eight.

The given arrays are not written: they may be in use elsewhere, and after a step that fails they
must be unchanged.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from minicnn.backend.numba.compiler.compile import compiled, part
from minicnn.backend.numba.machine.simd import (
    WIDTH,
    address_of,
    load,
    multiply_add,
    splat,
    square_root,
    store,
)
from minicnn.backend.numba.machine.threads import cut, share
from minicnn.backend.numba.machine.work_pieces import pieces
from minicnn.backend.numpy import optimizers as definition

Array = np.ndarray
Arrays = Sequence[Array]

PIECE = 4096  # least number of vectors in a piece of work
FLOAT32 = np.dtype("float32")


def adam_step(parameter: Array, *arrays_and_settings) -> tuple[Array, Array, Array]:
    """One step of Adam for one parameter; see `backend/numpy/optimizers.py`."""
    return _one(adam_steps, 4, parameter, *arrays_and_settings)


def adam_steps(
    parameters: Arrays,
    gradients: Arrays,
    momentums: Arrays,
    velocities: Arrays,
    alpha: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> tuple[list[Array], list[Array], list[Array]]:
    """One step of Adam for many parameters; see `backend/numpy/optimizers.py`."""
    arrays = parameters, gradients, momentums, velocities
    settings = alpha, beta_1, beta_2, epsilon
    if not _fits_vectors(arrays):
        return definition.adam_steps(*arrays, *settings)
    return _launch(_adam, arrays, 3, alpha, 1 - beta_1, 1 - beta_2, epsilon)


def sgd_step(parameter: Array, gradient: Array, learning_rate: float) -> Array:
    """One step of gradient descent for one parameter; see `backend/numpy/optimizers.py`."""
    return sgd_steps([parameter], [gradient], learning_rate)[0]


def sgd_steps(parameters: Arrays, gradients: Arrays, learning_rate: float) -> list[Array]:
    """One step of gradient descent for many parameters; see `backend/numpy/optimizers.py`."""
    if not _fits_vectors((parameters, gradients)):
        return definition.sgd_steps(parameters, gradients, learning_rate)
    return _launch(_sgd, (parameters, gradients), 1, learning_rate)[0]


def momentum_step(parameter: Array, *arrays_and_settings) -> tuple[Array, Array]:
    """One step with momentum for one parameter; see `backend/numpy/optimizers.py`."""
    return _one(momentum_steps, 3, parameter, *arrays_and_settings)


def momentum_steps(
    parameters: Arrays,
    gradients: Arrays,
    velocities: Arrays,
    learning_rate: float,
    momentum: float,
    nesterov: bool = False,
) -> tuple[list[Array], list[Array]]:
    """One step with momentum for many parameters; see `backend/numpy/optimizers.py`."""
    arrays = parameters, gradients, velocities
    if not _fits_vectors(arrays):
        return definition.momentum_steps(*arrays, learning_rate, momentum, nesterov)
    return _launch(_nesterov if nesterov else _momentum, arrays, 2, learning_rate, momentum)


def rmsprop_step(parameter: Array, *arrays_and_settings) -> tuple:
    """One step of RMSprop for one parameter; see `backend/numpy/optimizers.py`."""
    return _one(rmsprop_steps, 5, parameter, *arrays_and_settings)


def rmsprop_steps(
    parameters: Arrays,
    gradients: Arrays,
    velocities: Arrays,
    averages: Sequence[Array | None],
    momentums: Sequence[Array | None],
    learning_rate: float,
    rho: float,
    momentum_rate: float,
    epsilon: float,
) -> tuple:
    """One step of RMSprop for many parameters; see `backend/numpy/optimizers.py`."""
    arrays = parameters, gradients, velocities
    further = any(array is not None for array in (*averages, *momentums))
    if further or not _fits_vectors(arrays):
        settings = learning_rate, rho, momentum_rate, epsilon
        return definition.rmsprop_steps(*arrays, averages, momentums, *settings)
    results = _launch(_rmsprop, arrays, 2, learning_rate, rho, 1 - rho, epsilon)
    return *results, averages, momentums


def decay_steps(parameters: Arrays, rate: float) -> list[Array]:
    """`w ← w − rate · w` for many parameters; see `backend/numpy/optimizers.py`."""
    if not _fits_vectors((parameters,)):
        return definition.decay_steps(parameters, rate)
    return _launch(_decay, (parameters,), 1, rate)[0]


class Layout(NamedTuple):
    """The places of parameters in one flat array, and the bounds of the pieces of work."""

    sizes: np.ndarray  # elements of each, at least WIDTH
    first: np.ndarray  # number of the first vector of each, and of all vectors
    offsets: np.ndarray  # in bytes
    slices: list[tuple[slice, tuple[int, ...]]]
    total: int
    bounds: np.ndarray


@functools.lru_cache(maxsize=64)
def _layout(shapes: tuple[tuple[int, ...], ...]) -> Layout:
    lengths = [int(np.prod(shape)) for shape in shapes]
    sizes = np.maximum(np.array(lengths, np.int64), WIDTH)
    first = np.concatenate([[0], np.cumsum(-(-sizes // WIDTH))])
    ends = np.cumsum(sizes)
    starts = ends - sizes
    slices = [
        (slice(start, start + length), shape)
        for start, length, shape in zip(starts.tolist(), lengths, shapes, strict=True)
    ]
    bounds = cut(int(first[-1]), PIECE)
    return Layout(sizes, first, 4 * starts, slices, int(ends[-1]), bounds)


def _one(steps: Callable, count: int, *arrays_and_settings) -> tuple:
    """Calls `steps`, for many parameters, with one parameter that has `count` arrays."""
    arrays, settings = arrays_and_settings[:count], arrays_and_settings[count:]
    return tuple(result for (result,) in steps(*([array] for array in arrays), *settings))


def _fits_vectors(arrays: Sequence[Arrays]) -> bool:
    """Whether all are float32, and those of one parameter have one shape: the only check."""
    shapes = [array.shape for array in arrays[0]]
    if not shapes or any([array.shape for array in kind] != shapes for kind in arrays[1:]):
        return False
    return all(array.dtype == FLOAT32 for kind in arrays for array in kind)


def _launch(kernel: Callable, arrays: Sequence[Arrays], results: int, *settings: float) -> tuple:
    """Calls the compiled function for all parameters; returns `results` lists of new arrays."""
    layout = _layout(tuple([array.shape for array in arrays[0]]))
    sources, copies = _addresses([array for kind in arrays for array in kind])
    flats = [np.empty(layout.total, np.float32) for _ in range(results)]
    targets = np.array([[_address(flat)] for flat in flats]) + layout.offsets
    numbers = [float(setting) for setting in settings]
    sources = sources.reshape(len(arrays), -1)
    share(kernel, layout.bounds, sources, targets, layout.sizes, layout.first, *numbers)
    del copies  # their addresses were in use until here
    return tuple([[flat[part].reshape(shape) for part, shape in layout.slices] for flat in flats])


def _addresses(arrays: Arrays) -> tuple[np.ndarray, Arrays]:
    """The addresses of the arrays, or of contiguous copies, and the arrays themselves."""
    addresses = [_address(array) for array in arrays]
    if all(addresses):
        return np.array(addresses), arrays
    arrays = [a if place else _copy(a) for a, place in zip(arrays, addresses, strict=True)]
    return np.array([_address(array) for array in arrays]), arrays


def _copy(array: Array) -> Array:
    """A contiguous copy in one axis, with zeros at the end up to eight elements."""
    copy = np.zeros(max(array.size, WIDTH), array.dtype)
    copy[: array.size] = array.reshape(-1)
    return copy


@compiled
def _address(array):
    """The address of an array, or 0 if it is not contiguous or has less than eight elements."""
    return address_of(array) if array.flags.c_contiguous and array.size >= WIDTH else 0


@part
def _place(vector, first, size):
    """The offset in bytes of a parameter's vector."""
    return 4 * min(WIDTH * (vector - first), size - WIDTH)


# `new_share_1` is 1 - β₁, the share of the new gradient in the average; `new_share_2` is 1 - β₂.
@compiled
def _adam(work, sources, targets, sizes, first, alpha, new_share_1, new_share_2, epsilon):
    alpha, epsilon = splat(np.float32(alpha)), splat(np.float32(epsilon))
    new_share_1, new_share_2 = (
        splat(np.float32(new_share_1)),
        splat(np.float32(new_share_2)),
    )
    for _, start, stop in pieces(work):
        for p in range(len(sizes)):
            w, g, m, v = sources[0, p], sources[1, p], sources[2, p], sources[3, p]
            new_w, new_m, new_v = targets[0, p], targets[1, p], targets[2, p]
            for i in range(max(start, first[p]), min(stop, first[p + 1])):
                at = _place(i, first[p], sizes[p])
                gradient, momentum, velocity = load(g + at), load(m + at), load(v + at)
                momentum = multiply_add(gradient - momentum, new_share_1, momentum)
                velocity = multiply_add(gradient * gradient - velocity, new_share_2, velocity)
                step = alpha * momentum / (square_root(velocity) + epsilon)
                store(new_m + at, momentum)
                store(new_v + at, velocity)
                store(new_w + at, load(w + at) - step)


@compiled
def _sgd(work, sources, targets, sizes, first, learning_rate):
    rate = splat(np.float32(learning_rate))
    for _, start, stop in pieces(work):
        for p in range(len(sizes)):
            w, g, new_w = sources[0, p], sources[1, p], targets[0, p]
            for i in range(max(start, first[p]), min(stop, first[p + 1])):
                at = _place(i, first[p], sizes[p])
                store(new_w + at, load(w + at) - rate * load(g + at))


@compiled
def _momentum(work, sources, targets, sizes, first, learning_rate, momentum):
    rate, momentum = splat(np.float32(learning_rate)), splat(np.float32(momentum))
    for _, start, stop in pieces(work):
        for p in range(len(sizes)):
            w, g, v = sources[0, p], sources[1, p], sources[2, p]
            for i in range(max(start, first[p]), min(stop, first[p + 1])):
                at = _place(i, first[p], sizes[p])
                velocity = momentum * load(v + at) - rate * load(g + at)
                store(targets[1, p] + at, velocity)
                store(targets[0, p] + at, load(w + at) + velocity)


@compiled
def _nesterov(work, sources, targets, sizes, first, learning_rate, momentum):
    rate, momentum = splat(np.float32(learning_rate)), splat(np.float32(momentum))
    for _, start, stop in pieces(work):
        for p in range(len(sizes)):
            w, g, v = sources[0, p], sources[1, p], sources[2, p]
            for i in range(max(start, first[p]), min(stop, first[p + 1])):
                at = _place(i, first[p], sizes[p])
                step = rate * load(g + at)
                velocity = momentum * load(v + at) - step
                store(targets[1, p] + at, velocity)
                store(targets[0, p] + at, load(w + at) + (momentum * velocity - step))


@compiled
def _rmsprop(work, sources, targets, sizes, first, learning_rate, rho, one_minus_rho, epsilon):
    rate, rho, one_minus_rho, epsilon = (
        splat(np.float32(learning_rate)),
        splat(np.float32(rho)),
        splat(np.float32(one_minus_rho)),
        splat(np.float32(epsilon)),
    )
    for _, start, stop in pieces(work):
        for p in range(len(sizes)):
            w, g, v = sources[0, p], sources[1, p], sources[2, p]
            for i in range(max(start, first[p]), min(stop, first[p + 1])):
                at = _place(i, first[p], sizes[p])
                gradient = load(g + at)
                velocity = rho * load(v + at) + one_minus_rho * gradient * gradient
                step = rate * gradient / square_root(velocity + epsilon)
                store(targets[1, p] + at, velocity)
                store(targets[0, p] + at, load(w + at) - step)


@compiled
def _decay(work, sources, targets, sizes, first, rate):
    rate = splat(np.float32(rate))
    for _, start, stop in pieces(work):
        for p in range(len(sizes)):
            w, new_w = sources[0, p], targets[0, p]
            for i in range(max(start, first[p]), min(stop, first[p + 1])):
                at = _place(i, first[p], sizes[p])
                weights = load(w + at)
                store(new_w + at, weights - rate * weights)

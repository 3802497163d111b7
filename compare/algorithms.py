"""Adds the documented errors of convolution algorithms to perturbed arithmetic.

Winograd's convolution adds and subtracts numbers that are larger than its results, so its error is
relative to the largest result of the whole array, not to each entry; see
`minicnn/backend/numba/conv/winograd`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any
from unittest import mock

import numpy as np

from minicnn import config
from minicnn.autodiff import Tensor
from minicnn.backend.numba.conv import Case, choose, winograd
from minicnn.ops.define.primitive import Primitive

# Of the largest result. The tests of the algorithms hold them to these errors.
ERRORS = {winograd.four: 1e-5, winograd.two: 2e-6}
CONVOLUTIONS = ("conv", "conv_input_gradient", "conv_kernel_gradient")


@contextlib.contextmanager
def documented_errors(seed: int, backend: str | None = None) -> Iterator[None]:
    """Context in which each convolution that `backend` computes by Winograd has its error.

    `backend` is the one that minicnn's results come from; that which is set by default.
    """
    random, original = np.random.default_rng([seed, 1]), Primitive.__call__

    def call(primitive: Primitive, *args: Any, **kwargs: Any) -> Any:
        result = original(primitive, *args, **kwargs)
        size = _error(primitive, args, kwargs, result)
        if size and result.array.size:
            signs = random.choice([-size, size], result.shape)
            result.array = result.array + np.abs(result.array).max() * signs
        return result

    if (backend or config.backend()) != "numba":
        yield
        return
    with mock.patch.object(Primitive, "__call__", call):
        yield


@contextlib.contextmanager
def convolutions_with_errors(backend: str) -> Iterator[list[str]]:
    """Context that lists the convolutions that `backend` computes with a documented error."""
    found: list[str] = []
    original = Primitive.__call__

    def call(primitive: Primitive, *args: Any, **kwargs: Any) -> Any:
        result = original(primitive, *args, **kwargs)
        if _error(primitive, args, kwargs, result):
            found.append(primitive.name)
        return result

    if backend != "numba":
        yield found
        return
    with mock.patch.object(Primitive, "__call__", call):
        yield found


def _error(primitive: Primitive, args: tuple, kwargs: dict, result: Any) -> float:
    """The documented error of the algorithm for this call; 0 if it is that of a plain sum."""
    if primitive.name not in CONVOLUTIONS or not isinstance(result, Tensor):
        return 0.0
    given, settings = primitive.bind(args, kwargs)
    kernel = settings.get("kernel_shape") or given[1].shape
    channels_first = settings.get("data_format") == "channels_first"
    inputs = settings.get("input_shape") or given[0].shape
    spatial = len(kernel) - 2
    channels = inputs[1] if channels_first else inputs[-1]
    case = Case(
        channels,
        kernel[-1],
        tuple(kernel[:-2]),
        _for_each_axis(settings["strides"], spatial),
        _for_each_axis(settings["dilation_rate"], spatial),
        channels // max(kernel[-2], 1),
    )
    return ERRORS.get(choose(case, np.dtype("float32")), 0.0) if spatial == 2 else 0.0


def _for_each_axis(value: Any, rank: int) -> tuple[int, ...]:
    return (value,) * rank if isinstance(value, int) else tuple(value)

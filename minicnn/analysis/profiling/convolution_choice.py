"""Which algorithm computes a convolution, and why."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minicnn.common import configuration
from minicnn.common.dtypes import numpy_dtype
from minicnn.layers.convolutional.base_conv import BaseConv
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv


class ConvolutionChoice(NamedTuple):
    """The algorithm's name, as in `backend/numba/conv/`, and one sentence why."""

    algorithm: str
    reason: str


def convolution_choice(layer: Any) -> ConvolutionChoice | None:
    """The choice for a built convolution layer; None for other layers."""
    case = _case(layer)
    if case is None:
        return None
    if configuration.backend() != "numba" or layer.rank > 2:
        return ConvolutionChoice("NumPy", "the compiled kernels do not compute it")
    dtype = numpy_dtype(layer.compute_dtype)
    if dtype not in (np.dtype("float32"), np.dtype("float64")):
        return ConvolutionChoice("NumPy or float32", f"the compiled kernels have no {dtype}")
    return _chosen(case, dtype)


def _case(layer: Any) -> tuple | None:
    """What the choice depends on; see `Case` in `backend/numba/conv`."""
    if not isinstance(layer, (BaseConv, BaseConvTranspose, BaseDepthwiseConv)) or not layer.built:
        return None
    *size, inner, outer = layer.kernel.shape
    lead = (1,) * (2 - len(size))
    channels, filters, groups = inner, outer, 1
    if isinstance(layer, BaseConv):
        channels, groups = inner * layer.groups, layer.groups
    elif isinstance(layer, BaseDepthwiseConv):
        filters, groups = inner * outer, inner
    else:  # the transpose of a convolution from the outputs to the inputs
        channels, filters = inner, outer
    strides, dilation = (*lead, *layer.strides), (*lead, *layer.dilation_rate)
    return channels, filters, (*lead, *size), strides, dilation, groups


def _chosen(case: tuple, dtype: np.dtype) -> ConvolutionChoice:
    from minicnn.backend.numba import conv

    case = conv.Case(*case)
    preferred = configuration.convolution_algorithm()
    chosen = conv.choose(case, dtype)
    if chosen is None:
        return ConvolutionChoice("group by group", "no algorithm computes all groups at once")
    passed = []
    for algorithm, pays, float64 in (*conv.PREFERRED[preferred], *conv.CHOICES):
        if algorithm is chosen:
            break
        passed.append(f"{_name(algorithm)} ({_why_not(case, dtype, algorithm, pays, float64)})")
    asked = "" if preferred == "auto" else f"`set_convolution_algorithm({preferred!r})`; "
    why = "first in the table" if not passed else f"passed over: {', '.join(passed)}"
    return ConvolutionChoice(_name(chosen), asked + why)


def _why_not(case: Any, dtype: np.dtype, algorithm: Any, pays: Any, float64: bool) -> str:
    if dtype == np.float64 and not float64:
        return "float32 only"
    if not algorithm.supports(*case):
        return "not for such kernels, strides or groups"
    return f"slower: not {pays.__name__.replace('_', ' ')}"


def _name(algorithm: Any) -> str:
    """The file's name; of Winograd's two forms the size of their tiles."""
    name = getattr(algorithm, "__name__", None)
    if name is not None:
        return name.rpartition(".")[2]
    outputs = len(algorithm.points) - 2  # of a tile along one axis
    return f"winograd {outputs}×{outputs}"

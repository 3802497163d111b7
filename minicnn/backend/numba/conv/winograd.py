"""Winograd convolution: 3 × 3 kernels with a quarter, or less than half, of the multiplications."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from minicnn.backend.numpy.conv import Padding, Sizes


@dataclass(frozen=True)
class Winograd:
    """The algorithm for output tiles of `size` by `size`: F(size × size, 3 × 3)."""

    size: int

    def supports(
        self,
        channels: int,
        filters: int,
        kernel_size: Sizes,
        strides: Sizes,
        dilation: Sizes,
        groups: int,
    ) -> bool:
        """Whether this is a 3 × 3 convolution with stride 1, in one group."""
        plain = tuple(strides) == tuple(dilation) == (1, 1)
        return tuple(kernel_size) == (3, 3) and plain and groups == 1

    def conv_block(
        self,
        x: np.ndarray,
        kernel: np.ndarray,
        bias: np.ndarray | None,
        strides: Sizes,
        padding: Padding,
        dilation: Sizes,
        activation: str,
        pooled: bool,
    ) -> tuple[np.ndarray, np.ndarray | None]:
        """See `backend/numpy/blocks.py`."""
        raise NotImplementedError

    def conv_block_gradients(
        self,
        cotangent: np.ndarray,
        x: np.ndarray,
        kernel: np.ndarray,
        y: np.ndarray,
        winners: np.ndarray | None,
        strides: Sizes,
        padding: Padding,
        dilation: Sizes,
        activation: str,
        input_needed: bool = True,
        kernel_needed: bool = True,
    ) -> tuple[np.ndarray | None, np.ndarray | None, np.ndarray | None]:
        """See `backend/numpy/blocks.py`."""
        raise NotImplementedError


four = Winograd(4)
two = Winograd(2)

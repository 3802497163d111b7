"""Kernels that compute a short-time Fourier transform."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff import Tensor
from minicnn.common import dtypes
from minicnn.initializers.initializer import Initializer


class STFT(Initializer):
    """The real or imaginary part of e^(−2πi·t·f/n), as the kernel of a 1D convolution.

    Its shape is (frame length, 1, n / 2 + 1): time t by frequency f, for transforms of length n.

    Args:
        side: `"real"` (cosines) or `"imag"` (sines).
        window: weights of the frame's times; a name of `scipy.signal.get_window`, an
            array, or None for none.
        scaling: the window is divided by the root of the sum of its squares (`"density"`), by the
            sum of its absolute values (`"spectrum"`), or not at all (None).
        periodic: whether a window by name is periodic rather than symmetric.
    """

    def __init__(
        self,
        side: str = "real",
        window: Any = "hann",
        scaling: str | None = "density",
        periodic: bool = False,
    ):
        if side not in ("real", "imag"):
            raise ValueError(f"`side` must be 'real' or 'imag'. Received: side={side}")
        if scaling not in (None, "density", "spectrum"):
            raise ValueError(
                f"`scaling` must be None, 'density' or 'spectrum'. Received: scaling={scaling}"
            )
        if isinstance(window, str):
            _named_window(window, 1, periodic)
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape: Any, dtype: str | None = None) -> Tensor:
        """The kernel (frame length, 1, frequencies)."""
        frame_length, _, frequencies = shape
        t = np.arange(frame_length).reshape(-1, 1, 1)
        turns = t * np.arange(frequencies) / (2 * (frequencies - 1))
        wave = np.cos if self.side == "real" else np.sin
        kernel = wave(-2 * np.pi * turns) * self._weights(frame_length).reshape(-1, 1, 1)
        return Tensor(kernel.astype(dtypes.numpy_dtype(dtype)))

    def _weights(self, frame_length: int) -> np.ndarray:
        if self.window is None:
            return np.ones(frame_length)
        window = self.window
        if isinstance(window, str):
            window = _named_window(window, frame_length, self.periodic)
        window = np.asarray(window, dtype="float64")
        if window.shape != (frame_length,):
            raise ValueError(
                "The window must have one weight for each time of the frame, "
                f"shape ({frame_length},). Received: a window of shape {window.shape}"
            )
        if self.scaling is None:
            return window
        order = {"density": 2, "spectrum": 1}[self.scaling]
        return window / np.linalg.norm(window, order)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "side": self.side,
            "window": self.window,
            "periodic": self.periodic,
            "scaling": self.scaling,
        }


def _named_window(name: str, length: int, periodic: bool) -> np.ndarray:
    from scipy.signal import get_window

    return get_window(name, length, periodic)

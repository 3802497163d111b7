"""Fourier transforms. Complex numbers are pairs of tensors: the real and the imaginary part."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff import operations as ops
from minicnn.common import dtypes
from minicnn.ops.define.declare import composite, op, operation_classes, to_array
from minicnn.ops.numpy import rules
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.operation import Operation

__all__ = [
    "FFT",
    "FFT2",
    "IFFT2",
    "IRFFT",
    "ISTFT",
    "fft",
    "fft2",
    "ifft2",
    "irfft",
    "istft",
    "rfft",
    "stft",
]


def _checked_pair(x, rank):
    """The real and the imaginary part as tensors."""
    if not isinstance(x, tuple | list) or len(x) != 2:
        raise ValueError(
            f"Input `x` should be a tuple of two tensors - real and imaginary. Received: x={x}"
        )
    real, imag = (ops.convert_to_tensor(part) for part in x)
    if not rules.same_except(real.shape, imag.shape):
        raise ValueError(
            "Input `x` should be a tuple of two tensors - real and imaginary. Both the real and "
            "imaginary parts should have the same shape. "
            f"Received: x[0].shape = {real.shape}, x[1].shape = {imag.shape}"
        )
    if len(real.shape) < rank:
        raise ValueError(f"Input should have rank >= {rank}. Received: input.shape = {real.shape}")
    if not all(dtypes.is_float_dtype(part.dtype) for part in (real, imag)):
        raise ValueError(
            f"At least one tensor in input `x` is not of type float. Received: {real.dtype} and "
            f"{imag.dtype}."
        )
    return real, imag


def _same(real, imag, **_):
    return KerasTensor(real.shape, real.dtype), KerasTensor(imag.shape, imag.dtype)


def _adjoint(g, y, real, imag, axes, inverse):
    """The adjoint of the transform: its matrix is symmetric, so it is the conjugate matrix."""
    count = np.prod([real.shape[axis] for axis in axes])
    parts = _transform(*g, axes, not inverse)
    return [part / count if inverse else part * count for part in parts]


@op(
    "real",
    "imag",
    promote="float",
    spec=_same,
    vjp=(
        lambda *args, **kw: _adjoint(*args, **kw)[0],
        lambda *args, **kw: _adjoint(*args, **kw)[1],
    ),
)
def _transform(real, imag, axes, inverse):
    """`yₖ = Σₙ xₙ exp(∓2πikn/N)` along the axes, divided by N for the inverse."""
    y = (np.fft.ifftn if inverse else np.fft.fftn)(real + 1j * imag, axes=axes)
    return y.real.astype(real.dtype), y.imag.astype(real.dtype)


class _OfPair(Operation):
    """Base of the operations on a pair `(real, imaginary)`."""

    axes: tuple[int, ...] = (-1,)
    inverse = False

    def call(self, x):
        return _transform(*_checked_pair(x, len(self.axes)), self.axes, self.inverse)

    def compute_output_spec(self, x):
        real, imag = _checked_pair(x, len(self.axes))
        if None in [real.shape[axis] for axis in self.axes]:
            which = "last dimension" if len(self.axes) == 1 else f"{self.axes} axes"
            raise ValueError(
                f"Input should have its {which} fully-defined. Received: input.shape = {real.shape}"
            )
        return _same(real, imag)


class FFT(_OfPair):
    """The operation behind `fft`."""


class FFT2(_OfPair):
    """The operation behind `fft2`."""

    axes = (-2, -1)


class IFFT2(_OfPair):
    """The operation behind `ifft2`."""

    axes = (-2, -1)
    inverse = True


def fft(x: Any) -> Any:
    """The Fourier transform of a pair `(real, imaginary)` along the last axis."""
    return FFT()(x)


def fft2(x: Any) -> Any:
    """The Fourier transform of a pair `(real, imaginary)` along the last two axes."""
    return FFT2()(x)


def ifft2(x: Any) -> Any:
    """The inverse Fourier transform of a pair `(real, imaginary)` along the last two axes."""
    return IFFT2()(x)


def _resized(x, length):
    """The last axis cut off or filled up with zeros to a length."""
    if x.shape[-1] >= length:
        return x[..., :length]
    return ops.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, length - x.shape[-1])])


@composite("x", class_name="RFFT")
def rfft(x, fft_length=None):
    """The Fourier transform of real numbers along the last axis: frequencies 0 to N/2.

    Args:
        fft_length: length that the axis is cut off or filled up to.

    Returns:
        The real and the imaginary part.
    """
    x = ops.convert_to_tensor(x)
    if len(x.shape) < 1:
        raise ValueError(f"Input should have rank >= 1. Received: input.shape = {x.shape}")
    length = x.shape[-1] if fft_length is None else fft_length
    if isinstance(x, KerasTensor):
        shape = (*x.shape[:-1], None if length is None else length // 2 + 1)
        return KerasTensor(shape, x.dtype), KerasTensor(shape, x.dtype)
    x = _resized(x, length)
    parts = _transform(x, ops.zeros_like(x), (-1,), False)
    return tuple(part[..., : length // 2 + 1] for part in parts)


class IRFFT(Operation):
    """The operation behind `irfft`."""

    def __init__(self, fft_length=None, *, name=None):
        super().__init__(name=name)
        self.fft_length = fft_length

    def call(self, x):
        real, imag = _checked_pair(x, 1)
        length = self._length(real)
        real, imag = (_resized(part, length // 2 + 1) for part in (real, imag))
        # The other half of the frequencies is the conjugate of the first.
        others = slice(1, (length + 1) // 2)
        real = ops.concatenate([real, ops.flip(real[..., others], -1)], axis=-1)
        imag = ops.concatenate([imag, -ops.flip(imag[..., others], -1)], axis=-1)
        return _transform(real, imag, (-1,), True)[0]

    def compute_output_spec(self, x):
        real, _ = _checked_pair(x, 1)
        return KerasTensor((*real.shape[:-1], self._length(real)), real.dtype)

    def _length(self, real):
        if self.fft_length is not None:
            return self.fft_length
        return None if real.shape[-1] is None else 2 * (real.shape[-1] - 1)


def irfft(x: Any, fft_length: int | None = None) -> Any:
    """The inverse of `rfft`: from a pair `(real, imaginary)` of frequencies to real numbers."""
    return IRFFT(fft_length)(x)


_WINDOWS = {"hann": (0.5, 0.5), "hamming": (0.54, 0.46)}


def _window(window, sequence_length, fft_length, dtype):
    """The weights of a sequence, padded with zeros on both sides to `fft_length`."""
    if fft_length < sequence_length:
        raise ValueError(
            "`fft_length` must equal or larger than `sequence_length`. "
            f"Received: sequence_length={sequence_length}, fft_length={fft_length}"
        )
    if window is None:
        return np.ones(fft_length, dtype)
    if isinstance(window, str):
        if window not in _WINDOWS:
            raise ValueError(
                "If a string is passed to `window`, it must be one of `hann`, `hamming`. "
                f"Received: window={window}"
            )
        offset, height = _WINDOWS[window]
        angles = 2 * np.pi * np.arange(sequence_length) / sequence_length
        window = offset - height * np.cos(angles)
    window = to_array(window)
    if window.shape != (sequence_length,):
        raise ValueError(
            "The shape of `window` must be equal to [sequence_length]. "
            f"Received: window shape={window.shape}, sequence_length={sequence_length}"
        )
    before = (fft_length - sequence_length) // 2
    return np.pad(window, (before, fft_length - sequence_length - before)).astype(dtype)


def _check_stride(sequence_stride):
    if not isinstance(sequence_stride, int) or sequence_stride <= 0:
        raise ValueError(
            "`sequence_stride` must be a positive integer. "
            f"Received: sequence_stride={sequence_stride}"
        )


@composite("x", class_name="STFT")
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """Fourier transforms of overlapping pieces of the last axis.

    Args:
        sequence_length: of the window.
        sequence_stride: distance between the starts of two pieces.
        fft_length: length of the pieces; the window is in their middle.
        window: `"hann"`, `"hamming"`, a vector of weights, or None for all ones.
        center: whether x is padded by reflection, so that the middle of each piece is in x.

    Returns:
        The real and the imaginary part, of shape `(…, pieces, fft_length // 2 + 1)`.
    """
    _check_stride(sequence_stride)
    x = ops.convert_to_tensor(x)
    dtype = dtypes.standardize_dtype(x.dtype)
    if dtype not in ("float32", "float64"):
        raise TypeError(
            f"Invalid input type. Expected `float32` or `float64`. Received: input type={dtype}"
        )
    weights = _window(window, sequence_length, fft_length, dtype)
    margin = fft_length // 2 if center else 0
    if isinstance(x, KerasTensor):
        length = x.shape[-1]
        pieces = None
        if length is not None:
            pieces = 1 + (length + 2 * margin - fft_length) // sequence_stride
        shape = (*x.shape[:-1], pieces, fft_length // 2 + 1)
        return KerasTensor(shape, dtype), KerasTensor(shape, dtype)
    if margin:
        x = ops.pad(x, [(0, 0)] * (x.ndim - 1) + [(margin, margin)], mode="reflect")
    return rfft(ops.extract_sequences(x, fft_length, sequence_stride) * weights)


class ISTFT(Operation):
    """The operation behind `istft`."""

    def __init__(
        self,
        sequence_length,
        sequence_stride,
        fft_length,
        length=None,
        window="hann",
        center=True,
        *,
        name=None,
    ):
        super().__init__(name=name)
        _check_stride(sequence_stride)
        self.sequence_length = sequence_length
        self.sequence_stride = sequence_stride
        self.fft_length = fft_length
        self.length = length
        self.window = window
        self.center = center

    def call(self, x):
        real, imag = _checked_pair(x, 2)
        dtype = dtypes.standardize_dtype(real.dtype)
        weights = _window(self.window, self.sequence_length, self.fft_length, dtype)
        pieces = irfft((real, imag), self.fft_length)
        if self.window is not None:
            pieces = pieces * self._inverse(weights)
        total = self.fft_length + self.sequence_stride * (real.shape[-2] - 1)
        places = np.arange(real.shape[-2])[:, np.newaxis] * self.sequence_stride
        places = places + np.arange(self.fft_length)
        signal = ops.numpy.indexing.take_adjoint(pieces, places, (*real.shape[:-2], total), -1)
        margin = self.fft_length // 2 if self.center else 0
        end = total - margin if self.length is None else margin + self.length
        return signal[..., margin:end]

    def _inverse(self, weights):
        """Weights for the inverse, which sum to 1 over all overlapping pieces.

        Griffin & Lim, "Signal estimation from modified short-time Fourier transform" (1984), eq. 6.
        """
        rounds = -(-len(weights) // self.sequence_stride)
        padded = np.pad(weights**2, (0, rounds * self.sequence_stride - len(weights)))
        sums = np.tile(padded.reshape(rounds, -1).sum(axis=0), rounds)[: len(weights)]
        return np.divide(weights, sums, out=np.zeros_like(weights), where=sums != 0)

    def compute_output_spec(self, x):
        real, _ = _checked_pair(x, 2)
        length = self.length
        if length is None and real.shape[-2] is not None:
            margins = 2 * (self.fft_length // 2) if self.center else 0
            length = self.fft_length + self.sequence_stride * (real.shape[-2] - 1) - margins
        return KerasTensor((*real.shape[:-2], length), real.dtype)


def istft(
    x: Any,
    sequence_length: int,
    sequence_stride: int,
    fft_length: int,
    length: int | None = None,
    window: Any = "hann",
    center: bool = True,
) -> Any:
    """The inverse of `stft`: the pieces are transformed back, weighted and added up.

    Args:
        length: of the result; by default what follows from the number of pieces.
    """
    return ISTFT(sequence_length, sequence_stride, fft_length, length, window, center)(x)


globals().update(operation_classes(globals()))

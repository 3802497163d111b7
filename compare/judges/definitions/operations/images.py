"""Resizing, warping and colours of images."""

from __future__ import annotations

import numpy as np

from compare.judges.definitions.operations.convolution import assembled
from compare.judges.definitions.operations.shaping import _place
from compare.judges.definitions.undefined import Undefined
from compare.judges.definitions.windows import (
    as_given,
    channels_last,
    for_axes,
    padded,
    padding_pairs,
    windows,
)

RADIUS = {"nearest": 0.5, "bilinear": 1, "bicubic": 2, "lanczos3": 3, "lanczos5": 5}


def _weight(distance, interpolation):
    """The weight of a pixel at a distance from the sampled position."""
    radius, t = RADIUS[interpolation], abs(distance)
    if t >= radius:
        return 0.0
    if interpolation == "bilinear":
        return 1 - t
    if interpolation == "bicubic":  # Keys's kernel, a = −1/2
        return 1.5 * t**3 - 2.5 * t**2 + 1 if t < 1 else -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
    return float(np.sinc(t) * np.sinc(t / radius))


def _matrix(n, m, interpolation, antialias):
    """How much each of n pixels adds to each of m: the weights of a row have the sum 1."""
    matrix, ratio = np.zeros((m, n)), n / m
    stretch = max(ratio, 1) if antialias else 1
    for i in range(m):
        centre = (i + 0.5) * ratio - 0.5
        if interpolation == "nearest":
            matrix[i, min(int(np.floor((i + 0.5) * ratio)), n - 1)] = 1
            continue
        for j in range(n):
            matrix[i, j] = _weight((j - centre) / stretch, interpolation)
    return matrix / matrix.sum(1, keepdims=True)


def resize(
    images, size, interpolation="bilinear", antialias=False, data_format="channels_last", **others
):
    """Each new pixel is a weighted mean of the pixels around its position."""
    if any(others.values()):
        raise Undefined(f"resize with {others}")
    x = channels_last(images, data_format)
    rows, columns = (
        _matrix(n, m, interpolation, antialias).astype(x.dtype)
        for n, m in zip(x.shape[-3:-1], size, strict=True)
    )
    return as_given(np.einsum("ih,jw,...hwc->...ijc", rows, columns, x), data_format)


def extract_patches(
    images, size, strides=None, dilation_rate=1, padding="valid", data_format="channels_last"
):
    """The elements of each window, one after another: pixels before channels."""
    x = channels_last(images, data_format)
    window, dilation = for_axes(size, 2), for_axes(dilation_rate, 2)
    strides = window if strides is None else for_axes(strides, 2)
    extents = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    around = padded(x, padding_pairs(x.shape[1:-1], extents, strides, padding), 0)
    seen = windows(around, window, strides, dilation)
    return as_given(assembled({place: w.reshape(len(x), -1) for place, w in seen}), data_format)


def hsv_to_rgb(images, data_format="channels_last"):
    """Colours from hue, saturation and value: channel = v − v·s·max(0, min(k, 4 − k, 1))."""
    hue, saturation, value = np.moveaxis(channels_last(images, data_format), -1, 0)
    channels = []
    for n in (5, 3, 1):  # red, green, blue
        k = (n + 6 * hue) % 6
        share = np.clip(np.minimum(k, 4 - k), 0, 1)
        channels.append(value - value * saturation * share)
    return as_given(np.stack(channels, -1), data_format)


MODES = {"nearest": "edge", "reflect": "symmetric", "wrap": "wrap"}


def affine_transform(
    images,
    transform,
    interpolation="bilinear",
    fill_mode="constant",
    fill_value=0,
    data_format="channels_last",
):
    """Each new pixel (x, y) is the old one at ((a0x + a1y + a2)/k, (b0x + b1y + b2)/k).

    k = c0x + c1y + 1. Positions are computed in float32 whatever the type of the images is.
    """
    batch = channels_last(images, data_format)
    batch = batch[None] if images.ndim == 3 else batch
    found, transform = np.empty_like(batch), np.asarray(transform, "float32")
    for b, image in enumerate(batch):
        a0, a1, a2, b0, b1, b2, c0, c1 = np.broadcast_to(transform, (len(batch), 8))[b]
        for y, x in np.ndindex(*image.shape[:2]):  # rows, columns
            k = c0 * x + c1 * y + 1
            at = (b0 * x + b1 * y + b2) / k, (a0 * x + a1 * y + a2) / k
            found[b, y, x] = _sampled(image, at, interpolation, fill_mode, fill_value)
    found = found[0] if images.ndim == 3 else found
    return as_given(found, data_format)


def _sampled(image, at, interpolation, fill_mode, fill_value):
    """The image at a position between its pixels."""
    if interpolation == "nearest":
        return _pixel(image, [round(float(p)) for p in at], fill_mode, fill_value)
    if fill_mode != "constant":
        at = [_folded(p, n, fill_mode) for p, n in zip(at, image.shape, strict=False)]
    total = 0
    for corner in np.ndindex(2, 2):
        place = [int(np.floor(p)) + c for p, c in zip(at, corner, strict=True)]
        share = np.prod([1 - abs(p - q) for p, q in zip(at, place, strict=True)])
        total = total + share * _pixel(image, place, fill_mode, fill_value)
    return total


def _folded(position, n, mode):
    """The position inside of the image that a position outside stands for."""
    if mode == "nearest":
        return min(max(position, 0), n - 1)
    if mode == "wrap":
        return min(position % n, n - 1)
    position = (position + np.float32(0.5)) % (2 * n)
    return min(max(min(position, 2 * n - position) - 0.5, 0), n - 1)


def _pixel(image, place, mode, fill_value):
    inside = all(0 <= p < n for p, n in zip(place, image.shape, strict=False))
    if mode == "constant" and not inside:
        return np.full(image.shape[-1], fill_value, image.dtype)
    mode = "edge" if mode == "constant" else MODES[mode]
    return image[*(_place(p, n, mode) for p, n in zip(place, image.shape, strict=False))]


DEFINITIONS = {
    "image.affine_transform": affine_transform,
    "image.extract_patches": extract_patches,
    "image.hsv_to_rgb": hsv_to_rgb,
    "image.resize": resize,
}

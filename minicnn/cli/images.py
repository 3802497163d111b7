"""Reads an image for a model: its channels, its size, and pixels from 0 to 1 or 0 to 255."""

from __future__ import annotations

import argparse
from typing import Any, NamedTuple

import numpy as np

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.dtypes import is_float_dtype, standardize_dtype

PIXELS = ("auto", "0-1", "0-255")
_SCALING = ("Rescaling", "Normalization")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_KINDS = {1: "grey", 3: "RGB", 4: "RGBA"}


class Prepared(NamedTuple):
    """A batch of images as the model takes them, and in words what was done to them."""

    x: np.ndarray
    words: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of an image."""
    parser.add_argument(
        "--resize", action="store_true", help="scale an image of another size to the model's"
    )
    parser.add_argument(
        "--pixels",
        choices=PIXELS,
        default="auto",
        help="range of the pixels that the model gets; auto: 0-255 if it has a layer Rescaling or "
        "Normalization, otherwise 0-1 [auto]",
    )


def prepared(model: Any, file: str, options: argparse.Namespace) -> Prepared:
    """The image in a file (.png, .jpg, … or .npy) as the model takes it.

    Raises:
        ValueError: no image, an image of another size, or a model that takes no image.
    """
    spec = _input_of(model)
    if file.endswith(".npy"):
        array, done = _array(file)
        if len(spec.shape) not in (3, 4):
            return _plain(array, spec, file, done)
    elif len(spec.shape) not in (3, 4):
        raise ValueError(
            f"{model.name!r} takes inputs of shape {_shape(spec)}, which is no image: give an "
            "array, FILE.npy."
        )
    else:
        array, done = _picture(file, _channels(model, spec))
    return _as_taken(model, spec, array, file, options, done)


def _input_of(model: Any) -> Any:
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) != 1:
        raise ValueError(
            f"an image is given to a model with one known input, and {model.name!r} has "
            f"{len(inputs)}. Use `minicnn.analysis` in Python for it."
        )
    return inputs[0]


def _array(file: str) -> tuple[np.ndarray, list[str]]:
    try:
        array = np.load(file, allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{file} is no array that `numpy.save` wrote: {error}") from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "buif" or not array.size:
        raise ValueError(
            f"{file} holds no array of numbers: {getattr(array, 'dtype', type(array).__name__)}, "
            f"shape {getattr(array, 'shape', '?')}."
        )
    return array, [f"{array.dtype} {array.shape}"]


def _picture(file: str, channels: int) -> tuple[np.ndarray, list[str]]:
    """The pixels `(height, width, channels)`, and what was done."""
    try:
        from PIL import Image, ImageOps
    except ImportError:
        raise ImportError(
            "pictures are read with Pillow, which is missing: pip install 'minicnn[images]'; or "
            "give an array, FILE.npy."
        ) from None
    if channels not in _MODES:
        raise ValueError(
            f"the model takes {channels} channels, and a picture has 1, 3 or 4: give FILE.npy."
        )
    try:
        with Image.open(file) as picture:
            turned = ImageOps.exif_transpose(picture)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no image {file}.") from None
    except IsADirectoryError:
        raise IsADirectoryError(f"{file} is a folder, not an image.") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(f"{file} is no image that Pillow can read: {error}") from error
    size = f"{turned.width} × {turned.height}"
    if turned.mode.startswith(("I", "F")):  # 16 bits, or 32
        values = np.asarray(turned, "float64")
        values *= 255 / (65535 if turned.mode.startswith("I") else max(values.max(), 1e-9))
        turned = Image.fromarray(np.clip(values, 0, 255).astype("uint8"))
    before = turned.mode
    if channels < 4 and turned.has_transparency_data:
        white = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(white, turned.convert("RGBA"))
    same = before == _MODES[channels]
    done = f"{size} {_KINDS[channels] if same else f'{before} made {_KINDS[channels]}'}"
    pixels = np.asarray(turned.convert(_MODES[channels]))
    return pixels.reshape(*pixels.shape[:2], channels), [done]


def _as_taken(
    model: Any,
    spec: Any,
    array: np.ndarray,
    file: str,
    options: argparse.Namespace,
    done: list[str],
) -> Prepared:
    """Gives the array the model's channels, size, range and layout."""
    channels = _channels(model, spec)
    first = len(spec.shape) == 4 and _channels_first(model)
    image = _height_width_channels(array, channels, first, file, spec)
    size = tuple(spec.shape[2:4] if first else spec.shape[1:3])
    if any(n not in (None, m) for n, m in zip(size, image.shape, strict=False)):
        image = _resized(image, size, options.resize, file, model)
        done.append(f"resized to {image.shape[1]} × {image.shape[0]}")
    if array.dtype.kind == "f":
        done.append(f"values as in the file, {array.min():.3g} to {array.max():.3g}")
    else:
        image = _in_range(model, image, options.pixels, done)
    image = image[..., 0] if len(spec.shape) == 3 else image
    image = np.moveaxis(image, -1, 0) if first else image
    dtype = standardize_dtype(spec.dtype)
    x = image[None].astype(dtype if is_float_dtype(dtype) else "int32")
    return Prepared(x, f"{file}: {', '.join(done)}")


def _height_width_channels(
    array: np.ndarray, channels: int, first: bool, file: str, spec: Any
) -> np.ndarray:
    array = array[0] if array.ndim == len(spec.shape) and len(array) == 1 else array
    if array.ndim == 2:
        array = np.repeat(array[..., None], channels, -1)
    elif array.ndim == 3 and first and array.shape[0] == channels:
        array = np.moveaxis(array, 0, -1)
    if array.ndim == 3 and array.shape[-1] == 3 and channels == 1:
        array = array @ np.array([0.299, 0.587, 0.114])
        array = array[..., None]
    elif array.ndim == 3 and array.shape[-1] == 1 and channels == 3:
        array = np.repeat(array, 3, -1)
    if array.ndim != 3 or array.shape[-1] != channels:
        raise ValueError(
            f"{file} has the shape {array.shape}, but the model takes {_shape(spec)}: give one "
            f"image of {channels} channel{'s' if channels > 1 else ''}."
        )
    return array


def _resized(image: np.ndarray, size: tuple, allowed: bool, file: str, model: Any) -> np.ndarray:
    height, width = (m if n is None else n for n, m in zip(size, image.shape, strict=False))
    if not allowed:
        raise ValueError(
            f"{file} is {image.shape[1]} × {image.shape[0]} pixels (width × height), but the model "
            f"{model.name!r} takes {width} × {height}: give --resize to scale it."
        )
    smooth = image.astype("float32")[None]
    settings = {"antialias": True, "data_format": "channels_last"}
    return ops.image.resize(smooth, (height, width), **settings).numpy()[0]


def _in_range(model: Any, image: np.ndarray, wanted: str, done: list[str]) -> np.ndarray:
    layers = [layer for layer in model._flatten_layers() if type(layer).__name__ in _SCALING]
    reason = ""
    if wanted == "auto":
        wanted = "0-255" if layers else "0-1"
        kind = type(layers[0]).__name__ if layers else ""
        reason = f", as the model has {f'a {kind} layer' if layers else 'no Rescaling layer'}"
    if wanted == "0-255":
        done.append(f"pixels from 0 to 255{reason}")
        return image
    done.append(f"pixels divided by 255{reason}")
    return image / 255


def _plain(array: np.ndarray, spec: Any, file: str, done: list[str]) -> Prepared:
    """An array for a model whose input is no image."""
    x = array if array.ndim == len(spec.shape) else array[None]
    fits = len(x.shape) == len(spec.shape) and all(
        n in (None, m) for n, m in zip(spec.shape[1:], x.shape[1:], strict=True)
    )
    if not fits or len(x) != 1:
        raise ValueError(
            f"{file} has the shape {array.shape}, but the model takes one sample of {_shape(spec)}."
        )
    return Prepared(x.astype(standardize_dtype(spec.dtype)), f"{file}: {', '.join(done)}")


def _channels(model: Any, spec: Any) -> int:
    if len(spec.shape) == 3:
        return 1
    found = spec.shape[1 if _channels_first(model) else -1]
    return 3 if found is None else found


def _channels_first(model: Any) -> bool:
    own = (getattr(layer, "data_format", None) for layer in model._flatten_layers())
    found = next((data_format for data_format in own if data_format), None)
    return (found or configuration.image_data_format()) == "channels_first"


def _shape(spec: Any) -> str:
    return f"({', '.join(str(n) for n in spec.shape)})"

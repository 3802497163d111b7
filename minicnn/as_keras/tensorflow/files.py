"""Files and texts: `tf.io.read_file`, pictures by Pillow, `tf.strings`' plainest functions."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np

from minicnn.as_keras.tensorflow.image import convert_image_dtype
from minicnn.as_keras.tensorflow.registry import named
from minicnn.autodiff import Tensor
from minicnn.data.image_files import open_picture

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def _text(x: Any) -> str:
    """The text of a string, of bytes or of a tensor with one."""
    value = np.asarray(x).item() if not isinstance(x, str | bytes | Path) else x
    return value.decode() if isinstance(value, bytes) else str(value)


class StringTensor(Tensor):
    """A tensor of texts, which can be compared."""

    __slots__ = ()

    def __getitem__(self, key: Any) -> StringTensor:
        return StringTensor(self.array[key])

    def __eq__(self, other: Any) -> Tensor:
        return Tensor(np.equal(self.array, np.asarray(other)))

    def __ne__(self, other: Any) -> Tensor:
        return Tensor(np.not_equal(self.array, np.asarray(other)))

    __hash__ = Tensor.__hash__


@named("io.read_file")
def read_file(filename: Any) -> bytes:
    """The content of a file, for `decode_jpeg` and its like."""
    return Path(_text(filename)).read_bytes()


@named("io.write_file")
def write_file(filename: Any, contents: Any) -> None:
    """Writes a file, and the folders that it needs."""
    path = Path(_text(filename))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(contents if isinstance(contents, bytes) else _text(contents).encode())


@named("image.decode_jpeg io.decode_jpeg image.decode_bmp io.decode_bmp")
def decode_jpeg(contents: Any, channels: Any = 0) -> Any:
    """The picture in the content of a file: uint8 of the shape height, width, channels.

    Args:
        contents: what `tf.io.read_file` returned.
        channels: 1, 3 or 4; 0 means as many as the file has.
    """
    if channels not in (None, 0, *_MODES):
        raise ValueError(f"`channels` must be 0, 1, 3 or 4. Received: channels={channels}")
    picture = open_picture(io.BytesIO(contents))
    mode = _MODES.get(channels) or (picture.mode if picture.mode in _MODES.values() else "RGB")
    pixels = np.array(picture if picture.mode == mode else picture.convert(mode))
    return Tensor(pixels[..., None] if pixels.ndim == 2 else pixels)


@named("image.decode_png io.decode_png")
def decode_png(contents: Any, channels: Any = 0, dtype: Any = "uint8") -> Any:
    """The picture in the content of a file, as uint8 or uint16."""
    return decode_image(contents, channels, dtype)


@named("image.decode_image io.decode_image")
def decode_image(
    contents: Any, channels: Any = None, dtype: Any = "uint8", expand_animations: bool = True
) -> Any:
    """The picture in the content of a file, in a type, scaled to its range.

    `expand_animations` has no effect: of an animation it is the first picture.
    """
    return convert_image_dtype(decode_jpeg(contents, channels), dtype)


def _encoded(image: Any, kind: str, **settings: Any) -> bytes:
    from minicnn.data.image_files import pillow

    pixels, written = np.asarray(image), io.BytesIO()
    pixels = pixels[..., 0] if pixels.shape[-1] == 1 else pixels
    pillow().fromarray(pixels).save(written, kind, **settings)
    return written.getvalue()


@named("image.encode_png io.encode_png")
def encode_png(image: Any, compression: int = -1) -> bytes:
    """The content of a PNG file."""
    return _encoded(image, "PNG")


@named("image.encode_jpeg io.encode_jpeg")
def encode_jpeg(image: Any, format: str = "", quality: int = 95) -> bytes:
    """The content of a JPEG file."""
    return _encoded(image, "JPEG", quality=quality)


@named("strings.split")
def split(input: Any, sep: Any = None, maxsplit: int = -1) -> Any:
    """The parts of one text between separators."""
    return StringTensor(np.array(_text(input).split(None if sep is None else _text(sep), maxsplit)))


@named("strings.join")
def join(inputs: Any, separator: str = "") -> Any:
    """Texts, one after another."""
    return StringTensor(np.array(separator.join(map(_text, inputs))))


@named("strings.lower")
def lower(input: Any, encoding: str = "") -> Any:
    """Texts in small letters."""
    return StringTensor(np.char.lower(np.asarray(input)))


@named("strings.regex_full_match")
def regex_full_match(input: Any, pattern: str) -> Any:
    """Whether one text fits a pattern."""
    import re

    return Tensor(np.array(re.fullmatch(pattern, _text(input)) is not None))

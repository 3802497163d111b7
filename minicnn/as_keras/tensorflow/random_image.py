"""`tf.image`'s functions that draw a number for each image or batch."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.as_keras.tensorflow import image as images
from minicnn.as_keras.tensorflow.random import plain_seed
from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static


def _adjusted(name: str, adjust: Any) -> None:
    """The function with a `max_delta`, whose number is from -max_delta to max_delta."""

    def drawn(image: Any, max_delta: Any, seed: Any = None) -> Any:
        return adjust(image, random.uniform((), -max_delta, max_delta, seed=plain_seed(seed)))

    named(f"image.random_{name} image.stateless_random_{name}")(drawn)


def _scaled(name: str, adjust: Any) -> None:
    """The function with a factor between `lower` and `upper`."""

    def drawn(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
        return adjust(image, random.uniform((), lower, upper, seed=plain_seed(seed)))

    named(f"image.random_{name} image.stateless_random_{name}")(drawn)


def _flipped(name: str, flip: Any) -> None:
    """The function that flips each image with probability ½."""

    def drawn(image: Any, seed: Any = None) -> Any:
        image = ops.convert_to_tensor(image)
        shape = (image.shape[0], 1, 1, 1) if len(image.shape) == 4 else ()
        chosen = ops.less(random.uniform(shape, seed=plain_seed(seed)), 0.5)
        return ops.where(chosen, flip(image), image)

    named(f"image.random_{name} image.stateless_random_{name}")(drawn)


_adjusted("brightness", images.adjust_brightness)
_adjusted("hue", images.adjust_hue)
_scaled("contrast", images.adjust_contrast)
_scaled("saturation", images.adjust_saturation)
_flipped("flip_left_right", images.flip_left_right)
_flipped("flip_up_down", images.flip_up_down)


@named("image.random_crop image.stateless_random_crop")
def random_crop(value: Any, size: Any, seed: Any = None) -> Any:
    """A part of this size from a random place."""
    value, size = ops.convert_to_tensor(value), static(size)
    room = [n - m for n, m in zip(value.shape, size, strict=True)]
    if min(room) < 0:
        raise ValueError(f"tf.image.random_crop: size {size} is larger than {tuple(value.shape)}.")
    drawn = static(random.uniform((len(room),), seed=plain_seed(seed)))
    starts = [int(x * (n + 1)) for x, n in zip(drawn, room, strict=True)]
    return value[tuple(slice(a, a + n) for a, n in zip(starts, size, strict=True))]

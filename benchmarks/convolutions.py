"""Times the algorithms of convolution on a list of layers, forward and backward.

Only the compiled functions are timed, without a model.
"""

from __future__ import annotations

from collections.abc import Callable
from timeit import timeit
from typing import NamedTuple

import numpy as np

WAYS = ("forward", "backward")
LEAST_SECONDS = 0.02


class Layer(NamedTuple):
    """A convolution with relu, with square images and kernels, without padding."""

    size: int
    channels: int
    filters: int
    kernel: int = 3
    stride: int = 1
    batch: int = 32

    def __str__(self) -> str:
        stride = f", stride {self.stride}" if self.stride > 1 else ""
        kernel = f"{self.kernel}×{self.kernel}"
        return f"{self.size}², {kernel}{stride}, {self.channels} → {self.filters}"


LAYERS = (
    Layer(28, 1, 32),
    Layer(28, 3, 32),
    Layer(56, 16, 16),
    Layer(28, 32, 32),
    Layer(26, 64, 64),
    Layer(13, 32, 64),
    Layer(14, 64, 128),
    Layer(10, 128, 128),
    Layer(7, 256, 256),
    Layer(28, 32, 64, kernel=1),
    Layer(14, 256, 256, kernel=1),
    Layer(28, 16, 32, kernel=5),
    Layer(28, 32, 64, stride=2),
    Layer(9, 40, 24),
)
QUICK_LAYERS = (LAYERS[0], LAYERS[4], LAYERS[7])


def algorithms(layer: Layer) -> list[str]:
    """The settings that choose different algorithms for this layer.

    "auto" is among them only if it chooses an algorithm that no other setting chooses.
    """
    from minicnn import config
    from minicnn.backend.numba import conv

    sizes = ((layer.kernel,) * 2, (layer.stride,) * 2, (1, 1))
    case = conv.Case(layer.channels, layer.filters, *sizes, 1)
    chosen: dict[object, str] = {}
    for name, preferred in conv.PREFERRED.items():
        config.set_convolution_algorithm(name)
        algorithm = conv.choose(case, np.dtype("float32"))
        if algorithm in [choice.algorithm for choice in preferred]:
            chosen[algorithm] = name
    config.set_convolution_algorithm("auto")
    chosen.setdefault(conv.choose(case, np.dtype("float32")), "auto")
    return list(chosen.values())


def work(way: str, algorithm: str, **shape: int) -> Callable[[], int]:
    """A function that computes the layer several times and returns the number of images."""
    from minicnn import config
    from minicnn.backend import kernels

    layer = Layer(**shape)
    size = (layer.size - layer.kernel) // layer.stride + 1
    rng = np.random.default_rng(0)
    x = rng.standard_normal((layer.batch, layer.size, layer.size, layer.channels), "float32")
    kernel = rng.standard_normal(
        (layer.kernel, layer.kernel, layer.channels, layer.filters), "float32"
    )
    bias = rng.standard_normal(layer.filters, "float32")
    cotangent = rng.standard_normal((layer.batch, size, size, layer.filters), "float32")
    where = ((layer.stride,) * 2, ((0, 0), (0, 0)), (1, 1), 1, "relu")
    config.set_convolution_algorithm(algorithm)
    y, argmax = kernels.conv_layer(x, kernel, bias, *where)

    def once() -> None:
        if way == "forward":
            kernels.conv_layer(x, kernel, bias, *where)
        else:
            kernels.conv_layer_gradients(cotangent, x, kernel, y, argmax, *where)

    once()
    repeats = _repeats(once)
    config.set_convolution_algorithm("auto")

    def several() -> int:
        config.set_convolution_algorithm(algorithm)
        for _ in range(repeats):
            once()
        config.set_convolution_algorithm("auto")
        return repeats * layer.batch

    return several


def _repeats(once: Callable[[], None]) -> int:
    """How often to repeat, so that it takes long enough to be timed."""
    return max(1, round(LEAST_SECONDS / timeit(once, number=1)))

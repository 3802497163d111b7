"""Hypothesis strategies: arrays without ties, images, settings of layers, labels, small models.

They need the package hypothesis (`pip install hypothesis`), which nothing else in minicnn does.

A property of a layer of one's own in five lines:

>>> from hypothesis import given, settings
>>> from minicnn import layers
>>> from minicnn.testing import check_layer, strategies
>>> @settings(max_examples=2, deadline=None, database=None)
... @given(strategies.convolutions(dimensions=1))
... def test(drawn):
...     arguments, x = drawn
...     check_layer(layers.Conv1D, arguments, inputs=[x])
>>> test()

What each of them draws, the smallest that has some property:

>>> from hypothesis import find
>>> find(strategies.arrays_with_gaps((2, 2)), lambda x: True).shape
(2, 2)
>>> find(strategies.images(high=6), lambda x: x.shape[-1] == 3).shape
(1, 2, 2, 3)
>>> drawn, x = find(strategies.convolutions(), lambda drawn: drawn[0]["groups"] == 2)
>>> x.shape, drawn["filters"], drawn["kernel_size"], drawn["padding"]
((1, 2, 2, 2), 2, (1, 1), 'valid')
>>> drawn, x = find(strategies.poolings(1), lambda drawn: drawn[0]["pool_size"] == (2,))
>>> x.shape, drawn
((1, 2, 1), {'pool_size': (2,), 'strides': None, 'padding': 'valid'})
>>> find(strategies.labels(samples=2, classes=3, one_hot=True), lambda y: True).shape
(2, 3)
>>> model, x = find(strategies.small_models(classes=4), lambda drawn: True)
>>> model(x).shape == (len(x), 4)
True
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise ImportError(
        "minicnn.testing.strategies needs the package hypothesis: `pip install hypothesis`."
    ) from error

from minicnn import Input, Model, layers
from minicnn.initializers import GlorotUniform

Strategy = st.SearchStrategy


def shapes(axes: int, low: int = 1, high: int = 5) -> Strategy:
    """Shapes with so many axes, each of a length from `low` to `high`."""
    return st.tuples(*[st.integers(low, high)] * axes)


@st.composite
def arrays_with_gaps(draw: Any, shape: Any, gap: float = 0.1, dtype: str = "float64") -> np.ndarray:
    """Arrays whose elements are `gap` or more from each other, and half of it from zero.

    So there are no ties, and no kinks of a relu, an absolute value or a maximum nearby.

    Args:
        draw: given by hypothesis.
        shape: a tuple, or a strategy of tuples.
        gap: the least distance between two elements.
        dtype: type of the elements.
    """
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else tuple(shape)
    count = math.prod(shape)
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    # The places are `gap` apart, each moved by up to a quarter of a half: seven eighths remain.
    steps = random.permutation(count) - count // 2 + 0.5
    moved = steps + random.uniform(-0.0625, 0.0625, count)
    return (moved * gap / 0.875).reshape(shape).astype(dtype)


@st.composite
def images(
    draw: Any,
    dimensions: int = 2,
    *,
    most_samples: int = 3,
    low: int = 2,
    high: int = 8,
    most_channels: int = 4,
    dtype: str = "float32",
) -> np.ndarray:
    """Batches of images, channels last, without ties; sizes from `low` to `high`."""
    sizes = draw(shapes(dimensions, low, high))
    batch, channels = draw(st.integers(1, most_samples)), draw(st.integers(1, most_channels))
    return draw(arrays_with_gaps((batch, *sizes, channels), dtype=dtype))


@st.composite
def convolutions(draw: Any, dimensions: int = 2, **image: Any) -> tuple[dict[str, Any], np.ndarray]:
    """Valid settings of a convolution (Conv1D, Conv2D, Conv3D) with images that they fit.

    All kernels, strides, dilations, paddings and groups that Keras allows together: the dilated
    kernel is not larger than the image where there is no padding, and strides and dilations are
    not both larger than one.
    """
    x = draw(images(dimensions, **image))
    channels = x.shape[-1]
    padding = draw(st.sampled_from(["valid", "same"]))
    kernel = tuple(draw(st.integers(1, min(n, 4))) for n in x.shape[1:-1])
    dilation: Any = 1
    strides: Any = tuple(draw(st.integers(1, 3)) for _ in kernel)
    if draw(st.booleans()):
        strides = 1
        room = [
            (n - 1) // (k - 1) if k > 1 else 3 for n, k in zip(x.shape[1:-1], kernel, strict=True)
        ]
        dilation = tuple(draw(st.integers(1, max(1, min(3, r)))) for r in room)
    groups = draw(st.sampled_from([g for g in range(1, channels + 1) if channels % g == 0]))
    settings = {
        "filters": groups * draw(st.integers(1, 3)),
        "kernel_size": kernel,
        "strides": strides,
        "padding": padding,
        "dilation_rate": dilation,
        "groups": groups,
        "use_bias": draw(st.booleans()),
    }
    return settings, x


@st.composite
def poolings(draw: Any, dimensions: int = 2, **image: Any) -> tuple[dict[str, Any], np.ndarray]:
    """Valid settings of a pooling (MaxPooling2D, AveragePooling1D, ...) with images."""
    x = draw(images(dimensions, **image))
    window = tuple(draw(st.integers(1, min(n, 4))) for n in x.shape[1:-1])
    strides = draw(st.none() | st.tuples(*[st.integers(1, 3)] * dimensions))
    padding = draw(st.sampled_from(["valid", "same"]))
    return {"pool_size": window, "strides": strides, "padding": padding}, x


@st.composite
def labels(
    draw: Any, samples: int, classes: int, *, one_hot: bool = False, smooth: bool = False
) -> np.ndarray:
    """Labels of a classification: whole numbers, one-hot rows, or rows of probabilities."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if smooth:
        return random.dirichlet(np.ones(classes), samples).astype("float32")
    drawn = random.integers(0, classes, samples)
    return np.eye(classes, dtype="float32")[drawn] if one_hot else drawn


@st.composite
def small_models(draw: Any, classes: int = 3) -> tuple[Model, np.ndarray]:
    """Small convnets with one to three blocks, some with a skip connection, and a batch for them.

    The model is built and not compiled; its last layer has one value for each class.
    """
    x = draw(images(2, low=4, high=8, most_channels=3))
    inputs = Input(x.shape[1:])
    y = inputs
    for _ in range(draw(st.integers(1, 3))):
        y = draw(st.sampled_from(BLOCKS))(y, draw(st.integers(0, 2**31)))
    y = layers.GlobalAveragePooling2D()(y)
    last = layers.Dense(classes, kernel_initializer=GlorotUniform(draw(st.integers(0, 2**31))))
    return Model(inputs, last(y)), x


def _convolution(y: Any, seed: int, activation: str = "relu", filters: int = 4) -> Any:
    initializer = GlorotUniform(seed)
    return layers.Conv2D(
        filters, 3, padding="same", activation=activation, kernel_initializer=initializer
    )(y)


def _normalized(y: Any, seed: int) -> Any:
    return layers.BatchNormalization()(y)


def _pooled(y: Any, seed: int) -> Any:
    return layers.MaxPooling2D(2, padding="same")(y)


def _skip(y: Any, seed: int) -> Any:
    return layers.Add()([y, _convolution(y, seed, "tanh", y.shape[-1])])


BLOCKS = (_convolution, _normalized, _pooled, _skip)
"""What small models are made of."""

"""The networks of `keras.applications`, made and saved by real Keras, and opened here."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import minicnn

# The smallest side of an image that Keras accepts, where it is not 32.
SIDES = {"InceptionV3": 75, "InceptionResNetV2": 75, "Xception": 71}
NETWORKS = (
    *("ConvNeXtSmall", "ConvNeXtTiny", "DenseNet121", "DenseNet169", "DenseNet201"),
    *(f"EfficientNetB{i}" for i in range(7)),
    *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "M", "S")),
    *("InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Large"),
    *("MobileNetV3Small", "NASNetMobile", "ResNet50", "ResNet50V2", "ResNet101", "ResNet101V2"),
    *("ResNet152", "ResNet152V2", "VGG16", "VGG19", "Xception"),
)


class Saved(NamedTuple):
    """A network that Keras saved, whole and without its classifier, and what it predicts.

    Attributes:
        whole: the file of the network with its classifier.
        base: the file of the same network without it.
        images: two images, of values from 0 to 255.
        scores: what Keras predicts for them.
        features: the feature maps in Keras before the classifier.
    """

    whole: Path
    base: Path
    images: np.ndarray
    scores: np.ndarray
    features: np.ndarray


def make(name: str, size: tuple[int, int]) -> Any:
    """A published network in Keras, for ten classes."""
    import keras

    return getattr(keras.applications, name)(
        weights=None, input_shape=(*size, 3), classes=10, classifier_activation=None
    )


def save(whole: Any, folder: Path) -> Saved:
    """Gives a network in Keras random weights of ordinary sizes, and saves it."""
    import keras

    size = whole.input_shape[1:3]
    random = np.random.default_rng(0)
    for weight in whole.weights:
        kind = weight.path.rpartition("/")[2]
        if kind == "gamma":
            weight.assign(random.uniform(0.1, 0.4, weight.shape))
        elif kind in ("beta", "bias"):
            weight.assign(random.normal(0, 0.1, weight.shape))
    for layer in whole.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.input_mean is None:
            layer.adapt(pictures(random, 8, size) / 255)
    take_statistics(whole, pictures(random, 32, size))
    pools = (keras.layers.GlobalAveragePooling2D, keras.layers.GlobalMaxPooling2D)
    ends = [layer for layer in whole.layers if isinstance(layer, pools)] or [
        layer for layer in whole.layers if isinstance(layer, keras.layers.Flatten)
    ]
    pool = ends[-1]
    base = keras.Model(whole.input, pool.input, name="base")
    files = folder / "whole.keras", folder / "base.keras"
    whole.save(files[0])
    base.save(files[1])
    images = pictures(random, 2, size)
    both = keras.Model(whole.input, [whole.output, pool.input])
    return Saved(*files, images, *(x.numpy() for x in both(images, training=False)))


def pictures(random: np.random.Generator, count: int, size: tuple[int, int]) -> np.ndarray:
    """Images of few large patches: networks average noise away, and all noise is alike to them."""
    patches = random.uniform(0, 1, (count, 4, 4, 3)) * random.uniform(0, 255, (count, 1, 1, 3))
    rows, columns = (np.arange(side) * 4 // side for side in size)
    return patches[:, rows][:, :, columns].astype("float32")


def take_statistics(model: Any, images: np.ndarray) -> None:
    """Sets the moving statistics to those of some images, or else the outputs become huge or 0."""
    import keras

    layers = [x for x in model._flatten_layers() if isinstance(x, keras.layers.BatchNormalization)]
    for layer in layers:
        layer.momentum = 0.0
    model(images, training=True)
    for layer in layers:
        layer.momentum = 0.99


def in_float64(file: Path) -> minicnn.Model:
    """The model of a file, which computes in float64."""
    other = file.with_suffix(".float64.keras")
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(other, "w") as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name == "config.json":
                content = content.replace(b'"float32"', b'"float64"')
            changed.writestr(name, content)
    return minicnn.saving.load_model(other)


def relative(x: np.ndarray, y: np.ndarray) -> float:
    """The largest difference, as a share of the largest value of `y`."""
    return float(np.abs(x - y).max() / np.abs(y).max())

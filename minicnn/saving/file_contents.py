"""What is in a `.keras`, `.weights.h5` or `.h5` file, read without making the model.

No class is looked up, so that a file with layers that are not known can be listed too. The limits
are those of loading.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minicnn.saving import limits
from minicnn.saving.archive import (
    ASSETS,
    CONFIG,
    METADATA,
    WEIGHTS,
    ArchiveReader,
    File,
    describe,
    open_archive,
)
from minicnn.saving.config_text import read_config_text, read_json
from minicnn.saving.legacy_attributes import read_text
from minicnn.saving.weights_file import WeightsReader


class StoredLayer(NamedTuple):
    """A layer as the config describes it.

    Attributes:
        name: its name.
        kind: the name of its class.
        depth: 0 for a layer of the model, 1 for one of a model in it, and so on.
        config: its settings.
    """

    name: str
    kind: str
    depth: int
    config: dict[str, Any]


class StoredWeight(NamedTuple):
    """A weight, or a variable of the optimizer; of an empty one the last three are None."""

    path: str
    layer: str
    shape: tuple[int, ...]
    dtype: str
    size: int
    low: float | None
    high: float | None
    mean: float | None


class FileContents(NamedTuple):
    """All that is in a file of a model or of weights.

    Attributes:
        metadata: who wrote it and when: `keras_version`, `minicnn_version`, `date_saved`.
        config: the whole config; empty for a file of weights alone.
        layers: the layers, with those of nested models and of wrappers.
        weights: the weights and the optimizer's variables.
        assets: the names of other files in it, such as vocabularies.
    """

    metadata: dict[str, Any]
    config: dict[str, Any]
    layers: list[StoredLayer]
    weights: list[StoredWeight]
    assets: list[str]


def file_contents(file: File) -> FileContents:
    """Lists what is in a file of minicnn or Keras; no class of it is needed.

    Args:
        file: the name of a `.keras`, `.weights.h5` or older `.h5` file, or an open `.keras` file.

    Example:
        >>> import io
        >>> import minicnn as keras
        >>> from minicnn.saving.file_contents import file_contents
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="scores")])
        >>> file = io.BytesIO()
        >>> model.save(file)
        >>> found = file_contents(file)
        >>> [(layer.name, layer.kind) for layer in found.layers]
        [('input_layer...', 'InputLayer'), ('scores', 'Dense')]
        >>> [(weight.path, weight.shape) for weight in found.weights]
        [('layers/dense/vars/0', (4, 2)), ('layers/dense/vars/1', (2,))]

    Raises:
        ValueError: the file is damaged, no model, or larger when unpacked than a model is.
    """
    with open_parts(file) as parts:
        stored = [_weight(*found) for found in parts.weights.everything()]
    return FileContents(
        parts.metadata, parts.config, [*_layers(parts.config)], stored, parts.assets
    )


class OpenParts(NamedTuple):
    """The parts of an open file; the weights are not read yet."""

    metadata: dict[str, Any]
    config: dict[str, Any]
    weights: WeightsReader
    assets: list[str]


@contextlib.contextmanager
def open_parts(file: File) -> Iterator[OpenParts]:
    """The parts of a file as of `file_contents`, opened for reading."""
    description = describe(file)
    if not hasattr(file, "read") and os.fspath(file).endswith((".h5", ".hdf5")):
        with WeightsReader(os.fspath(file), description) as reader:
            yield OpenParts(*_described(reader), reader, [])
        return
    with open_archive(file, description) as archive:
        text = archive.read(CONFIG, limits.CONFIG_BYTES)
        config = read_config_text(text, f"{CONFIG} in {description}")
        metadata = _metadata(archive)
        weights = io.BytesIO(archive.read(WEIGHTS))
        assets = archive.names(ASSETS)
    with WeightsReader(weights, description) as reader:
        yield OpenParts(metadata, config, reader, assets)


def _described(reader: WeightsReader) -> tuple[dict[str, Any], dict[str, Any]]:
    """The metadata and the config in the attributes of an HDF5 file, empty if there are none."""
    names = ("keras_version", "model_config", "training_config")
    version, model, training = (read_text(reader, name) for name in names)
    version = version.decode(errors="replace") if isinstance(version, bytes) else version
    config = read_config_text(model, f"{names[1]} in {reader.description}") if model else {}
    if config and training:
        compiled = _dict(read_json(training, f"{names[2]} in {reader.description}"))
        config["compile_config"] = {**compiled, "optimizer": compiled.get("optimizer_config")}
    return {"keras_version": version} if version else {}, config


def _metadata(archive: ArchiveReader) -> dict[str, Any]:
    if METADATA not in archive.names():
        return {}
    try:
        found = json.loads(archive.read(METADATA, limits.METADATA_BYTES))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _layers(config: dict[str, Any], depth: int = 0) -> Iterator[StoredLayer]:
    """The layers inside a model or wrapper."""
    settings = _dict(config.get("config"))
    listed = settings.get("layers")
    wrapped = [settings.get(name) for name in ("layer", "forward_layer", "backward_layer", "cell")]
    for one in [*(listed if isinstance(listed, list) else []), *wrapped]:
        if not isinstance(one, dict) or "class_name" not in one:
            continue
        inner = _dict(one.get("config"))
        name = one.get("name") or inner.get("name") or ""
        yield StoredLayer(str(name), str(one["class_name"]), depth, inner)
        yield from _layers(one, depth + 1)


def _dict(x: Any) -> dict[str, Any]:
    return x if isinstance(x, dict) else {}


def _weight(path: str, layer: str, x: np.ndarray) -> StoredWeight:
    if path.startswith("model_weights/"):  # of an older file, with the group of a layer
        layer = path.split("/")[1]
    numbers = x.size and x.dtype.kind not in "SUOc"
    values = x.astype("float64") if numbers else None
    with np.errstate(all="ignore"):
        three = (None,) * 3 if values is None else (values.min(), values.max(), values.mean())
    return StoredWeight(path, layer, x.shape, str(x.dtype), x.size, *three)

"""What is in a `.keras` file, read without making the model.

No class is looked up, so that a file with layers that are not known can be listed too. The limits
are those of loading.
"""

from __future__ import annotations

import io
import json
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
from minicnn.saving.config_text import read_config_text
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
    """All that is in a `.keras` file.

    Attributes:
        metadata: who wrote it and when: `keras_version`, `minicnn_version`, `date_saved`.
        config: the whole config.
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
    """Lists what is in a `.keras` file of minicnn or Keras; no class of it is needed.

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
    description = describe(file)
    with open_archive(file, description) as archive:
        text = archive.read(CONFIG, limits.CONFIG_BYTES)
        config = read_config_text(text, f"{CONFIG} in {description}")
        metadata = _metadata(archive)
        weights = io.BytesIO(archive.read(WEIGHTS))
        assets = archive.names(ASSETS)
    with WeightsReader(weights, description) as reader:
        stored = [_weight(*found) for found in reader.everything()]
    return FileContents(metadata, config, [*_layers(config)], stored, assets)


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
    numbers = x.size and x.dtype.kind not in "SUOc"
    values = x.astype("float64") if numbers else None
    with np.errstate(all="ignore"):
        three = (None,) * 3 if values is None else (values.min(), values.max(), values.mean())
    return StoredWeight(path, layer, x.shape, str(x.dtype), x.size, *three)

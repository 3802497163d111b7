"""Keras 3's files: `.keras`, a zip archive of config and weights, and `.weights.h5`.

metadata.json       which Keras wrote it, and when
config.json         the model as `serialize_keras_object` describes it
model.weights.h5    the weights, and the optimizer's state
"""

from __future__ import annotations

import datetime
import io
import json
import os
import warnings
import zipfile
from collections.abc import Iterable
from typing import Any, BinaryIO

from minicnn.autodiff.pending_variable import first_values_when_read
from minicnn.common.atomic import atomic_file
from minicnn.common.suggest import clipped, shown
from minicnn.saving import limits
from minicnn.saving.archive import (
    CONFIG,
    METADATA,
    WEIGHTS,
    File,
    describe,
    open_archive,
)
from minicnn.saving.assets import load_assets, save_assets
from minicnn.saving.config_text import read_config_text
from minicnn.saving.state import load_state, save_state
from minicnn.saving.weights_file import WeightsReader, content_of_file
from minicnn.serialization.deserialize import deserialize_keras_object
from minicnn.serialization.serialize import serialize_keras_object
from minicnn.serialization.shared_objects import ObjectSharingScope
from minicnn.trainers.trainer import Trainer
from minicnn.version import KERAS_VERSION, __version__

_LONGEST_MESSAGE = 4000


def save_model(model: Any, file: File) -> None:
    """Writes a model to a `.keras` file, or into an open binary file."""
    if not model.built:
        warnings.warn(
            "You are saving a model that has not yet been built. It might not contain any weights "
            "yet. Build it first by calling it on some data.",
            stacklevel=3,
        )
    if hasattr(file, "write"):
        _write_archive(model, file)
        return
    with atomic_file(file) as archive:
        _write_archive(model, archive)


def _write_archive(model: Any, file: BinaryIO) -> None:
    with ObjectSharingScope():
        config = json.dumps(serialize_keras_object(model))
    metadata = {
        "keras_version": KERAS_VERSION,
        "minicnn_version": __version__,
        "date_saved": datetime.datetime.now().strftime("%Y-%m-%d@%H:%M:%S"),
    }
    weights = content_of_file(lambda file: save_state(model, file))
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(METADATA, json.dumps(metadata))
        archive.writestr(CONFIG, config)
        archive.writestr(WEIGHTS, weights)
        save_assets(model, archive)


def load_model(
    file: File,
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Reads a model from a `.keras` file; with `compile`, compiles it if the saved one was."""
    description = describe(file)
    with open_archive(file, description) as archive:
        text = archive.read(CONFIG, limits.CONFIG_BYTES)
        config = read_config_text(text, f"{CONFIG} in {description}")
        if not compile:
            config["compile_config"] = None
        weights = io.BytesIO(archive.read(WEIGHTS))
        with first_values_when_read(limits.UNSAVED_ELEMENTS, description):
            model = make_model(config, custom_objects, safe_mode, description)
            with WeightsReader(weights, description) as reader:
                load_state(model, reader, keep=False)
        load_assets(model, archive, description)
    return model


def model_from_text(text: str, custom_objects: dict[str, Any] | None = None) -> Any:
    """The untrained model of a config in JSON."""
    description = "the text that `model_from_json` was given"
    if not isinstance(text, (str, bytes, bytearray)):
        raise TypeError(
            "`model_from_json` takes the text that `model.to_json()` returned. Received: "
            f"{shown(text)} (of type {type(text).__name__})"
        )
    config = read_config_text(text, description)
    with first_values_when_read(limits.UNTRAINED_ELEMENTS, description):
        return make_model(config, custom_objects, True, description)


def make_model(
    config: dict[str, Any], custom_objects: Any, safe_mode: bool, description: str
) -> Any:
    """The model that a config describes; an error names the file."""
    try:
        with ObjectSharingScope():
            model = deserialize_keras_object(config, custom_objects, safe_mode=safe_mode)
    except (TypeError, ValueError, NotImplementedError) as error:
        error.args = (clipped(str(error), _LONGEST_MESSAGE),)
        error.add_note(f"This happened while loading {description}.")
        raise
    except Exception as error:  # a manipulated config may lead to any error
        raise ValueError(
            f"The config in {description} does not describe a model that can be made: "
            f"{type(error).__name__}: {clipped(str(error), _LONGEST_MESSAGE)}"
        ) from error
    if not isinstance(model, Trainer):
        raise ValueError(
            f"{description} holds no model: its config describes an object of type "
            f"{type(model).__name__}."
        )
    return model


def save_weights_only(
    model: Any, path: str | os.PathLike, objects_to_skip: Iterable[Any] | None = None
) -> None:
    """Writes the weights and the optimizer's state to a `.weights.h5` file."""
    if not model.built:
        raise ValueError(
            "You are saving a model that has not yet been built. It has no weights: build it first "
            "by calling it on some data or by using `build()`."
        )
    weights = content_of_file(lambda file: save_state(model, file, objects_to_skip or ()))
    with atomic_file(path) as file:
        file.write(weights)


def load_weights_only(
    model: Any,
    path: str | os.PathLike,
    skip_mismatch: bool,
    objects_to_skip: Iterable[Any] | None,
) -> None:
    """Reads weights from a `.weights.h5` or `.keras` file; after an error, none are changed."""
    if not model.built:
        raise ValueError(
            "You are loading weights into a model that has not yet been built. Build it first by "
            "calling it on some data or by using `build()`."
        )
    description = describe(path)
    weights: Any = os.fspath(path)
    if weights.endswith(".keras"):
        with open_archive(path, description) as archive:
            weights = io.BytesIO(archive.read(WEIGHTS))
    with WeightsReader(weights, description) as reader:
        load_state(model, reader, skip_mismatch, objects_to_skip or ())

"""`save_model`, `load_model`, `save_weights`, `load_weights`: chooses the format by file name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from minicnn.common.printing import ask_to_proceed_with_overwrite
from minicnn.saving import legacy_h5, saving_lib

_LEGACY = (".h5", ".hdf5")


def save_model(
    model: Any,
    filepath: saving_lib.File,
    overwrite: bool = True,
    zipped: bool | None = None,
    **kwargs: Any,
) -> None:
    """Writes a model to a `.keras` file, which Keras opens too.

    The file has the architecture, the weights, the arguments of `compile` and the state of the
    optimizer. An older file is replaced as a whole, or not at all after an error.

    Args:
        model: the model.
        filepath: a name that ends in `.keras`, or an open binary file.
        overwrite: replace a file without asking.
        zipped: must not be False: there is only one format.
    """
    if "save_format" in kwargs:
        raise ValueError(
            "The `save_format` argument is deprecated in Keras 3. Leave it out, and end the file's "
            f"name in `.keras`. Received: save_format={kwargs['save_format']}"
        )
    if kwargs:
        raise ValueError(f"The following argument(s) are not supported: {list(kwargs)}")
    if zipped is False:
        raise ValueError("minicnn writes models as one `.keras` file. Leave out `zipped=False`.")
    if not hasattr(filepath, "write"):
        name = os.fspath(filepath)
        if name.endswith(_LEGACY):
            raise ValueError(
                "HDF5 files of whole models (`.h5`, `.hdf5`) are Keras's older format, which "
                "minicnn reads, and does not write. Save as `.keras`, or the weights alone with "
                f"`save_weights('x.weights.h5')`. Received: {name}"
            )
        if not name.endswith(".keras"):
            raise ValueError(
                "Invalid filepath extension for saving. The name must end in `.keras`. "
                f"Received: filepath={name}"
            )
        if not _may_write(name, overwrite):
            return
    saving_lib.save_model(model, filepath)


def load_model(
    filepath: saving_lib.File,
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """Reads the model in a `.keras` file of minicnn or Keras, or in a `.h5` file of Keras.

    Args:
        filepath: the file's name, or an open binary file.
        custom_objects: your own classes and functions that the model uses, by name. Those that
            `@register_keras_serializable` decorates need not be given.
        compile: compile the model as it was when it was saved.
        safe_mode: accepted for Keras's programs; code in a file is never run, in either mode.

    Raises:
        ValueError: if the file is missing, damaged, or no model.
        TypeError: if the model uses a class that is not known.
    """
    if not hasattr(filepath, "read"):
        name = os.fspath(filepath)
        check_name_of_model(name)
        if name.endswith(_LEGACY):
            return legacy_h5.load_model(name, custom_objects, compile, safe_mode)
    return saving_lib.load_model(filepath, custom_objects, compile, safe_mode)


def check_name_of_model(name: str) -> None:
    """Raises unless it is the name of a model's file that exists."""
    if not name.endswith((".keras", *_LEGACY)):
        raise ValueError(
            f"File format not supported: filepath={name}. The name of a model's file ends in "
            "`.keras`; older ones of Keras, in `.h5` or `.hdf5`."
        )
    if not Path(name).is_file():
        raise ValueError(
            f"File not found: filepath={name}. Please ensure the file is an accessible "
            "`.keras` zip file, or an older `.h5` file of Keras."
        )


def save_weights(
    model: Any, filepath: str | os.PathLike, overwrite: bool = True, **kwargs: Any
) -> None:
    """Writes the weights (and the optimizer's state) to a `.weights.h5` file."""
    objects_to_skip = kwargs.pop("objects_to_skip", None)
    if kwargs.pop("max_shard_size", None) is not None:
        raise ValueError("minicnn writes weights to one file. Leave out `max_shard_size`.")
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    name = os.fspath(filepath)
    if not name.endswith(".weights.h5"):
        raise ValueError(f"The filename must end in `.weights.h5`. Received: filepath={name}")
    if _may_write(name, overwrite):
        saving_lib.save_weights_only(model, name, objects_to_skip)


def load_weights(
    model: Any, filepath: str | os.PathLike, skip_mismatch: bool = False, **kwargs: Any
) -> None:
    """Reads the weights of a `.weights.h5` or `.keras` file into a model of the same layers.

    Those of Keras's older `.h5` files are read by the order of the layers, or by their names.

    Args:
        model: a built model. After an error its weights are as before.
        filepath: the file's name.
        skip_mismatch: whether layers that do not fit the file keep their weights, with a warning.
        **kwargs: `objects_to_skip`, a list of layers whose weights are not read; for `.h5` files
            `by_name`: layers whose names the file does not have keep their weights.
    """
    objects_to_skip = kwargs.pop("objects_to_skip", None)
    by_name = kwargs.pop("by_name", None)
    if kwargs:
        raise ValueError(f"Invalid keyword arguments: {kwargs}")
    name = os.fspath(filepath)
    if objects_to_skip is not None and not name.endswith(".weights.h5"):
        raise ValueError(
            f"`objects_to_skip` only supports loading '.weights.h5' files. Received: {name}"
        )
    if by_name is not None and name.endswith((".weights.h5", ".keras")):
        raise ValueError(
            f"`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {name}"
        )
    if name.endswith((".weights.h5", ".keras")):
        saving_lib.load_weights_only(model, name, skip_mismatch, objects_to_skip)
        return
    if name.endswith(_LEGACY):
        legacy_h5.load_weights(model, name, bool(by_name), skip_mismatch)
        return
    raise ValueError(
        f"File format not supported: filepath={name}. Weights are read from `.weights.h5`, "
        "`.keras` and `.h5` files."
    )


def _may_write(name: str, overwrite: bool) -> bool:
    return overwrite or not Path(name).exists() or ask_to_proceed_with_overwrite(name)

"""Reads whole models in Keras's older format, one HDF5 file (`.h5`).

    attributes model_config, training_config    JSON: the model, and the arguments of `compile`
    model_weights/LAYER/NAME                    the weights, in the order of the attributes
                                                `layer_names` and, of a layer, `weight_names`
    optimizer_weights/NAME                      the optimizer's state

The config is rewritten as that of a `.keras` file, and read as such: within the same limits.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from typing import Any

from minicnn import losses, metrics, optimizers
from minicnn.autodiff.pending_variable import first_values_when_read
from minicnn.autodiff.temporary_values import rolled_back
from minicnn.common.errors import UNFIT
from minicnn.common.suggest import clipped
from minicnn.saving import limits
from minicnn.saving.archive import describe
from minicnn.saving.config_text import read_config_text, read_json
from minicnn.saving.legacy_attributes import read_names, read_text
from minicnn.saving.legacy_config import modern_config
from minicnn.saving.limits import FileRefused
from minicnn.saving.saving_lib import make_model
from minicnn.saving.weights_file import WeightsReader

_TRAINING = "training_config"
_OPERATIONS = (
    "If the model has operations such as `x + 3` or `ops.mean(x)` beside its layers, or layers "
    "that only `keras.applications` has: a `.h5` file does not say which they are, and Keras "
    "does not open it either. Save it as `.keras`."
)
_SKIP_NONE = {"shape": False, "count": False}
_SHORT_NAMES = ("accuracy", "acc", "crossentropy", "ce")


def load_model(
    path: str | os.PathLike, custom_objects: dict[str, Any] | None, compile: bool, safe_mode: bool
) -> Any:
    """Reads a model; with `compile`, compiles it where the file says how."""
    description = describe(path)
    with WeightsReader(os.fspath(path), description) as reader:
        text = read_text(reader, "model_config")
        if text is None:
            raise FileRefused(
                f"{description} holds no model: no model config found (the attribute "
                "'model_config'). If it holds weights alone, make the model and load them with "
                "`model.load_weights`."
            )
        config = modern_config(read_config_text(text, f"model_config in {description}"))
        with first_values_when_read(limits.UNSAVED_ELEMENTS, description):
            try:
                model = make_model(config, custom_objects, safe_mode, description)
            except (TypeError, ValueError) as error:
                error.add_note(_OPERATIONS)
                raise
            _load_weights(model, reader, "model_weights")
        if compile:
            _compile(model, reader, custom_objects)
    return model


def load_weights(
    model: Any, path: str | os.PathLike, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Reads the weights of a file of a model, or of weights alone, by the order of the layers.

    After an error the model has its weights of before.

    Args:
        model: a built model.
        path: the file's name.
        by_name: read those of layers whose names are in both, and leave the others as they are.
        skip_mismatch: weights of another shape keep their values, with a warning; with `by_name`,
            layers with another number of weights, too.
    """
    skip = {"shape": skip_mismatch, "count": skip_mismatch and by_name}
    with WeightsReader(os.fspath(path), describe(path)) as reader, rolled_back(model.variables):
        group = "model_weights" if reader.group("model_weights") else ""
        (_load_by_name if by_name else _load_weights)(model, reader, group, skip)


def _load_weights(
    model: Any, reader: WeightsReader, path: str, skip: dict[str, bool] = _SKIP_NONE
) -> None:
    names = [name for name in read_names(reader, "layer_names", path) if _names(reader, path, name)]
    layers = [layer for layer in model.layers if layer.weights]
    if len(names) != len(layers):
        raise FileRefused(
            f"{reader.description} does not fit the model: layer count mismatch: it has weights "
            f"of {len(names)} layers, and the model has {len(layers)} layers with weights."
        )
    _load_layers(zip(names, layers, strict=True), model, reader, path, skip)


def _load_by_name(model: Any, reader: WeightsReader, path: str, skip: dict[str, bool]) -> None:
    layers: dict[str, list[Any]] = {}
    for layer in model.layers:
        layers.setdefault(layer.name, []).append(layer)
    names = read_names(reader, "layer_names", path)
    pairs = ((name, layer) for name in names for layer in layers.get(name, ()))
    _load_layers(pairs, model, reader, path, skip)


def _load_layers(
    pairs: Iterable[tuple[str, Any]],
    model: Any,
    reader: WeightsReader,
    path: str,
    skip: dict[str, bool],
) -> None:
    """Reads the weights of layers, each with its name in the file, and of the model itself."""
    for name, layer in pairs:
        variables = layer.trainable_weights + layer.non_trainable_weights
        _assign(variables, reader, _join(path, name), f"layer '{layer.name}'", skip)
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    own = _join(path, "top_level_model_weights")
    if reader.group(own):
        _assign(model._own_weights, reader, own, f"model '{model.name}' itself", skip)


def _names(reader: WeightsReader, *path: str) -> list[str]:
    return read_names(reader, "weight_names", _join(*path))


def _join(*path: str) -> str:
    return "/".join(filter(None, path))


def _assign(
    variables: list,
    reader: WeightsReader,
    path: str,
    owner: str,
    skip: dict[str, bool] = _SKIP_NONE,
) -> None:
    names = _names(reader, path)
    if len(names) != len(variables):
        mismatch = (
            f"weight count mismatch for the {owner}: expected {len(variables)} weights, and the "
            f"file has {len(names)}."
        )
        _refuse_or_skip(reader, mismatch, skip["count"])
        return
    for name, variable in zip(names, variables, strict=True):
        value = reader.array(_join(path, name))
        if value.shape == variable.shape and value.dtype.kind != "S":
            variable.assign(value)
            continue
        mismatch = (
            f"shape mismatch in the {owner} for weight '{variable.path}': expected "
            f"{variable.shape}, and the file has {value.shape} of type {value.dtype}."
        )
        _refuse_or_skip(reader, mismatch, skip["shape"])


def _refuse_or_skip(reader: WeightsReader, mismatch: str, skip: bool) -> None:
    message = f"{reader.description} does not fit the model: {mismatch}"
    if not skip:
        raise FileRefused(message)
    warnings.warn(f"{message} Skipped.", stacklevel=8)


def _compile(model: Any, reader: WeightsReader, custom_objects: dict[str, Any] | None) -> None:
    """Compiles the model as the file says; a warning says where that is not possible."""
    text, where = read_text(reader, _TRAINING), f"{_TRAINING} in {reader.description}"
    if text is None:
        warnings.warn(
            f"No training configuration found in {reader.description}: the model was not "
            "compiled. Compile it manually.",
            stacklevel=5,
        )
        return
    try:
        model.compile(**_compile_arguments(read_json(text, where), custom_objects))
    except FileRefused:
        raise
    except (TypeError, ValueError, *UNFIT) as error:
        warnings.warn(
            f"The model was not compiled, as {where} cannot be used: {type(error).__name__}: "
            f"{clipped(str(error), 500)} Compile it manually.",
            stacklevel=5,
        )
        return
    if model.built and reader.group("optimizer_weights"):
        _load_optimizer(model, reader)


def _load_optimizer(model: Any, reader: WeightsReader) -> None:
    model.optimizer.build(model.trainable_variables)
    variables = model.optimizer.variables
    try:
        with rolled_back(variables):
            # A model that was compiled, and not trained, has the first two only.
            count = len(_names(reader, "optimizer_weights"))
            first = variables if count != 2 else variables[:2]
            _assign(first, reader, "optimizer_weights", f"optimizer '{model.optimizer.name}'")
    except FileRefused as error:
        warnings.warn(f"The optimizer begins anew, without its state: {error}", stacklevel=6)


def _compile_arguments(config: Any, custom_objects: dict[str, Any] | None) -> dict[str, Any]:
    optimizer = dict(config["optimizer_config"])
    optimizer["class_name"] = optimizer["class_name"].removeprefix("Custom>")
    unknown = ("jit_compile", "is_legacy_optimizer")  # of Keras 2
    optimizer["config"] = {k: v for k, v in optimizer["config"].items() if k not in unknown}

    def made(module: Any, x: Any) -> Any:
        """The losses or metrics in lists and dicts; names remain for `compile`."""
        if isinstance(x, list):
            return [made(module, item) for item in x]
        if not isinstance(x, dict):
            return x
        if "class_name" not in x:
            return {key: made(module, value) for key, value in x.items()}
        settings = dict(x["config"])
        function = settings.pop("fn", None)  # Keras 2's, which the class knows
        if x["class_name"] == "MeanMetricWrapper":
            return settings["name"] if settings.get("name") in _SHORT_NAMES else function
        if settings.get("reduction") == "auto":
            del settings["reduction"]
        return module.deserialize({**x, "config": settings}, custom_objects)

    return {
        "optimizer": optimizers.deserialize(modern_config(optimizer, False), custom_objects),
        "loss": made(losses, config.get("loss")),
        "metrics": made(metrics, config.get("metrics")),
        "weighted_metrics": made(metrics, config.get("weighted_metrics")),
        "loss_weights": config.get("loss_weights"),
    }

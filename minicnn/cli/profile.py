"""`minicnn profile`: where the time of a training step of a saved model goes."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from minicnn import analysis
from minicnn.cli import images
from minicnn.cli.arguments import at_least
from minicnn.cli.model_files import one_sentence, opened, say, show
from minicnn.common.dtypes import is_float_dtype, standardize_dtype

SUMMARY = "measure where the time of a training step goes, layer by layer"
DESCRIPTION = """Measures the training step of the model in a .keras file, forward and backward of
each layer, with random data or copies of an image. The file stays as it is."""

_LOSSES = {"softmax": "sparse_categorical_crossentropy", "sigmoid": "binary_crossentropy"}
_SPARE = ("type", "a second", "of processor", "memory", "multiply-adds", "algorithm")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `minicnn profile`."""
    parser.add_argument("model", metavar="MODEL.keras", help="the model")
    parser.add_argument(
        "image", metavar="IMAGE", nargs="?", help="measure with copies of it [random data]"
    )
    parser.add_argument(
        "--batch-size", type=at_least(1), default=32, help="samples in a step [%(default)s]"
    )
    parser.add_argument(
        "--seconds", type=at_least(1), default=1, help="for how long to measure [%(default)s]"
    )
    images.add_arguments(parser)


@one_sentence("profile")
def command(options: argparse.Namespace) -> None:
    """Measure and print the table."""
    model = opened(options.model)
    if not getattr(model, "inputs", None):
        raise ValueError(
            f"the model {model.name!r} has no known inputs, so that no data can be made for it. "
            "Use `minicnn.analysis.profile(model, x, y)` in Python."
        )
    if not model.compiled or model.optimizer is None or not model.loss:
        loss = _LOSSES.get(_last_activation(model.outputs[0]), "mean_squared_error")
        model.compile("adam", loss)
        say(f"The model is saved without a loss or optimizer: measured with {loss}, Adam.")
    if options.image:
        image = images.prepared(model, options.image, options)
        x = np.repeat(image.x, options.batch_size, axis=0)
        say(f"{image.words}; {options.batch_size} copies")
    else:
        x = _inputs(model, options.batch_size)
        say(f"Random data, {options.batch_size} samples in a step.")
    y = _targets(model, options.batch_size)
    show(analysis.profile(model, x, y, seconds=options.seconds), _SPARE)


def _inputs(model: Any, samples: int) -> Any:
    random = np.random.default_rng(0)
    found = []
    for spec in model.inputs:
        if None in spec.shape[1:]:
            raise ValueError(
                f"the model {model.name!r} takes inputs of any size, {spec.shape}: give an IMAGE "
                "of the size to measure with."
            )
        shape, dtype = (samples, *spec.shape[1:]), standardize_dtype(spec.dtype)
        drawn = random.random(shape) if is_float_dtype(dtype) else random.integers(0, 2, shape)
        found.append(drawn.astype(dtype))
    return found[0] if len(found) == 1 else found


def _targets(model: Any, samples: int) -> Any:
    """Random targets that the losses accept."""
    losses = model.loss
    if isinstance(losses, dict):
        losses = [losses.get(name) for name in model.output_names]
    losses = losses if isinstance(losses, (list, tuple)) else [losses] * len(model.outputs)
    random = np.random.default_rng(1)
    found = [
        _drawn(random, loss, output, samples)
        for loss, output in zip(losses, model.outputs, strict=True)
    ]
    return found[0] if len(found) == 1 else found


def _drawn(random: np.random.Generator, loss: Any, output: Any, samples: int) -> np.ndarray:
    shape = (samples, *(n or 1 for n in output.shape[1:]))
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    if "sparse" in name.lower():
        return random.integers(0, shape[-1], shape[:-1]).astype("int32")
    if "categorical" in name.lower() and "binary" not in name.lower():
        return np.eye(shape[-1], dtype="float32")[random.integers(0, shape[-1], shape[:-1])]
    return random.integers(0, 2, shape).astype("float32")


def _last_activation(output: Any) -> str:
    layer = output._keras_history.operation
    if type(layer).__name__ == "Softmax":
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", "")

"""Checks of what the functions of this room are given: models, inputs, targets, names of layers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.common.dtypes import is_float_dtype, standardize_dtype
from minicnn.common.suggest import did_you_mean
from minicnn.layers import Layer
from minicnn.trainers.batch import as_tensors
from minicnn.trainers.build_model import build_for_any_batch_size


def check_model(model: Any, function: str) -> None:
    """Refuses what is not a layer or model."""
    if not isinstance(model, Layer):
        raise TypeError(
            f"`{function}` looks into a model of minicnn, but got {model!r} of type "
            f"{type(model).__name__}. For a model of Keras: save it, and open the file with "
            "`minicnn.saving.load_model`."
        )


def check_built(model: Any, function: str) -> None:
    """Refuses a model that has no weights yet."""
    if not model.built:
        raise ValueError(
            f"`{function}` needs a model with weights, but {model.name!r} is not built yet. Begin "
            "it with `keras.Input(shape)`, call it on a batch, or `model.build(shape)`."
        )


def checked_inputs(model: Any, x: Any, function: str) -> Any:
    """The inputs as tensors, once their number and shapes are those that the model takes."""
    check_model(model, function)
    if x is None:
        raise ValueError(f"`{function}` needs inputs for the model {model.name!r}: `x` is None.")
    x = tree.map_structure(_as_array, x) if not _is_nested_numbers(x) else _as_array(x)
    x = as_tensors(x)
    build_for_any_batch_size(model, (x,))
    specs = getattr(model, "inputs", None) if has_inputs(model) else None
    given = tree.flatten(x)
    if specs is None or len(given) != len(specs):
        return x  # the model itself says what is wrong
    for value, spec in zip(given, specs, strict=True):
        if value is not None:
            _check_shape(model, tuple(value.shape), tuple(spec.shape), function)
    return x


def takes_training(model: Any) -> bool:
    """Whether the model's call may be told `training`."""
    return "training" in model._call_context_args


def has_inputs(model: Any) -> bool:
    """Whether the model knows its symbolic inputs."""
    try:
        return getattr(model, "inputs", None) is not None
    except AttributeError:
        return False


def _is_nested_numbers(x: Any) -> bool:
    """Whether lists hold numbers, not one array for each input."""
    return isinstance(x, (list, tuple)) and all(
        isinstance(leaf, (bool, int, float)) for leaf in tree.flatten(x)
    )


def _as_array(x: Any) -> Any:
    if x is None or isinstance(x, Tensor):
        return x
    array = np.asarray(x)
    return array.astype("float32") if isinstance(x, float) else array


def _check_shape(model: Any, came: tuple, expected: tuple, function: str) -> None:
    if _fits(came, expected):
        return
    if _fits((1, *came), expected):
        hint = " The batch axis is missing: pass `x[None]` for one image."
    elif _fits((*came, 1), expected):
        return  # the model adds the last axis
    elif len(came) == len(expected) and came[-1] == 1 and _fits(came[:-1], expected):
        return
    else:
        hint = " Resize or crop the images, for example with `keras.ops.image.resize`."
        hint = hint if len(expected) == 4 else ""
    if len(came) == len(expected) + 1 and came[-1] == 1:
        return
    raise ValueError(
        f"`{function}` got inputs of shape {came}, but the model {model.name!r} takes "
        f"{expected}.{hint}"
    )


def _fits(came: Sequence, expected: Sequence) -> bool:
    """Whether the lengths are those expected, without that of the batch."""
    return len(came) == len(expected) and all(
        n is None or n == m for m, n in zip(came[1:], expected[1:], strict=True)
    )


def with_gradient(model: Any, x: Any, function: str) -> Any:
    """The inputs as floating point tensors, to which gradients can be taken."""
    specs = tree.flatten(model.inputs) if has_inputs(model) else []
    expected = [standardize_dtype(spec.dtype) for spec in specs]

    def floating(i: int, value: Tensor) -> Tensor:
        dtype = standardize_dtype(value.dtype)
        wanted = expected[i] if i < len(expected) else dtype
        if not is_float_dtype(wanted):
            raise TypeError(
                f"`{function}` takes the gradient to the inputs of {model.name!r}, but they are "
                f"whole numbers ({wanted}), which have no gradient. Cast images to floats "
                "(`x.astype('float32')`); for a model with an `Embedding`, look at "
                "`gradients(model, x, y)` of its output."
            )
        return Tensor(value.array.astype(wanted, copy=False))

    flat = [floating(i, value) for i, value in enumerate(tree.flatten(x))]
    return tree.pack_sequence_as(x, flat)


def chosen_calls(layers: Any, names: Iterable[str], layer_of: dict[str, Any], model: Any) -> list:
    """The names of calls that `layers` asks for: all, or those of names or layer objects.

    Args:
        layers: None, a name, a layer, or a list of them. A layer's own name means all its calls.
        names: the calls.
        layer_of: the layer of each call, by its name.
        model: for the error.

    Raises:
        ValueError: a name that no call has; with the most similar one.
    """
    names = list(names)
    if layers is None:
        return names
    wanted = layers if isinstance(layers, (list, tuple)) else [layers]
    found: list[str] = []
    for one in wanted:
        if isinstance(one, str):
            matching = [n for n in names if n == one] or [
                n for n in names if getattr(layer_of[n], "name", None) == one
            ]
        else:
            matching = [n for n in names if layer_of[n] is one]
        if not matching:
            what = repr(one) if isinstance(one, str) else repr(getattr(one, "name", one))
            raise ValueError(
                f"No layer {what} in the model {model.name!r}."
                f"{did_you_mean(str(getattr(one, 'name', one)), names)} "
                f"Its layers are: {', '.join(names)}."
            )
        found += [n for n in matching if n not in found]
    return found

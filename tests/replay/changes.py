"""Every setting of an object, and what else it could be: for tests that change them in training."""

from __future__ import annotations

import numpy as np

import minicnn as keras
from minicnn.autodiff import Tensor, Variable
from minicnn.ops.symbolic.keras_tensor import KerasTensor

NOT_SETTINGS = frozenset(
    """name _name built _built path _called _builds_open _locked _trainable _dtype_policy history
    _auto_config _compile_config _inbound_nodes _outbound_nodes _build_shapes_dict _added_weights
    _input_seen input_spec output_names _own_variables _seed _init_seed""".split()
)
OTHER_STRINGS = {
    "sum_over_batch_size": "sum",
    "sum": "mean",
    "rows": "columns",
    "float32": "float64",
    "valid": "same",
    "same": "valid",
    "channels_last": "channels_first",
    "relu": "tanh",
    "uniform_average": "variance_weighted",
    "bilinear": "nearest",
    "constant": "reflect",
    "micro": "macro",
}


def set_attribute(owner, name, value):
    setattr(owner, name, value)


def set_item(owner, key, value):
    owner[key] = value


def settings_of(root):
    """Names of all plain values that an object holds, however deep, and ways to change them.

    A way is a function of the root (or its twin), since it must do the same to each of both.
    """
    yield from _settings(root, lambda twin: twin, "", set())


def _settings(x, reach, path, seen):
    if id(x) in seen or isinstance(x, (Variable, Tensor, KerasTensor)):
        return
    seen.add(id(x))
    if isinstance(x, dict):
        parts, setter, get = x.items(), set_item, lambda owner, key: owner[key]
    elif isinstance(x, list):
        parts, setter, get = enumerate(x[:2]), set_item, lambda owner, key: owner[key]
        if x and path:
            yield f"{path}.append", lambda twin: reach(twin).append(reach(twin)[-1])
    elif type(x).__module__.startswith("minicnn") and hasattr(x, "__dict__"):
        parts, setter, get = vars(x).items(), set_attribute, getattr
    else:
        return
    for key, value in list(parts):
        if key in NOT_SETTINGS or isinstance(value, keras.initializers.Initializer):
            continue
        here = f"{path}.{key}"
        if isinstance(value, np.ndarray):
            yield here, lambda twin, key=key: _write_into(get(reach(twin), key))
        elif (other := another(value)) is not None:
            yield (
                here,
                lambda twin, key=key, other=other: setter(reach(twin), key, other),
            )
        else:
            yield from _settings(value, lambda twin, key=key: get(reach(twin), key), here, seen)


def _write_into(array):
    if array.dtype.kind == "b":
        np.logical_not(array, out=array)
    else:
        array += array.dtype.type(1)


def another(value):
    """A value of the same kind; None if the value is not plain."""
    if value is None:
        return 1
    if isinstance(value, (bool, np.bool_)):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2 + 0.25
    if isinstance(value, str):
        return OTHER_STRINGS.get(value, value)
    if isinstance(value, tuple) and value and all(type(v) in (int, float) for v in value):
        return tuple(map(another, value))
    if callable(value) and hasattr(value, "__name__"):
        of_losses = hasattr(keras.losses, value.__name__)
        return keras.losses.mean_absolute_error if of_losses else keras.activations.sigmoid
    return None

"""The data that the model is called on: the user's arrays, or random ones of the right shapes."""

from __future__ import annotations

import zipfile
from typing import Any, NamedTuple

import numpy as np

from compare.cli.outcome import CannotCompare

LENGTH = 16  # of an axis whose length is None in the model
CLASSES = 10  # random whole numbers are below this, unless an Embedding says how many there are


class InputShape(NamedTuple):
    """The input of a model without symbolic inputs, such as a subclass of Model."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"


def inputs_of(model: Any, description: dict[str, Any]) -> list[Any]:
    """The model's symbolic inputs, or the shape of the data that it was built for."""
    if found := getattr(model, "inputs", None):
        return found
    shape = (description.get("build_config") or {}).get("input_shape")
    if not shape or not all(n is None or isinstance(n, int) for n in shape):
        raise CannotCompare(
            "the model has no inputs of a known shape: call it on data before you save it."
        )
    return [InputShape("inputs", tuple(shape))]


def drawn(inputs: list[Any], batch: int, seed: int) -> list[np.ndarray]:
    """Random arrays for the model's symbolic inputs."""
    return [
        _drawn(x, (x.shape[0] or batch, *(n or LENGTH for n in x.shape[1:])), [seed, i])
        for i, x in enumerate(inputs)
    ]


def _drawn(x: Any, shape: tuple[int, ...], seed: list[int]) -> np.ndarray:
    random = np.random.default_rng(seed)
    vocabulary = _vocabulary(x)
    if vocabulary or "int" in x.dtype:
        return random.integers(0, vocabulary or CLASSES, shape).astype(x.dtype)
    if x.dtype == "bool":
        return random.integers(0, 2, shape).astype(bool)
    return random.standard_normal(shape, "float32").astype(x.dtype)


def _vocabulary(x: Any) -> int | None:
    """`input_dim` of the Embedding that is called on the input; None if there is none."""
    if isinstance(x, InputShape):
        return None
    readers = [node.operation for node in x._keras_history.operation._outbound_nodes]
    return min((r.input_dim for r in readers if type(r).__name__ == "Embedding"), default=None)


def given(file: str, inputs: list[Any], batch: int) -> list[np.ndarray]:
    """The first rows of the arrays in a .npz file."""
    arrays = _chosen(_read(file), inputs, file)
    rows = {len(a) if a.ndim else 0 for a in arrays}
    if len(rows) > 1 or 0 in rows:
        raise CannotCompare(
            f"the arrays in {file} have {sorted(rows)} rows: give all the same number of rows, "
            "at least one."
        )
    return [_fitted(a[: x.shape[0] or batch], x, file) for a, x in zip(arrays, inputs, strict=True)]


def _read(file: str) -> dict[str, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}
    except FileNotFoundError:
        raise CannotCompare(f"there is no file {file}.") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        raise CannotCompare(
            f"{file} is not a .npz file of numbers as np.savez writes it: {error}"
        ) from error


def _chosen(arrays: dict[str, np.ndarray], inputs: list[Any], file: str) -> list[np.ndarray]:
    """The arrays with the names of the inputs; else the only array, or arr_0, arr_1 …"""
    names = [x.name for x in inputs]
    numbered = [f"arr_{i}" for i in range(len(inputs))]
    if set(names) <= set(arrays):
        return [arrays[name] for name in names]
    if len(inputs) == len(arrays) == 1:
        return list(arrays.values())
    if set(numbered) == set(arrays):
        return [arrays[name] for name in numbered]
    raise CannotCompare(
        f"{file} has {', '.join(sorted(arrays)) or 'no arrays'}; the model's inputs are called "
        f"{', '.join(names)}: save the arrays under these names, np.savez(FILE, {names[0]}=...)."
    )


def _fitted(array: np.ndarray, x: Any, file: str) -> np.ndarray:
    fits = array.ndim == len(x.shape) and all(
        m is None or m == n for m, n in zip(x.shape, array.shape, strict=True)
    )
    if not fits:
        raise CannotCompare(
            f"the data for the input {x.name} have shape {array.shape}; the model needs {x.shape}."
        )
    if array.dtype.kind not in "biuf":
        raise CannotCompare(f"the data for the input {x.name} are not numbers: {array.dtype}.")
    fitted = array.astype(x.dtype)
    if fitted.dtype.kind != "f" and not np.array_equal(fitted, array):
        raise CannotCompare(f"the data for the input {x.name} are not numbers of type {x.dtype}.")
    return fitted

"""Runs in Keras's process: checks the gradients of a Keras layer with `minicnn.testing`."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np

from compare.cli.outcome import CannotCompare
from compare.libraries.library import Library
from minicnn.testing import WrongGradient
from minicnn.testing.check import check
from minicnn.testing.differentiable import Differentiable

USUAL = [[[2, 6, 6, 3]], [[3, 5, 4]], [[4, 6]], [[3, 4], [3, 4]], [[2, 4, 4, 4, 2]]]
"""Shapes that are tried where none is given."""
FLOAT32 = 1e-3
"""How far a gradient in float32 may be from that in float64, relative to its largest element."""


def check_layer(library: Library, task: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the rows of the table, and what is wrong."""
    _compute_in(library, "float64")
    layer, shapes = _called(library, task)
    random = np.random.default_rng([task["seed"], 8])
    _randomize(library, layer, random)
    inputs = [_draw(shape, task["seed"], i) for i, shape in enumerate(shapes)]
    function = as_function(library, layer, inputs, task["training"])
    result: dict[str, Any] = {"rows": [], "notes": [], "wrong": "", "shapes": shapes}
    result["notes"].append(f"Inputs of shape {', '.join(str(tuple(s)) for s in shapes)}.")
    try:
        report = check(function, truth="differences", seed=task["seed"])
        errors = {row.name: row.error for row in report.rows}
        result["notes"] += [row.text() for row in report.rows if row.kinks or row.left_out]
        result["notes"] += report.notes
    except WrongGradient as error:
        errors = {}
        wrong = {mistake.name for mistake in error.mistakes}
        result["wrong"] = str(error)
    single = _float32_errors(library, task, layer, function)
    for name in function.names:
        right = name in errors if errors else name not in wrong
        close = single is None or single[name] <= FLOAT32
        verdict = "wrong" if not right else "holds" if close else "float32 is off"
        result["rows"].append(
            {
                "name": name,
                "float64": errors.get(name),
                "float32": None if single is None else single[name],
                "verdict": verdict,
            }
        )
    yield result


def as_function(library: Library, layer: Any, inputs: list, training: bool) -> Differentiable:
    """The layer as a function of its inputs and its trainable weights."""
    weights = list(layer.trainable_variables)
    state = [(v, library.numpy(v)) for v in layer.variables]
    kind = library.numpy(library.keras.ops.zeros((), layer.compute_dtype)).dtype
    count = len(inputs)

    def restore() -> None:
        for variable, value in state:
            variable.assign(value)

    def call(*tensors: Any) -> list:
        argument = tensors[0] if count == 1 else list(tensors)
        keywords = {"training": True} if training else {}
        outputs = library.keras.tree.flatten(layer(argument, **keywords))
        return [y for y in outputs if "float" in str(y.dtype)]

    def placed(arrays: Any) -> list[np.ndarray]:
        restore()
        for variable, value in zip(weights, arrays[count:], strict=True):
            variable.assign(value.astype(kind))
        return [x.astype(kind) for x in arrays[:count]]

    def forward(arrays: Any) -> list[np.ndarray]:
        given = placed(arrays)
        try:
            return [library.numpy(y) for y in call(*map(library.tensor, given))]
        finally:
            restore()

    def pull_back(arrays: Any, cotangents: Any) -> list:
        given = placed(arrays)
        try:
            return library.differentiate(call, given, weights, cotangents)
        finally:
            restore()

    arrays = [*inputs, *(library.numpy(v).astype("float64") for v in weights)]
    names = [f"input {i}" for i in range(count)] + [f"variable {v.path}" for v in weights]
    return Differentiable(arrays, names, forward, pull_back)


def _compute_in(library: Library, dtype: str) -> None:
    library.keras.config.set_floatx(dtype)
    library.keras.config.set_dtype_policy(dtype)
    if library.keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_enable_x64", True)


def _called(library: Library, task: dict[str, Any]) -> tuple[Any, list]:
    """A built layer, and the shapes of its inputs."""
    failures = []
    for shapes in [task["shapes"]] if task["shapes"] else USUAL:
        layer = _made(library, task)
        tensors = [library.tensor(_draw(s, task["seed"], i)) for i, s in enumerate(shapes)]
        try:
            layer(tensors[0] if len(tensors) == 1 else tensors)
        except Exception as error:
            failures.append(f"{shapes}: {type(error).__name__}: {str(error).splitlines()[0]}")
            continue
        return layer, shapes
    hint = "" if task["shapes"] else " Give --input-shape."
    raise CannotCompare(f"the layer cannot be called on {'; '.join(failures[:2])}.{hint}")


def _made(library: Library, task: dict[str, Any]) -> Any:
    spec = importlib.util.spec_from_file_location("layer_to_check", task["file"])
    module = importlib.util.module_from_spec(spec)
    sys.modules["layer_to_check"] = module
    spec.loader.exec_module(module)
    found = getattr(module, task["name"], None)
    if found is None:
        raise CannotCompare(f"{task['file']} has no {task['name']}.")
    layer = found if isinstance(found, library.keras.layers.Layer) else found(**task["settings"])
    if not isinstance(layer, library.keras.layers.Layer):
        raise CannotCompare(f"{task['name']} makes a {type(layer).__name__}, not a Keras layer.")
    return layer


def _draw(shape: list[int], seed: int, i: int) -> np.ndarray:
    return np.random.default_rng([seed, 7, i]).standard_normal(shape)


def _randomize(library: Library, layer: Any, random: np.random.Generator) -> None:
    """Weights without zeros and ones, which would hide mistakes."""
    for v in layer.trainable_variables:
        v.assign(library.numpy(v) + 0.2 * random.standard_normal(tuple(v.shape)))


def _float32_errors(
    library: Library, task: dict[str, Any], layer: Any, function: Differentiable
) -> dict[str, float] | None:
    """How far the gradients in float32 are from those in float64, relative to the largest."""
    double = function.pull_back(function.arrays, function.draw(task["seed"]))
    weights = [library.numpy(v) for v in layer.variables]
    library.keras.config.set_floatx("float32")
    library.keras.config.set_dtype_policy("float32")
    try:
        again, _ = _called(library, task)
        if again.compute_dtype != "float32":
            return None
        for variable, value in zip(again.variables, weights, strict=True):
            variable.assign(value)
        count = len(function.arrays) - len(again.trainable_variables)
        inputs = function.arrays[:count]
        single = as_function(library, again, inputs, task["training"])
        found = single.pull_back(single.arrays, function.draw(task["seed"]))
    finally:
        _compute_in(library, "float64")
    errors = {}
    for name, a, b in zip(function.names, double, found, strict=True):
        if a is None or b is None:
            errors[name] = 0.0 if a is b else float("inf")
            continue
        scale = max(float(np.abs(a).max(initial=0.0)), 1e-300)
        errors[name] = float(np.abs(a - b).max(initial=0.0)) / scale
    return errors

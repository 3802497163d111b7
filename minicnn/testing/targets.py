"""Turns what is to be checked (a function, layer, loss or model) into a function of tensors."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from minicnn import Layer, Loss, Model, Tensor, config, losses, tree
from minicnn.testing.errors import CannotCheck


class Target(NamedTuple):
    """A function of tensors, where it is checked, and what its inputs are called."""

    function: Callable
    arrays: list
    names: list[str]


@contextlib.contextmanager
def float64_on_numpy() -> Iterator[None]:
    """Context in which layers are made and computed in float64 on the NumPy backend."""
    floatx, backend, policy = config.floatx(), config.backend(), config.dtype_policy()
    config.set_backend("numpy")
    config.set_floatx("float64")
    config.set_dtype_policy("float64")
    try:
        yield
    finally:
        config.set_backend(backend)
        config.set_floatx(floatx)
        config.set_dtype_policy(policy)


@contextlib.contextmanager
def target_of(
    function: Any,
    inputs: tuple,
    settings: dict[str, Any],
    input_shape: Any,
    y: Any,
    loss: Any,
    seed: int,
) -> Iterator[Target]:
    """Context in which the object to check is a function of tensors in float64."""
    if inspect.isclass(function) and issubclass(function, (Layer, Loss)):
        function, settings = function(**settings), {}
    if input_shape is not None:
        inputs = (*draw(input_shape, seed), *inputs)
    if isinstance(function, Layer):
        with layer_in_float64(function):
            yield _layer_target(function, inputs, settings, y, loss)
        return
    if y is not None or loss is not None:
        raise CannotCheck("`y` and `loss` are for models and layers; a function has no loss.")
    if isinstance(function, Loss):
        yield _loss_target(function, inputs, settings)
        return
    if not callable(function):
        raise CannotCheck(
            "What is checked must be a function, a layer, a loss or a model, but is a "
            f"{type(function).__name__}."
        )
    names = [f"input {i}" for i in range(len(tree.flatten(list(inputs))))]
    yield Target(lambda *x: function(*x, **settings), list(inputs), names)


def draw(input_shape: Any, seed: int) -> list[np.ndarray]:
    """Random inputs of a shape, or of each of several; a length of None becomes 2."""
    several = isinstance(input_shape, (list, tuple)) and any(
        isinstance(part, (list, tuple)) for part in input_shape
    )
    random = np.random.default_rng([seed, 7])
    shapes = input_shape if several else [input_shape]
    return [random.standard_normal([2 if n is None else n for n in s]) for s in shapes]


def _loss_target(loss: Loss, inputs: tuple, settings: dict[str, Any]) -> Target:
    if len(inputs) < 2:
        raise CannotCheck(
            f"A loss takes labels and predictions: check_gradients({loss.name}, y_true, y_pred)."
        )
    in_float64 = type(loss).from_config({**loss.get_config()})
    in_float64.__dict__.update(loss.__dict__)
    in_float64._dtype = "float64"
    y_true, *others = inputs
    names = ["y_pred", *(f"input {i + 2}" for i in range(len(others) - 1))]
    return Target(lambda *x: in_float64(y_true, *x, **settings), others, names)


def check_call(kind: type[Layer]) -> None:
    """Refuses the class of a layer that computes nothing."""
    if kind.call is Layer.call:
        raise CannotCheck(
            f"{kind.__name__} has no `call`, so it computes nothing. Write "
            "`def call(self, inputs): ...`."
        )


def _layer_target(layer: Layer, inputs: tuple, settings, y: Any, loss: Any) -> Target:
    if not inputs:
        raise CannotCheck(
            f"Give {type(layer).__name__} an input: check_gradients(layer, x), or "
            "check_gradients(layer, input_shape=(2, 5, 5, 3))."
        )
    check_call(type(layer))
    loss = _loss_of(layer, y, loss)
    inputs = tuple(map(_floats_as_float64, inputs))
    layer(*map(_as_tensor, inputs), **settings)
    _to_float64(layer)
    state = [(v, v.snapshot()) for v in layer.variables]
    weights = [v for v in layer.trainable_variables if v.value.is_inexact]
    given = len(inputs)

    def apply(*tensors: Any) -> Any:
        for variable, value in state:
            variable.restore(value)
        for variable, value in zip(weights, tensors[given:], strict=True):
            variable.restore(value)
        try:
            outputs = layer(*tensors[:given], **settings)
            return outputs if loss is None else loss(y, outputs)
        finally:
            for variable, value in state:
                variable.restore(value)

    names = [f"input {i}" for i in range(len(tree.flatten(list(inputs))))]
    names += [f"variable {v.path}" for v in weights]
    return Target(apply, [*inputs, *(v.numpy() for v in weights)], names)


def _loss_of(layer: Layer, y: Any, loss: Any) -> Callable | None:
    if y is None:
        if loss is not None:
            raise CannotCheck("A `loss` needs labels: pass `y`, too.")
        return None
    if loss is None:
        compiled = isinstance(layer, Model) and getattr(layer, "loss", None)
        if not compiled:
            raise CannotCheck(
                f"`y` was given, but no loss: pass `loss=`, or compile {layer.name!r} with one."
            )
        loss = compiled
    found = losses.get(loss)
    if isinstance(found, Loss):
        in_float64 = type(found).from_config(found.get_config())
        in_float64.__dict__.update(found.__dict__)
        in_float64._dtype = "float64"
        return in_float64
    return found


@contextlib.contextmanager
def layer_in_float64(layer: Layer) -> Iterator[None]:
    """Context in which a layer, and all layers inside, compute in float64 with their weights."""
    parts = layer._flatten_layers()
    policies = [part.dtype_policy for part in parts]
    before = [(v, v.snapshot()) for v in layer.variables]
    symbols = [x for part in parts for x in _symbolic_inputs(part) if x.dtype.startswith("float")]
    types = [x.dtype for x in symbols]
    for part in parts:
        part.dtype_policy = "float64"
    for symbol in symbols:
        symbol._dtype = "float64"
    _to_float64(layer)
    try:
        yield
    finally:
        for part, policy in zip(parts, policies, strict=True):
            part.dtype_policy = policy
        for symbol, dtype in zip(symbols, types, strict=True):
            symbol._dtype = dtype
        for variable, value in before:
            variable.restore(value)


def _symbolic_inputs(layer: Layer) -> list:
    """The symbolic inputs of a model, whose type its inputs are cast to."""
    if not isinstance(layer, Model) or not layer.built:
        return []
    return tree.flatten(getattr(layer, "inputs", None) or [])


def _to_float64(layer: Layer) -> None:
    for variable in layer.variables:
        array = variable.snapshot().array
        if array.dtype.kind == "f" and array.dtype != np.dtype("float64"):
            variable.restore(Tensor(array.astype("float64"), None, variable))


def _floats_as_float64(x: Any) -> Any:
    return tree.map_structure(
        lambda leaf: (
            leaf.astype("float64")
            if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f"
            else leaf
        ),
        x,
    )


def _as_tensor(x: Any) -> Any:
    return tree.map_structure(lambda n: Tensor(n) if isinstance(n, np.ndarray) else n, x)

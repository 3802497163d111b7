"""Calls a forward and a backward in the ways in which students write them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.testing.differentiable import Differentiable
from minicnn.testing.errors import CannotCheck, Diagnosis, Mistake, WrongGradient


class Calls:
    """Calls a forward and a backward function as they were written.

    Attributes:
        active: which inputs are differentiated.
    """

    def __init__(self, forward: Callable, backward: Callable, inputs: tuple):
        for what, function in (("forward", forward), ("backward", backward)):
            if not callable(function):
                raise CannotCheck(
                    f"`{what}` must be a function, but is a {type(function).__name__}. Call it "
                    "like this: check_backward(forward, backward, x, w)."
                )
        self._forward, self._backward = forward, backward
        self._inputs = [_in_float64(x) for x in inputs]
        self.active = [i for i, x in enumerate(self._inputs) if _is_floating(x)]
        if not self.active:
            raise CannotCheck(_no_floats(inputs))
        self._has_cache: bool | None = None

    def function(self) -> Differentiable:
        """The functions as arrays in, arrays out."""
        names = _names(self._forward, len(self._inputs))
        sizes = {
            f"`{names[i]}`": float(x)
            for i, x in enumerate(self._inputs)
            if isinstance(x, (int, float)) and not isinstance(x, bool)
        }
        sizes |= {f"{name} squared": x**2 for name, x in sizes.items()}
        arrays = [self._inputs[i] for i in self.active]
        copies = [x.copy() for x in arrays]
        function = Differentiable(
            arrays, [names[i] for i in self.active], self.forward, self.backward, sizes
        )
        _assert_unchanged("forward", function.names, arrays, copies)
        return function

    def _merged(self, arrays) -> list:
        merged = list(self._inputs)
        for i, x in zip(self.active, arrays, strict=True):
            merged[i] = x
        return merged

    def _call_forward(self, arrays) -> tuple[list, Any]:
        result = self._forward(*self._merged(arrays))
        if self._has_cache is None:
            self._has_cache = _has_cache(result, self._backward, len(self._inputs))
        cache = None
        if self._has_cache:
            result, cache = result
        if result is None:
            raise CannotCheck("`forward` returned None: is a `return` missing?")
        results = list(result) if isinstance(result, (tuple, list)) else [result]
        arrays = [np.asarray(y) for y in results]
        for y in arrays:
            if y.dtype.kind not in "fc":
                raise CannotCheck(
                    f"`forward` returned {y.dtype} numbers. Only floats have gradients: compute "
                    "with floats, or return `y.astype(float)`."
                )
        return arrays, (result, cache)

    def forward(self, arrays) -> list:
        """The results."""
        with np.errstate(all="ignore"):
            return self._call_forward(arrays)[0]

    def backward(self, arrays, cotangents) -> list:
        """The gradients, one for each differentiated input."""
        results, (result, cache) = self._call_forward(arrays)
        single = not isinstance(result, (tuple, list))
        given = [np.array(c) for c in cotangents]
        cotangent = given[0] if single else tuple(given)
        if results[0].ndim == 0 and single:
            cotangent = np.float64(given[0])
        count = _parameters(self._backward)
        if self._has_cache:
            gradients = self._backward(cotangent, cache)
        elif count == 1:
            gradients = self._backward(cotangent)
        else:
            gradients = self._backward(cotangent, *self._merged(arrays))
        for c, before in zip(given, cotangents, strict=True):
            if not np.array_equal(c, before):
                raise WrongGradient(
                    "`backward` changes the cotangent (its first argument) in place; others may "
                    "still need it. Copy it first: `dx = dy.copy()`.",
                )
        return self._one_each(gradients)

    def _one_each(self, gradients: Any) -> list:
        names = [_names(self._forward, len(self._inputs))[i] for i in self.active]
        if isinstance(gradients, dict):
            gradients = list(gradients.values())
        if not isinstance(gradients, (tuple, list)) or (
            len(self.active) == 1 and len(gradients) != 1
        ):
            if len(self.active) == 1 and isinstance(gradients, (tuple, list)):
                if len(gradients) == len(self._inputs):
                    return [gradients[self.active[0]]]
                gradients = np.asarray(gradients)
            gradients = [gradients]
        gradients = list(gradients)
        if len(gradients) == len(self._inputs) != len(self.active):
            gradients = [gradients[i] for i in self.active]
        if len(gradients) != len(self.active):
            raise CannotCheck(
                f"`backward` returned {len(gradients)} gradients, but there are "
                f"{len(self.active)} inputs that are floats: {', '.join(names)}. Return one for "
                "each, in this order (None where the result does not depend on it)."
            )
        if gradients[0] is None and len(gradients) == 1:
            raise CannotCheck("`backward` returned None: is a `return` missing?")
        return [None if g is None else _real(g) for g in gradients]

    def assert_backward_is_clean(self, function: Differentiable, seed: int) -> None:
        """Raises if `backward` changes its inputs, or gives something else the second time."""
        cotangents = function.draw(seed)
        copies = [x.copy() for x in function.arrays]
        first = [None if g is None else g.copy() for g in self._call(function, cotangents)]
        _assert_unchanged("backward", function.names, function.arrays, copies)
        again = self._call(function, cotangents)
        for name, a, b in zip(function.names, first, again, strict=True):
            if a is None or b is None or np.array_equal(a, b, equal_nan=True):
                continue
            grown = a.shape == b.shape and np.allclose(b, 2 * a)
            what = (
                "The second is twice the first: it is added up from call to call. Start each call "
                "with zeros."
                if grown
                else "Is it random, or does it remember earlier calls?"
            )
            text = f"Two calls of `backward` gave different gradients to {name}. {what}"
            diagnosis = Diagnosis("accumulated" if grown else "random", text)
            raise WrongGradient(
                text, [Mistake(name, "gradient", [], (a.size, a.size), diagnosis, text)]
            )

    def _call(self, function: Differentiable, cotangents) -> list:
        try:
            return self.backward(function.arrays, cotangents)
        except (WrongGradient, CannotCheck):
            raise
        except Exception as error:
            how = "backward(dy, cache)" if self._has_cache else "backward(dy, *inputs)"
            if not self._has_cache and _parameters(self._backward) == 1:
                how = "backward(dy)"
            shapes = ", ".join(str(c.shape) for c in cotangents)
            raise CannotCheck(
                f"`backward` raised {type(error).__name__}: {error}. It was called as `{how}`, "
                f"with dy of shape {shapes}."
            ) from error


def _names(forward: Callable, count: int) -> list[str]:
    try:
        parameters = list(inspect.signature(forward).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [names[i] if i < len(names) else f"input {i}" for i in range(count)]


def _parameters(function: Callable) -> int | None:
    """How many positional arguments a function needs; None if that is open."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind == p.VAR_POSITIONAL for p in parameters):
        return None
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return sum(p.default is p.empty for p in positional) or len(positional)


def _has_cache(result: Any, backward: Callable, inputs: int) -> bool:
    """Whether a forward's result is `(result, cache)`."""
    if not isinstance(result, tuple) or len(result) != 2:
        return False
    count = _parameters(backward)
    return count == 2 or (count is None and not isinstance(result[1], np.ndarray))


def _no_floats(inputs: tuple) -> str:
    kinds = ", ".join(str(getattr(x, "dtype", type(x).__name__)) for x in inputs)
    return (
        "There is nothing to differentiate: no input is an array of floats (got "
        f"{kinds or 'none'}). Integers have no gradient; pass floats, for example "
        "`x.astype(float)`."
    )


def _assert_unchanged(what: str, names, arrays, copies) -> None:
    for name, array, copy in zip(names, arrays, copies, strict=True):
        if not np.array_equal(array, copy, equal_nan=True):
            raise CannotCheck(
                f"`{what}` changes its input {name} in place, so that it cannot be called again. "
                f"Copy it first: `{name} = {name}.copy()`."
            )


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _in_float64(x: Any) -> Any:
    x = np.asarray(x) if isinstance(x, np.floating) else x
    if isinstance(x, list):
        x = np.array(x) if np.asarray(x).dtype.kind == "f" else x
    if not _is_floating(x):
        return x
    in_place = x.dtype == np.float64 and not (x.flags.c_contiguous or x.flags.f_contiguous)
    return x if in_place else x.astype("float64", order="K")


def _real(gradient: Any) -> np.ndarray:
    array = np.asarray(gradient)
    if array.dtype.kind not in "fiub":
        raise CannotCheck(f"`backward` returned a gradient of type {array.dtype}, not of floats.")
    return array

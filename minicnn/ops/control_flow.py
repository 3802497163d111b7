"""Branches and loops over tensors.

On values they are Python's own branches and loops, so a gradient tape records what they run. On
symbolic tensors they are operations with shape rules.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.autodiff import operations as ops
from minicnn.ops.define.specs import normalize_axes
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.operation import Operation
from minicnn.ops.symbolic.outlining import outline


class Cond(Operation):
    """The operation behind `cond`."""

    def call(self, pred, true_fn, false_fn):
        return true_fn() if bool(np.asarray(pred)) else false_fn()

    def compute_output_spec(self, pred, true_fn, false_fn):
        specs = outline(true_fn), outline(false_fn)
        if not self._check_output_spec(*specs):
            raise ValueError(
                "`true_fn` and `false_fn` should return outputs of the same kind (struct, dtype "
                f"and shape). Got {specs[0]} and {specs[1]} instead."
            )
        return specs[0]

    def _check_output_spec(self, true_fn_spec, false_fn_spec):
        try:
            tree.assert_same_structure(true_fn_spec, false_fn_spec)
        except (TypeError, ValueError):
            return False
        pairs = zip(tree.flatten(true_fn_spec), tree.flatten(false_fn_spec), strict=True)
        return all(_same_kind(a, b) for a, b in pairs)


def _same_kind(a, b):
    if a is None or b is None:
        return a is b
    return a.shape == b.shape and a.dtype == b.dtype


def cond(pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
    """`true_fn()` if the condition holds, else `false_fn()`."""
    return Cond()(pred, true_fn, false_fn)


class Switch(Operation):
    """The operation behind `switch`."""

    def call(self, index, branches, *operands):
        chosen = min(max(int(index), 0), len(branches) - 1)
        return branches[chosen](*operands)

    def compute_output_spec(self, index, branches, *operands):
        return outline(branches[0], *operands)


def switch(index: Any, branches: Any, *operands: Any) -> Any:
    """`branches[index](*operands)`; an index out of range means the nearest branch."""
    return Switch()(index, branches, *operands)


class WhileLoop(Operation):
    """The operation behind `while_loop`."""

    def __init__(self, cond, body, maximum_iterations=None, *, name=None):
        super().__init__(name=name)
        self.cond = cond
        self.body = body
        self.maximum_iterations = maximum_iterations

    def call(self, loop_vars):
        several = isinstance(loop_vars, tuple | list)
        state = tuple(loop_vars) if several else (loop_vars,)
        state = tree.map_structure(ops.convert_to_tensor, state)
        done = 0
        while bool(np.asarray(self.cond(*state))) and done != self.maximum_iterations:
            state = self.body(*state)
            state = tuple(state) if several else (state,)
            _check_structure(state, tuple(loop_vars) if several else (loop_vars,), "`body`")
            done += 1
        return state if several else state[0]

    def compute_output_spec(self, loop_vars):
        return tree.map_structure(lambda v: KerasTensor(v.shape, v.dtype), loop_vars)


def while_loop(
    cond: Callable, body: Callable, loop_vars: Any, maximum_iterations: int | None = None
) -> Any:
    """Repeats `loop_vars = body(*loop_vars)` while `cond(*loop_vars)` is true.

    >>> import minicnn as keras
    >>> keras.ops.while_loop(lambda i: i < 10, lambda i: i * 2, 3)
    Tensor(12, dtype=int32)
    """
    return WhileLoop(cond, body, maximum_iterations)(loop_vars)


class ForiLoop(Operation):
    """The operation behind `fori_loop`."""

    def __init__(self, lower, upper, body_fun, *, name=None):
        super().__init__(name=name)
        self.lower = lower
        self.upper = upper
        self.body_fun = body_fun

    def call(self, init_val):
        value = init_val
        for i in range(int(self.lower), int(self.upper)):
            value = self.body_fun(ops.convert_to_tensor(i), value)
            _check_structure(value, init_val, "`body_fun` of fori_loop")
        return value

    def compute_output_spec(self, init_val):
        return tree.map_structure(lambda v: KerasTensor(v.shape, v.dtype), init_val)


def fori_loop(lower: Any, upper: Any, body_fun: Callable, init_val: Any) -> Any:
    """Computes `value = body_fun(i, value)` for each i from `lower` up to `upper` - 1."""
    return ForiLoop(lower, upper, body_fun)(init_val)


def _check_structure(result, expected, who):
    try:
        tree.assert_same_structure(expected, result)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{who} should return the same structure each time. Expected (* is any value): "
            f"{_outline(expected)}. Received: {_outline(result)}"
        ) from error


def _outline(structure):
    return tree.map_structure(lambda _: "*", structure)


def _length(xs, length=None):
    """The number of slices of each leaf and `length`, as far as they are known."""
    shapes = [x.shape for x in tree.flatten(xs)]
    known = {shape[0] for shape in shapes} | {None if length is None else int(length)}
    known.discard(None)
    if len(known) > 1:
        asked = "" if length is None else f" and length={length}"
        raise ValueError(
            "The arrays in `xs` must have the same first dimension, which is `length` if that is "
            f"given. Received arrays of shapes {shapes}{asked}."
        )
    return known.pop() if known else None


def _entry(xs, i):
    return tree.map_structure(lambda x: x[i], xs)


def _stacked(results):
    """The results of one structure as one structure with stacked leaves."""
    for result in results:
        _check_structure(result, results[0], "`f`")
    leaves = zip(*(tree.flatten(result) for result in results), strict=True)
    return tree.pack_sequence_as(results[0], [ops.stack(list(leaf)) for leaf in leaves])


def _as_tensors(structure):
    return tree.map_structure(ops.convert_to_tensor, structure)


def _prepended(length):
    return lambda y: KerasTensor((length, *y.shape), y.dtype)


def _without_first_axis(xs):
    return tree.map_structure(lambda x: KerasTensor(x.shape[1:], x.dtype), xs)


class Map(Operation):
    """The operation behind `map`."""

    def call(self, f, xs):
        xs = _as_tensors(xs)
        if _length(xs) == 0:
            empty = self.compute_output_spec(f, xs)
            return tree.map_structure(lambda y: ops.zeros(y.shape, y.dtype), empty)
        return _stacked([f(_entry(xs, i)) for i in range(_length(xs))])

    def compute_output_spec(self, f, xs):
        y = outline(f, _without_first_axis(xs))
        return tree.map_structure(_prepended(_length(xs)), y)


def map(f: Callable, xs: Any) -> Any:
    """`f` of each slice of xs along the first axis, stacked. xs and f(x) may be nested."""
    return Map()(f, xs)


class VectorizedMap(Operation):
    """The operation behind `vectorized_map`."""

    def __init__(self, function, *, name=None):
        super().__init__(name=name)
        self.function = function

    serialized_settings = ("function",)
    """Settings that files store as serialized objects; reading a file deserializes them."""

    def get_config(self):
        return {"name": self.name, "function": self.function}

    def call(self, elements):
        return Map().call(self.function, elements)

    def compute_output_spec(self, elements):
        return Map().compute_output_spec(self.function, elements)


def vectorized_map(function: Callable, elements: Any) -> Any:
    """`function` of each slice of the elements along the first axis, stacked."""
    return VectorizedMap(function)(elements)


class Scan(Operation):
    """The operation behind `scan`."""

    def __init__(self, length=None, reverse=False, unroll=1, *, name=None):
        super().__init__(name=name)
        self.length = length
        self.reverse = reverse

    def call(self, f, init, xs=None):
        xs = None if xs is None else _as_tensors(xs)
        count = int(self.length) if xs is None else _length(xs, self.length)
        carry, results = _as_tensors(init), []
        order = range(count - 1, -1, -1) if self.reverse else range(count)
        for i in order:
            carry, y = f(carry, None if xs is None else _entry(xs, i))
            results.append(y)
        if self.reverse:
            results.reverse()
        return carry, _stacked(results) if results and results[0] is not None else None

    def compute_output_spec(self, f, init, xs=None):
        count = int(self.length) if xs is None else _length(xs, self.length)
        carry, y = outline(f, init, None if xs is None else _without_first_axis(xs))
        return carry, tree.map_structure(_prepended(count), y)


def scan(
    f: Callable,
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    unroll: int | bool = 1,
) -> tuple[Any, Any]:
    """A loop that passes a value on and collects results: `carry, y = f(carry, x)`.

    Args:
        f: the step.
        init: the first carry.
        xs: the x of each step is a slice along its first axis; None for a loop without x.
        length: number of steps, needed if `xs` is None.
        reverse: whether to go from the last x to the first.
        unroll: accepted for Keras's programs and without effect.

    Returns:
        The last carry, and the ys stacked.
    """
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    if not isinstance(unroll, bool) and (not isinstance(unroll, int) or unroll < 1):
        raise ValueError(
            f"`unroll` must be an positive integer or boolean. Received: unroll={unroll}"
        )
    if xs is None and length is None:
        raise ValueError("Got no `xs` to scan over and `length` not provided.")
    return Scan(length=length, reverse=reverse)(f, init, xs)


class AssociativeScan(Operation):
    """The operation behind `associative_scan`."""

    def __init__(self, reverse=False, axis=0, *, name=None):
        super().__init__(name=name)
        self.reverse = reverse
        self.axis = axis

    def call(self, f, elems):
        elems = _as_tensors(elems)
        _check_equal_lengths(elems, self.axis)
        axis = normalize_axes(self.axis, tree.flatten(elems)[0].ndim)[0]
        count = tree.flatten(elems)[0].shape[axis]
        order = range(count - 1, -1, -1) if self.reverse else range(count)
        results: list = []
        for i in order:
            entry = tree.map_structure(lambda x, i=i: _slab(x, i, axis), elems)
            result = f(results[-1], entry) if results else entry
            results.append(tree.pack_sequence_as(elems, tree.flatten(result)))
        if self.reverse:
            results.reverse()
        leaves = zip(*(tree.flatten(r) for r in results), strict=True)
        joined = [ops.concatenate(list(leaf), axis=axis) for leaf in leaves]
        return tree.pack_sequence_as(elems, joined)

    def compute_output_spec(self, f, elems):
        _check_equal_lengths(elems, self.axis)
        return tree.map_structure(lambda x: KerasTensor(x.shape, x.dtype), elems)


def _check_equal_lengths(elems, axis):
    shapes = [x.shape for x in tree.flatten(elems)]
    if len({shape[normalize_axes(axis, len(shape))[0]] for shape in shapes}) > 1:
        raise ValueError(
            "Array inputs to associative_scan must have the same first dimension (that of "
            f"axis={axis}). Received shapes: {shapes}"
        )


def _slab(x: Tensor, i: int, axis: int) -> Tensor:
    return x[(slice(None),) * axis + (slice(i, i + 1),)]


def associative_scan(f: Callable, elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Cumulative results of an associative function: `y₀ = x₀`, `yᵢ = f(yᵢ₋₁, xᵢ)`."""
    if not callable(f):
        raise TypeError(f"`f` should be a callable. Received: f={f}")
    return AssociativeScan(reverse=reverse, axis=axis)(f, elems)

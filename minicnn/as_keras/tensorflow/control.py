"""`tf.function`, loops and branches: run as Python runs them; checks, names and devices."""

from __future__ import annotations

import contextlib
import functools
import logging
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import ops, tree
from minicnn.as_keras.tensorflow.registry import NAMES, named
from minicnn.as_keras.tensorflow.shapes import static
from minicnn.autodiff import Tensor
from minicnn.ops.symbolic.keras_tensor import KerasTensor


@named("function")
def function(func: Callable | None = None, input_signature: Any = None, **settings: Any) -> Any:
    """The function as it is; it is given tensors for arrays, and its numbers become tensors.

    `jit_compile`, `autograph` and the other settings have no effect: the function runs as Python.
    """
    if func is None:
        return functools.partial(function, input_signature=input_signature)

    @functools.wraps(func)
    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = tree.map_structure(_argument, (args, kwargs))
        return tree.map_structure(_result, func(*args, **kwargs))

    call.python_function = func
    call.get_concrete_function = lambda *args, **kwargs: call
    return call


def _argument(x: Any) -> Any:
    return Tensor(x.copy()) if isinstance(x, np.ndarray) else x


def _result(x: Any) -> Any:
    kinds = (bool, int, float, np.ndarray, np.number)
    return ops.convert_to_tensor(x) if isinstance(x, kinds) else x


@named("py_function numpy_function")
def py_function(func: Callable | None = None, inp: Any = None, Tout: Any = None) -> Any:
    """What a function of Python makes of the tensors, in these types."""
    result = func(*map(ops.convert_to_tensor, inp))
    if isinstance(Tout, list | tuple):
        return [ops.cast(ops.convert_to_tensor(x), t) for x, t in zip(result, Tout, strict=True)]
    return result if Tout is None else ops.cast(ops.convert_to_tensor(result), Tout)


@named("custom_gradient")
def custom_gradient(f: Callable) -> Callable:
    """Decorator for a function that also returns its gradient."""
    return ops.custom_gradient(f)


@named("recompute_grad grad_pass_through")
def recompute_grad(f: Callable) -> Callable:
    """The function as it is."""
    return f


@named("cond")
def cond(pred: Any, true_fn: Callable, false_fn: Callable) -> Any:
    """What one of two functions returns."""
    if isinstance(pred, KerasTensor):
        return ops.cond(pred, true_fn, false_fn)
    return true_fn() if bool(pred) else false_fn()


@named("case")
def case(pred_fn_pairs: Any, default: Any = None, exclusive: bool = False) -> Any:
    """What the function of the first condition that holds returns."""
    for condition, chosen in pred_fn_pairs:
        if bool(condition):
            return chosen()
    return default()


@named("switch_case")
def switch_case(branch_index: Any, branch_fns: Any, default: Any = None) -> Any:
    """What the function of this number returns."""
    known = dict(branch_fns) if _has_pairs(branch_fns) else dict(enumerate(branch_fns))
    return known.get(int(branch_index), default or list(known.values())[-1])()


def _has_pairs(branch_fns: Any) -> bool:
    return isinstance(branch_fns, dict) or not callable(branch_fns[0])


@named("while_loop")
def while_loop(
    cond: Callable,
    body: Callable,
    loop_vars: Any,
    *_: Any,
    maximum_iterations: Any = None,
    **__: Any,
) -> Any:
    """Calls `body` with what it returned before, while `cond` holds."""
    values, left = loop_vars, float("inf") if maximum_iterations is None else maximum_iterations
    values = tree.map_structure(ops.convert_to_tensor, values)
    while left > 0 and bool(cond(*values)):
        result = body(*values)
        values, left = tree.pack_sequence_as(loop_vars, tree.flatten(result)), left - 1
        values = tree.map_structure(ops.convert_to_tensor, values)
    return values


@named("map_fn vectorized_map")
def map_fn(fn: Callable, elems: Any, *_: Any, **__: Any) -> Any:
    """What the function makes of each row, stacked."""
    results = [fn(row) for row in _rows(elems)]
    return tree.map_structure(lambda *parts: ops.stack(parts), *results)


@named("scan")
def scan(
    fn: Callable, elems: Any, initializer: Any = None, *_: Any, reverse: bool = False, **__: Any
) -> Any:
    """All states, stacked: each is `fn(state before, row)`."""
    rows = _rows(elems)[:: -1 if reverse else 1]
    states = [rows.pop(0)] if initializer is None else []
    state = states[0] if states else initializer
    for row in rows:
        state = fn(state, row)
        states.append(state)
    states = states[:: -1 if reverse else 1]
    return tree.map_structure(lambda *parts: ops.stack(parts), *states)


@named("foldl")
def foldl(fn: Callable, elems: Any, initializer: Any = None, *_: Any, **__: Any) -> Any:
    """The last state: each is `fn(state before, row)`."""
    rows = _rows(elems)
    state = rows.pop(0) if initializer is None else initializer
    return functools.reduce(fn, rows, state)


def _rows(elems: Any) -> list:
    """The rows of tensors, in their structure."""
    elems = tree.map_structure(ops.convert_to_tensor, elems)
    count = tree.flatten(elems)[0].shape[0]
    return [tree.map_structure(lambda x, i=i: x[i], elems) for i in range(count)]


@named(
    "no_op group control_dependencies init_scope device name_scope "  # contexts and decorators
    "autograph.experimental.do_not_convert"
)
def _nothing(*args: Any, **_: Any) -> Any:
    """Has no effect: a context, or the decorated function as it is."""
    return args[0] if args and callable(args[0]) else contextlib.nullcontext()


@named("timestamp")
def timestamp() -> Any:
    """Seconds since 1970, as a tensor."""
    return Tensor(np.array(time.time()))


@named("get_static_value")
def get_static_value(tensor: Any, partial: bool = False) -> Any:
    """The values as an array."""
    return np.asarray(tensor)


@named("is_tensor")
def is_tensor(x: Any) -> bool:
    """Whether x is a tensor, variable or symbolic tensor."""
    return (
        hasattr(x, "dtype") and hasattr(x, "shape") and not isinstance(x, np.ndarray | np.generic)
    )


named("nest.flatten")(lambda structure: tree.flatten(structure))
named("nest.is_nested")(lambda seq: tree.is_nested(seq))
named("nest.map_structure")(lambda func, *structure: tree.map_structure(func, *structure))
named("nest.pack_sequence_as")(
    lambda structure, flat_sequence: tree.pack_sequence_as(structure, flat_sequence)
)


class TensorArray:
    """`tf.TensorArray`: a list of tensors of one shape."""

    def __init__(self, dtype: Any, size: Any = 0, dynamic_size: Any = None, **_: Any):
        self.dtype, self._parts = dtype, [None] * static(size)

    def write(self, index: Any, value: Any) -> TensorArray:
        """Puts a tensor at a place."""
        index = static(index)
        self._parts += [None] * (index + 1 - len(self._parts))
        self._parts[index] = ops.convert_to_tensor(value, self.dtype)
        return self

    def read(self, index: Any) -> Any:
        """The tensor at a place."""
        return self._parts[static(index)]

    def unstack(self, value: Any) -> TensorArray:
        """Puts the rows of a tensor at the places."""
        self._parts = list(ops.convert_to_tensor(value, self.dtype))
        return self

    def stack(self) -> Any:
        """All tensors as the rows of one; zeros where none was written."""
        known = next(part for part in self._parts if part is not None)
        return ops.stack([ops.zeros_like(known) if x is None else x for x in self._parts])

    def concat(self) -> Any:
        """All tensors joined."""
        return ops.concatenate(self._parts, 0)

    def size(self) -> Any:
        """The number of places."""
        return Tensor(np.array(len(self._parts), "int32"))


def _check(names: str, holds: Callable, what: str) -> None:
    def check(x: Any, *others: Any, message: str | None = None, **settings: Any) -> None:
        values = [np.asarray(each) for each in (x, *others, *settings.values())]
        if not np.all(holds(*values)):
            raise ValueError(f"{message or ''} {names.split()[0]}: expected {what}.".strip())

    named(names)(check)


_check("debugging.assert_equal assert_equal", np.equal, "equal elements")
_check("debugging.assert_none_equal", np.not_equal, "elements that differ")
_check("debugging.assert_less assert_less", np.less, "smaller elements")
_check("debugging.assert_less_equal", np.less_equal, "elements that are not larger")
_check("debugging.assert_greater assert_greater", np.greater, "larger elements")
_check("debugging.assert_greater_equal", np.greater_equal, "elements that are not smaller")
_check("debugging.assert_positive", lambda x: x > 0, "positive elements")
_check("debugging.assert_non_negative", lambda x: x >= 0, "no negative elements")
_check("debugging.assert_near", lambda a, b: np.abs(a - b) <= 1e-5 + 1e-5 * np.abs(b), "near ones")
_check("debugging.assert_rank assert_rank", lambda x, n: x.ndim == n, "another number of axes")
_check("debugging.assert_all_finite", lambda x, *_: np.isfinite(x), "finite elements")


@named("debugging.check_numerics")
def check_numerics(tensor: Any, message: str) -> Any:
    """The tensor, if all its elements are finite."""
    NAMES["debugging.assert_all_finite"](tensor, message=message)
    return tensor


def _harmless(names: str, value: Any = None) -> None:
    """Functions that set or tell what minicnn has one answer to."""
    named(names)(lambda *_, **__: value)


_harmless(
    "config.list_physical_devices config.list_logical_devices config.get_visible_devices "
    "config.experimental.list_physical_devices config.experimental.list_logical_devices",
    [],
)
_harmless(
    "config.set_visible_devices config.experimental.set_memory_growth config.optimizer.set_jit "
    "config.optimizer.set_experimental_options config.set_soft_device_placement "
    "config.threading.set_intra_op_parallelism_threads config.run_functions_eagerly "
    "config.threading.set_inter_op_parallelism_threads config.experimental.enable_op_determinism "
    "config.set_logical_device_configuration config.experimental_run_functions_eagerly "
    "config.experimental.set_virtual_device_configuration debugging.set_log_device_placement "
    "debugging.enable_check_numerics debugging.disable_traceback_filtering autograph.set_verbosity "
    "data.experimental.enable_debug_mode"
)
_harmless("executing_eagerly config.functions_run_eagerly", True)
_harmless("test.is_gpu_available test.is_built_with_cuda inside_function", False)
_harmless("test.gpu_device_name", "")
_harmless("get_logger", logging.getLogger("tensorflow"))

"""How an operation is declared: its forward, its derivatives and its shape rule in one place.

    @op("x1", "x2", promote="common", spec=specs.elementwise,
        vjp=(lambda g, y, x1, x2: g * x2,
             lambda g, y, x1, x2: g * x1))
    def multiply(x1, x2):
        return kernels.multiply(x1, x2)

The names are the parameters that are tensors; all others are settings. The body maps arrays to
arrays. Each function of `vjp` belongs to one tensor and gives its cotangent, from the cotangent of
the result, the result, and the arguments; it is written in operations, so that it can be
differentiated again. From the declaration come the function `multiply`, which serves arrays,
recorded tensors and symbolic tensors, and the class `Multiply` for graphs.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minicnn import config, dtypes
from minicnn.autodiff import Record, Tensor, Variable, is_recording
from minicnn.autodiff.array_like import OPERATIONS
from minicnn.ops.keras_tensor import KerasTensor, any_symbolic_tensors
from minicnn.ops.operation import Operation, is_outlining, outline

Vjp = Callable[..., Any] | None


def op(
    *tensors: str,
    spec: Callable[..., Any],
    vjp: Sequence[Vjp] | Vjp = None,
    promote: str | None = None,
    apart: Sequence[str] = (),
    class_name: str | None = None,
) -> Callable[[Callable], Callable]:
    """Declares a differentiable operation.

    Args:
        tensors: the tensor parameters' names; `"*xs"` for a parameter that is a sequence of them.
        spec: the shape rule, from symbolic tensors (and the settings) to symbolic tensors.
        vjp: for each tensor parameter a function `(cotangent, output, *tensors, **settings)` to
            its cotangent, or None where no gradient flows. Broadcasting and casts are undone by
            the machinery. For several outputs `cotangent` and `output` are lists.
        promote: `"common"` casts all tensors to the type that they promote to; `"float"` too,
            and makes integers floating point.
        apart: tensor parameters that take no part in the promotion.
        class_name: of the operation's class, where CamelCase of the function's is not Keras's.
    """

    def declare(forward: Callable) -> Callable:
        primitive = Primitive(forward, tensors, spec, vjp, promote, apart)
        return _as_function(primitive, forward, class_name)

    return declare


def composite(*tensors: str, class_name: str | None = None) -> Callable[[Callable], Callable]:
    """Declares an operation that is written in others: no shape rule, no derivative needed."""

    def declare(forward: Callable) -> Callable:
        return _as_function(Composite(forward, tensors), forward, class_name)

    return declare


def _as_function(kind: Composite, forward: Callable, class_name: str | None) -> Callable:
    @functools.wraps(forward)
    def function(*args, **kwargs):
        return kind(*args, **kwargs)

    function.primitive = kind
    function.operation_class = kind.operation_class = _operation_class(kind, class_name)
    return function


class Composite:
    """A function of tensors and settings, that also has a class for graphs."""

    def __init__(self, forward: Callable, tensors: Sequence[str]):
        self.forward = forward
        self.name = forward.__name__
        self.tensors = tuple(name.lstrip("*") for name in tensors)
        self.sequences = tuple(name[1:] for name in tensors if name.startswith("*"))
        self.signature = inspect.signature(forward)
        self.parameters = tuple(self.signature.parameters)
        self.settings = tuple(name for name in self.parameters if name not in self.tensors)
        self.defaults = {
            name: parameter.default
            for name, parameter in self.signature.parameters.items()
            if parameter.default is not parameter.empty
        }
        self.operation_class: type | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tensors, settings = self.bind(args, kwargs)
        if self._any_symbolic(tensors):
            return self.draw(tensors, settings)
        tensors = [
            [_as_argument(x) for x in value] if name in self.sequences else _as_argument(value)
            for name, value in zip(self.tensors, tensors, strict=True)
        ]
        return self.forward(**dict(zip(self.tensors, tensors, strict=True)), **settings)

    def bind(self, args: tuple, kwargs: dict) -> tuple[list, dict]:
        """The tensors in their order, and the settings by name."""
        if not self.settings and not kwargs and len(args) == len(self.tensors):
            return list(args), {}
        if len(args) > len(self.parameters):
            self.signature.bind(*args, **kwargs)
        settings = self.defaults | dict(zip(self.parameters, args, strict=False)) | kwargs
        if settings.keys() != self.signature.parameters.keys():
            self.signature.bind(*args, **kwargs)
        return [settings.pop(name) for name in self.tensors], settings

    def _any_symbolic(self, tensors: list) -> bool:
        for name, x in zip(self.tensors, tensors, strict=True):
            if isinstance(x, KerasTensor):
                return True
            if name in self.sequences and any(isinstance(item, KerasTensor) for item in x):
                return True
        return False

    def draw(self, tensors: list, settings: dict) -> Any:
        """The result's outline; with a node in the graph, unless only the outline is wanted."""
        if is_outlining():
            return self.outline(tensors, settings)
        return self.operation_class.draw(tensors, settings)

    def outline(self, tensors: list, settings: dict) -> Any:
        """Shapes and types of the result."""
        return outline(self.forward, **dict(zip(self.tensors, tensors, strict=True)), **settings)


class Primitive(Composite):
    """A function of arrays, with its shape rule and its vector-Jacobian products."""

    def __init__(
        self,
        forward: Callable,
        tensors: Sequence[str],
        spec: Callable,
        vjp: Any,
        promote: str | None,
        apart: Sequence[str],
    ):
        super().__init__(forward, tensors)
        self.spec = spec
        self.vjp = tuple(vjp) if isinstance(vjp, Sequence) else (vjp,)
        self.vjp += (None,) * (len(self.tensors) - len(self.vjp))
        self.promote = promote
        self.apart = tuple(apart)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        tensors, settings = self.bind(args, kwargs)
        if self._any_symbolic(tensors) or (is_outlining() and any_symbolic_tensors(settings)):
            return self.draw(tensors, settings)
        given, tensors = tensors, self._as_tensors(tensors)
        arrays = self._promoted(tensors)
        try:
            # NaN and infinity are results like any other, as in Keras.
            with np.errstate(all="ignore"):
                result = self.forward(**dict(zip(self.tensors, arrays, strict=True)), **settings)
        except ValueError:
            self.outline(given, settings)  # the shape rule knows better what is wrong
            raise
        several = isinstance(result, (tuple, list))
        outputs = [Tensor(np.asarray(array)) for array in (result if several else (result,))]
        if is_recording():
            self._record(tensors, arrays, settings, outputs, several)
        return type(result)(outputs) if several else outputs[0]

    def outline(self, tensors: list, settings: dict) -> Any:
        """Shapes and types of the result, by the rule."""
        tensors = [
            [_as_spec(x) for x in value] if name in self.sequences else _as_spec(value)
            for name, value in zip(self.tensors, tensors, strict=True)
        ]
        dtype = _result_type(self._kinds(tensors), config.floatx()) if self.promote else None
        tensors = [
            _cast_spec(x, None if name in self.apart else dtype)
            for name, x in zip(self.tensors, tensors, strict=True)
        ]
        return self.spec(*tensors, **settings)

    def pull_back(
        self, record: Record, cotangents: list, outputs: list, needed: list[bool]
    ) -> list:
        """Cotangents of the flat inputs where needed, None elsewhere."""
        tensors, settings, several = record.arguments
        if several:
            cotangents = [
                Tensor(np.zeros(y.shape, y.dtype)) if g is None else g
                for g, y in zip(cotangents, outputs, strict=True)
            ]
            g, y = cotangents, outputs
        else:
            g, y = cotangents[0], outputs[0]
        parts: list = []
        for function, x in zip(self.vjp, tensors, strict=True):
            inputs = x if isinstance(x, list) else [x]
            wanted = needed[len(parts) : len(parts) + len(inputs)]
            if function is None or not any(wanted):
                parts += [None] * len(inputs)
                continue
            part = function(g, y, *tensors, **settings)
            part = part if isinstance(x, list) else [part]
            parts += [
                self._fitted(p, i) if w and p is not None else None
                for p, i, w in zip(part, inputs, wanted, strict=True)
            ]
        return parts

    def _as_tensors(self, tensors: list) -> list:
        return [
            [_as_tensor(x) for x in value] if name in self.sequences else _as_tensor(value)
            for name, value in zip(self.tensors, tensors, strict=True)
        ]

    def _promoted(self, tensors: list) -> list:
        dtype = _array_type(self._kinds(tensors), config.floatx()) if self.promote else None
        return [
            _array(x, None if name in self.apart else dtype)
            for name, x in zip(self.tensors, tensors, strict=True)
        ]

    def _kinds(self, tensors: list) -> tuple:
        """The types that are promoted to one: of Python numbers int and float, which are weak."""
        if self.apart:
            named = zip(self.tensors, tensors, strict=True)
            tensors = [x for name, x in named if name not in self.apart]
        kinds = [
            x.kind if isinstance(x, _Scalar) else x.dtype for x in _flat(tensors) if x is not None
        ]
        if self.promote == "float":
            kinds.append(float)
        return tuple(kinds)

    def _record(
        self, tensors: list, arrays: list, settings: dict, outputs: list[Tensor], several: bool
    ) -> None:
        inputs = _flat(tensors)
        if not any(isinstance(x, Tensor) and x.record is not None for x in inputs):
            return
        if all(function is None for function in self.vjp):
            return
        kept = [_kept(x, array) for x, array in zip(tensors, arrays, strict=True)]
        record = Record(self, _flat(kept), (kept, settings, several))
        record.made(outputs)
        for y in outputs:
            if y.array.dtype.kind in "fc":
                y.record = record

    def _fitted(self, g: Any, x: Tensor) -> Tensor:
        """The cotangent in its input's shape (broadcasting undone) and type."""
        if g.shape != x.shape:
            g = _unbroadcast(g, x.shape)
        if g.dtype != x.dtype:
            g = OPERATIONS["cast"](g, x.dtype)
        if g.shape != x.shape:
            raise AssertionError(
                f"The derivative of `{self.name}` has shape {g.shape}, its input {x.shape}: it is "
                "wrong."
            )
        return g


def _unbroadcast(g: Any, shape: tuple) -> Any:
    """The adjoint of broadcasting from `shape`: sums over the axes that were stretched."""
    added = g.ndim - len(shape)
    axes = tuple(range(added)) + tuple(
        added + i for i, length in enumerate(shape) if length == 1 and g.shape[added + i] != 1
    )
    if axes:
        g = OPERATIONS["sum"](g, axis=axes, keepdims=True)
    return OPERATIONS["reshape"](g, shape) if added > 0 else g


# The default float type is an argument, as the results depend on it.
_result_type = functools.lru_cache(maxsize=4096)(lambda kinds, floatx: dtypes.result_type(*kinds))
_array_type = functools.lru_cache(maxsize=4096)(
    lambda kinds, floatx: dtypes.numpy_dtype(dtypes.result_type(*kinds))
)


class _Scalar:
    """A Python number: its type gives way to that of the tensors it meets."""

    __slots__ = ("kind", "value")
    record = None

    def __init__(self, value: Any):
        self.value = value
        self.kind = type(value)

    @property
    def array(self) -> np.ndarray:
        return np.asarray(self.value, _result_type((self.kind,), config.floatx()))


def _as_tensor(x: Any) -> Any:
    if x is None or isinstance(x, Tensor):
        return x
    if isinstance(x, Variable):
        return x.value
    if isinstance(x, (bool, int, float)):
        return _Scalar(x)
    if isinstance(x, (list, tuple)) and _holds_tensors(x):
        return OPERATIONS["stack"](list(x))
    return Tensor(to_array(x))


def _holds_tensors(x: Any) -> bool:
    """Whether a nested list has tensors in it, whose records must not be lost."""
    return any(
        isinstance(item, (Tensor, Variable))
        or (isinstance(item, (list, tuple)) and _holds_tensors(item))
        for item in x
    )


def _as_argument(x: Any) -> Any:
    """What a composite works with: a tensor, a symbolic tensor, a Python number or None."""
    if x is None or isinstance(x, (Tensor, KerasTensor, bool, int, float)):
        return x
    return _as_tensor(x)


def to_array(x: Any, dtype: Any = None) -> np.ndarray:
    """The array that Keras would make of a value: Python numbers get the default types."""
    if isinstance(x, Variable):
        x = x.value
    if isinstance(x, Tensor):
        x = x.array
    if isinstance(x, KerasTensor):
        x.__array__()
    if dtype is not None:
        return np.asarray(x, dtypes.numpy_dtype(dtype))
    if isinstance(x, (np.ndarray, np.generic)):
        return np.asarray(x)
    array = np.asarray(x)
    if hasattr(x, "dtype") or hasattr(x, "__array__") or _holds_arrays(x):
        return array
    if array.dtype.kind == "f":
        return array.astype(config.floatx())
    if array.dtype.kind == "i":
        return array.astype("int32")
    return array


def _holds_arrays(x: Any) -> bool:
    return isinstance(x, (list, tuple)) and any(
        hasattr(item, "dtype") or _holds_arrays(item) for item in x[:1]
    )


def _kept(x: Any, array: Any) -> Any:
    """The argument as the way back needs it: of a Python number, the array computed with."""
    if isinstance(x, list):
        return [_kept(*pair) for pair in zip(x, array, strict=True)]
    return Tensor(array) if isinstance(x, _Scalar) else x


def _array(x: Any, dtype: np.dtype | None) -> Any:
    """The ndarray (or list of them) of an argument, in the type it was promoted to."""
    if isinstance(x, list):
        return [_array(item, dtype) for item in x]
    if x is None:
        return None
    if isinstance(x, _Scalar) and dtype is not None:
        return np.asarray(x.value, dtype)
    return x.array if dtype is None or x.array.dtype == dtype else x.array.astype(dtype)


def _flat(tensors: list) -> list:
    flat: list = []
    for x in tensors:
        flat += x if isinstance(x, list) else [x]
    return flat


def _as_spec(x: Any) -> Any:
    if x is None or isinstance(x, KerasTensor):
        return x
    if isinstance(x, (bool, int, float)):
        return _Scalar(x)
    array = to_array(x)
    return KerasTensor(array.shape, array.dtype.name)


def _cast_spec(x: Any, dtype: str | None) -> Any:
    if isinstance(x, list):
        return [_cast_spec(item, dtype) for item in x]
    if isinstance(x, _Scalar):
        return KerasTensor((), dtype or x.array.dtype.name)
    return x if x is None or dtype is None else KerasTensor(x.shape, dtype)


def _operation_class(kind: Composite, class_name: str | None) -> type:
    """The operation's class: settings in `__init__`, tensors in `call`."""

    class DeclaredOperation(Operation):
        declaration = kind

        def __init__(self, *args: Any, name: str | None = None, **settings: Any):
            super().__init__(name=name)
            self.settings = kind.defaults | dict(zip(kind.settings, args, strict=False)) | settings
            self.settings = {k: v for k, v in self.settings.items() if k in kind.settings}
            unknown = [key for key in settings if key not in kind.settings]
            if unknown or len(args) > len(kind.settings):
                raise TypeError(
                    f"{type(self).__name__} takes the settings "
                    f"{', '.join(kind.settings) or '(none)'}, but got {unknown or args}."
                )
            self.__dict__.update(self.settings)

        @classmethod
        def draw(cls, tensors: list, settings: dict) -> Any:
            return cls(**settings).symbolic_call(*tensors)

        def call(self, *tensors: Any, **named: Any) -> Any:
            return kind(**dict(zip(kind.tensors, tensors, strict=False)), **named, **self.settings)

        def compute_output_spec(self, *tensors: Any, **named: Any) -> Any:
            tensors, _ = kind.bind(
                (), dict(zip(kind.tensors, tensors, strict=False)) | named | self.settings
            )
            return kind.outline(tensors, self.settings)

        def get_config(self) -> dict[str, Any]:
            return {"name": self.name, **self.settings}

    name = class_name or "".join(part[:1].upper() + part[1:] for part in kind.name.split("_"))
    DeclaredOperation.__name__ = DeclaredOperation.__qualname__ = name
    DeclaredOperation.__doc__ = kind.forward.__doc__
    DeclaredOperation.__module__ = ".".join(kind.forward.__module__.split(".")[:3])
    return DeclaredOperation


def operation_classes(namespace: dict[str, Any]) -> dict[str, type]:
    """The classes of a module's public operations, to be exported beside them."""
    public = namespace.get("__all__") or [name for name in namespace if not name.startswith("_")]
    classes = [getattr(namespace[name], "operation_class", None) for name in public]
    return {cls.__name__: cls for cls in classes if cls is not None}

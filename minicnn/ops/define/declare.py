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

from collections.abc import Callable, Sequence
from typing import Any

from minicnn.ops.define.arguments import to_array
from minicnn.ops.define.declared import Declared
from minicnn.ops.define.fused import Fused
from minicnn.ops.define.primitive import Composite, Primitive
from minicnn.ops.symbolic.keras_tensor import any_symbolic_tensors
from minicnn.ops.symbolic.operation import Operation

__all__ = ["composite", "fused", "op", "operation_classes", "to_array"]

Vjp = Callable[..., Any] | None


def op(
    *tensors: str,
    spec: Callable[..., Any],
    vjp: Sequence[Vjp] | Vjp = None,
    promote: str | None = None,
    apart: Sequence[str] = (),
    wide: bool = False,
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
        wide: whether float16 and bfloat16 are computed with in float32, as they must be where many
            numbers are added up; see `half.py`.
        class_name: of the operation's class, where CamelCase of the function's is not Keras's.
    """

    def declare(forward: Callable) -> Callable:
        primitive = Primitive(forward, tensors, spec, vjp, promote, apart, wide)
        return _as_function(primitive, class_name)

    return declare


def composite(
    *tensors: str, wide: bool = False, class_name: str | None = None
) -> Callable[[Callable], Callable]:
    """Declares an operation that is written in others: no shape rule, no derivative needed."""

    def declare(forward: Callable) -> Callable:
        return _as_function(Composite(forward, tensors, wide), class_name)

    return declare


def fused(
    *tensors: str, forward: Callable, gradients: Callable | None = None, wide: bool = False
) -> Callable[[Callable], Callable]:
    """Declares an operation that kernels do in one go; the decorated function is its definition.

    Args:
        tensors: the tensor parameters' names.
        forward, gradients: the kernels; see `Fused`.
        wide: as for `op`.
    """

    def declare(definition: Callable) -> Callable:
        return _as_function(Fused(definition, forward, gradients, tensors, wide), None)

    return declare


def _as_function(kind: Declared, class_name: str | None) -> Callable:
    """The function that users call; the class for graphs is an attribute of it."""
    function = kind.as_function()
    function.operation_class = kind.operation_class = _operation_class(kind, class_name)
    return function


def _operation_class(kind: Declared, class_name: str | None) -> type:
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
        def call_symbolically(cls, tensors: list, settings: dict) -> Any:
            # A symbolic tensor among the settings is an input of the graph's node.
            inputs = {k: v for k, v in settings.items() if any_symbolic_tensors((v,))}
            settings = {k: v for k, v in settings.items() if k not in inputs}
            return cls(**settings).symbolic_call(*tensors, **inputs)

        def call(self, *tensors: Any, **named: Any) -> Any:
            return kind(**dict(zip(kind.tensors, tensors, strict=False)), **(self.settings | named))

        def compute_output_spec(self, *tensors: Any, **named: Any) -> Any:
            tensors, settings = kind.bind(
                (), dict(zip(kind.tensors, tensors, strict=False)) | self.settings | named
            )
            return kind.outline(tensors, settings)

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

"""`Input`: the symbolic tensor that a functional model begins with."""

from __future__ import annotations

import warnings
from typing import Any

from minicnn.common import configuration, dtypes
from minicnn.common.shapes import standardize_shape
from minicnn.layers.base.layer import Layer
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.node import Node


class InputLayer(Layer):
    """The operation at the beginning of a graph, whose output is the model's input.

    Args:
        shape: lengths of the axes without the batch axis.
        batch_size: length of the batch axis, if it is fixed.
        dtype: type of the elements, `config.floatx()` by default.
        batch_shape: the shape with the batch axis, instead of `shape`.
        input_tensor: a symbolic tensor to use, instead of a new one.
        optional: whether None may be passed in its place.
        name: made up if not given.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: KerasTensor | None = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ):
        super().__init__(name=name)
        if "input_shape" in kwargs:
            warnings.warn(
                "Argument `input_shape` is deprecated. Use `shape` instead.", stacklevel=2
            )
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if kwargs:
            raise ValueError(f"Unrecognized keyword arguments passed to InputLayer: {kwargs}")
        if sparse or ragged:
            kind = "sparse" if sparse else "ragged"
            raise ValueError(f"`{kind}=True` is not supported: minicnn has dense tensors only.")
        if input_tensor is not None:
            batch_shape, dtype = _shape_and_dtype_of_tensor(
                input_tensor, shape, batch_size, batch_shape, dtype
            )
        self._batch_shape = _whole_shape(shape, batch_size, batch_shape, input_tensor)
        self._input_dtype = dtypes.standardize_dtype(dtype or configuration.floatx())
        self.sparse = self.ragged = False
        self.optional = optional
        self.built = True
        output = (
            input_tensor
            if input_tensor is not None
            else KerasTensor(self._batch_shape, self._input_dtype, name=self.name)
        )
        Node(operation=self, outputs=output)

    @property
    def batch_shape(self) -> tuple:
        """The shape with the batch axis."""
        return self._batch_shape

    @property
    def dtype(self) -> str:
        """Type of the elements."""
        return self._input_dtype

    def call(self) -> None:
        """Returns nothing: the values are given when the model is called."""

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes an equal layer."""
        return {
            "batch_shape": self.batch_shape,
            "dtype": self.dtype,
            "sparse": self.sparse,
            "ragged": self.ragged,
            "name": self.name,
            "optional": self.optional,
        }


def _whole_shape(shape: Any, batch_size: Any, batch_shape: Any, input_tensor: Any) -> tuple:
    if shape is not None and batch_shape is not None and input_tensor is None:
        raise ValueError(
            "You cannot pass both `shape` and `batch_shape` at the same time: "
            f"received shape={shape} and batch_shape={batch_shape}."
        )
    if batch_size is not None and batch_shape is not None and input_tensor is None:
        raise ValueError(
            "You cannot pass both `batch_size` and `batch_shape` at the same time: "
            f"received batch_size={batch_size} and batch_shape={batch_shape}."
        )
    if batch_shape is not None:
        return standardize_shape(batch_shape)
    if shape is None:
        raise ValueError(
            "You must pass a `shape` argument: `Input(shape=(28, 28, 1))`, without the batch axis."
        )
    return (batch_size, *standardize_shape(shape))


def _shape_and_dtype_of_tensor(
    x: Any, shape: Any, batch_size: Any, batch_shape: Any, dtype: Any
) -> tuple:
    """Shape and type of the given tensor; raises where another argument differs from them."""
    if not isinstance(x, KerasTensor):
        raise ValueError(
            f"Argument `input_tensor` must be a KerasTensor. Received invalid type: {type(x)}"
        )
    given = {
        "shape": (shape and standardize_shape(shape), x.shape[1:]),
        "batch_size": (batch_size, x.shape[0] if x.shape else None),
        "batch_shape": (batch_shape and standardize_shape(batch_shape), x.shape),
        "dtype": (dtype and dtypes.standardize_dtype(dtype), x.dtype),
    }
    for name, (value, own) in given.items():
        if value is not None and value != own:
            raise ValueError(
                "When providing the `input_tensor` argument, you cannot provide an incompatible "
                f"`{name}` argument: received {value}, but the tensor has {own}."
            )
    return x.shape, x.dtype


def Input(
    shape: Any = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: KerasTensor | None = None,
    optional: bool = False,
) -> KerasTensor:
    """A symbolic tensor to begin a model with.

    Args:
        shape: lengths of the axes without the batch axis, None where not known.
        batch_size: length of the batch axis, if it is fixed.
        dtype: type of the elements, `config.floatx()` by default.
        batch_shape: the shape with the batch axis, instead of `shape`.
        name: of the input; the key under which dicts of data are looked up.
        tensor: a symbolic tensor to use, instead of a new one.
        optional: whether None may be passed in its place.

    Example:
        >>> import minicnn as keras
        >>> keras.Input((28, 28, 1)).shape
        (None, 28, 28, 1)
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        name=name,
        input_tensor=tensor,
        optional=optional,
    )
    return layer.output

"""`KerasTensor`: a symbolic tensor, whose shape and type are known and whose values are not."""

from __future__ import annotations

from typing import Any

from minicnn import tree
from minicnn.autodiff import ArrayLike
from minicnn.backend import is_keras_tensor as is_keras_tensor
from minicnn.common import configuration, dtypes
from minicnn.common.naming import auto_name
from minicnn.common.shapes import Shape, standardize_shape


class KerasTensor(ArrayLike):
    """A symbolic tensor: shape and type without values.

    Operations and layers called on it return symbolic tensors and record the call as a node;
    `Model(inputs, outputs)` follows these nodes from the outputs to the inputs.

    Args:
        shape: lengths of the axes, None where not known (the batch axis, mostly).
        dtype: type of the elements.
        name: made up if not given.

    Example:
        >>> import minicnn as keras
        >>> x = keras.KerasTensor((None, 28, 28, 1))
        >>> keras.ops.mean(x, axis=(1, 2)).shape
        (None, 1)
    """

    is_symbolic = True
    _is_same: bool | None = None
    """Of a result of `x == y`: whether x and y are the same symbolic tensor."""

    def __init__(
        self,
        shape: Any,
        dtype: str | None = None,
        sparse: bool = False,
        ragged: bool = False,
        record_history: bool = True,
        name: str | None = None,
        **unused: Any,
    ):
        if sparse or ragged:
            raise ValueError("minicnn has dense tensors only: leave out `sparse` and `ragged`.")
        self._shape = standardize_shape(shape)
        self._dtype = dtypes.standardize_dtype(dtype or configuration.floatx())
        self._name = name
        self.sparse = self.ragged = False
        self.record_history = record_history

    @property
    def shape(self) -> Shape:
        """Lengths of the axes, None where not known."""
        return self._shape

    @property
    def dtype(self) -> str:
        """Type of the elements."""
        return self._dtype

    @property
    def name(self) -> str:
        """The given name, or one made at the first use."""
        if self._name is None:
            self._name = auto_name("KerasTensor")
        return self._name

    @name.setter
    def name(self, name: str) -> None:
        self._name = name

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int | None:
        """Number of elements, if known."""
        size = 1
        for length in self._shape:
            if length is None:
                return None
            size *= length
        return size

    def __repr__(self) -> str:
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, name={self.name}>"

    def __eq__(self, other: Any) -> Any:
        """The symbolic result of `equal`; between symbolic tensors also a condition.

        It is true if both are the same tensor, so that they can be found in lists.
        """
        if not isinstance(other, KerasTensor):
            return super().__eq__(other)
        try:
            result = super().__eq__(other)
        except ValueError:  # of shapes that do not fit
            return False
        result._is_same = self is other
        return result

    def __hash__(self) -> int:
        return id(self)

    def __array__(self, *args: Any, **kwargs: Any):
        raise ValueError(_has_no_values("be turned into a NumPy array"))

    def __iter__(self):
        raise NotImplementedError(_has_no_values("be iterated over"))

    def __bool__(self):
        if self._is_same is not None:
            return self._is_same
        raise TypeError(_has_no_values("be used as a boolean"))

    def __float__(self):
        raise TypeError(_has_no_values("become a number"))

    __int__ = __index__ = __float__

    def __len__(self) -> int:
        if not self._shape or self._shape[0] is None:
            raise TypeError(_has_no_values("have a len() along an axis of unknown length"))
        return self._shape[0]


def _has_no_values(what: str) -> str:
    return (
        f"A KerasTensor is symbolic: it cannot {what}, as it is a placeholder for a shape and a "
        "dtype and doesn't have any actual numerical values. To build a model from it, use Keras "
        "operations (`keras.ops`) or layers, or move the code into the `call` of a `Layer` of your "
        "own, which is also called with real tensors."
    )


def any_symbolic_tensors(args: Any = None, kwargs: Any = None) -> bool:
    """Whether any argument of a call is or contains a symbolic tensor."""
    return any(
        isinstance(x, KerasTensor) for part in (args, kwargs) if part for x in tree.flatten(part)
    )

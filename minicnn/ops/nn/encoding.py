"""One-hot and multi-hot encoding: class numbers as vectors."""

from __future__ import annotations

from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.backend import kernels
from minicnn.common import configuration, dtypes
from minicnn.ops.define import specs
from minicnn.ops.define.declare import composite, op
from minicnn.ops.symbolic.keras_tensor import KerasTensor


def _position(axis: int, ndim: int) -> int:
    """The position of the axis of the classes: -1 is after all others."""
    specs.check_whole(axis)
    if axis == -1:
        return ndim
    if 0 <= axis <= ndim:
        return axis
    raise ValueError(
        f"`axis` must be -1 (last) or between 0 and {ndim}, for {ndim} dimensions. "
        f"Received: axis={axis}"
    )


def _dense_only(sparse: bool) -> None:
    if sparse:
        raise ValueError("minicnn has dense tensors only: leave out `sparse=True`.")


def _one_hot_spec(x, num_classes, axis=-1, dtype=None, sparse=False):
    _dense_only(sparse)
    shape = list(x.shape)
    shape.insert(_position(axis, len(shape)), num_classes)
    return KerasTensor(shape, dtype or configuration.floatx())


@op("x", spec=_one_hot_spec)
def one_hot(
    x: Any, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False
) -> Any:
    """Vectors with 1 at the class and 0 elsewhere; all 0 for a class out of range.

    Args:
        x: class numbers, integers of any shape.
        num_classes: length of the new axis.
        axis: where the new axis goes; -1 is last.
        dtype: of the result; the default float type if not given.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.one_hot([0, 2], 3)
        Tensor([[1., 0., 0.],
                [0., 0., 1.]], dtype=float32)
    """
    _dense_only(sparse)
    axis = _position(axis, x.ndim)
    shape = [1] * (x.ndim + 1)
    shape[axis] = num_classes
    classes = kernels.arange(num_classes).reshape(shape)
    labels = kernels.expand_dims(x, axis).astype("int64")
    return (labels == classes).astype(dtypes.numpy_dtype(dtype or configuration.floatx()))


@composite("inputs")
def multi_hot(
    inputs: Any,
    num_classes: int | None = None,
    axis: int = -1,
    dtype: str | None = None,
    sparse: bool = False,
    num_tokens: int | None = None,
) -> Any:
    """Vectors with 1 at each of several classes and 0 elsewhere.

    Args:
        inputs: class numbers, `(samples, classes of a sample)` or `(classes of the sample,)`.
        num_classes: length of the vectors (`num_tokens` is its old name).
        axis: position of the axis of the classes, before the classes of a sample are merged.
        dtype: of the result; the default float type if not given.

    Example:
        >>> import minicnn as keras
        >>> keras.ops.multi_hot([0, 2], 4)
        Tensor([1., 0., 1., 0.], dtype=float32)
    """
    num_classes = num_tokens if num_classes is None else num_classes
    if num_classes is None:
        raise ValueError("Argument `num_classes` must be specified: how many classes are there?")
    vectors = one_hot(inputs, num_classes, axis, dtype, sparse)
    return ops.max(vectors, axis=1 if len(inputs.shape) > 1 else 0)

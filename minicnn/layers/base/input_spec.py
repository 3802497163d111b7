"""What a layer expects of its input, and the error that says what came instead."""

from __future__ import annotations

from typing import Any

from minicnn.common.errors import make_from_config
from minicnn.common.shapes import standardize_shape


class InputSpec:
    """Rank, shape, type and axis lengths that an input must have.

    Args:
        dtype: expected type.
        shape: expected shape, None where anything goes.
        ndim: expected number of axes.
        max_ndim: largest number of axes.
        min_ndim: smallest number of axes.
        axes: `{axis: length}`.
        allow_last_axis_squeeze: whether a missing or extra last axis of length 1 is fine.
        name: the key expected where inputs come as a dict.
        optional: whether None may come in its place.

    Example:
        >>> InputSpec(min_ndim=2, axes={-1: 3})
        InputSpec(min_ndim=2, axes={-1: 3})
    """

    def __init__(
        self,
        dtype: str | None = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype = dtype
        self.shape = None if shape is None else standardize_shape(shape)
        self.ndim = ndim if shape is None else len(self.shape)
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(k): v for k, v in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional
        highest = self.ndim or self.max_ndim
        for axis in self.axes:
            if highest is not None and axis > highest - 1:
                raise ValueError(
                    f"Axis {axis} is greater than the maximum allowed value: {highest - 1}"
                )

    def __repr__(self) -> str:
        settings = {k: v for k, v in self.get_config().items() if v not in (None, {}, False)}
        return f"InputSpec({', '.join(f'{k}={v}' for k, v in settings.items())})"

    def get_config(self) -> dict[str, Any]:
        """The arguments from which `from_config` makes the same again."""
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """Makes one from what `get_config` returned."""
        return make_from_config(cls, config)

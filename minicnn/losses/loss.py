"""`Loss`, the base of all losses: conversion, masks, sample weights, reduction to one number."""

from __future__ import annotations

from typing import Any

from minicnn import dtype_policies, ops, tree
from minicnn.autodiff import Tensor
from minicnn.common import configuration
from minicnn.common.describe import described
from minicnn.common.errors import make_from_config
from minicnn.common.naming import auto_name
from minicnn.ops.define.half import at_least_float32

MEANS = ("sum_over_batch_size", "mean")
REDUCTIONS = (*MEANS, "sum", "mean_with_sample_weight", "none", None)


class Loss:
    """Base of all losses; subclasses implement `call(y_true, y_pred)`.

    `call` returns one loss for each sample (or pixel, or time step). Calling the object
    weights these by mask and `sample_weight` and reduces them to one number.

    Args:
        name: the loss's name in logs.
        reduction: "sum_over_batch_size" (or "mean"): the sum over the number of losses;
            "sum"; "mean_with_sample_weight": the weighted sum over the sum of the weights;
            "none" or None: the losses without reduction.
        dtype: type, or dtype policy, to compute in. Default: `config.floatx()`.

    Example:
        >>> import minicnn as keras
        >>> class Distance(keras.losses.Loss):
        ...     def call(self, y_true, y_pred):
        ...         return keras.ops.mean(keras.ops.abs(y_pred - y_true), axis=-1)
        >>> float(Distance(reduction="sum")([[0.0], [2.0]], [[1.0], [5.0]]))
        4.0
    """

    def __init__(
        self,
        name: str | None = None,
        reduction: str | None = "sum_over_batch_size",
        dtype: Any = None,
    ):
        self.name = name or auto_name(type(self).__name__)
        self.reduction = standardize_reduction(reduction)
        self._dtype_policy = dtype_policies.get(dtype or configuration.floatx())
        self._dtype = self._dtype_policy.compute_dtype

    @property
    def dtype(self) -> str:
        """The type that the loss is computed in."""
        return self._dtype

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The loss of a batch, reduced; `sample_weight` is one weight for each sample or loss."""
        mask = getattr(y_pred, "_keras_mask", None)
        y_pred, y_true = self._convert(y_pred), self._convert(y_true)
        losses = self.call(y_true, y_pred)
        if losses is None or isinstance(losses, (str, dict)):
            raise ValueError(
                f"The loss '{self.name}' returned {described(losses)}. Expected a number for each "
                "sample, or one for the batch: is a `return` missing in the function, or in `call`?"
            )
        return reduce_weighted_values(
            losses,
            sample_weight=sample_weight,
            mask=_combined_mask(mask, getattr(losses, "_keras_mask", None)),
            reduction=self.reduction,
            dtype=self.dtype,
        )

    def _convert(self, y: Any) -> Any:
        """Converts to tensors of the loss's type; a list of arrays becomes a list of tensors."""
        if isinstance(y, Tensor) or _is_numbers(y):
            return ops.convert_to_tensor(y, dtype=self.dtype)
        return tree.map_structure(lambda x: ops.convert_to_tensor(x, dtype=self.dtype), y)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses before reduction, usually `(batch,)`."""
        raise NotImplementedError(f"{type(self).__name__} does not implement `call`.")

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"name": self.name, "reduction": self.reduction}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Loss:
        """Makes a loss from its config."""
        return make_from_config(cls, config)

    def _obj_type(self) -> str:
        return "Loss"


def _is_numbers(y: Any) -> bool:
    while isinstance(y, (list, tuple)) and y:
        y = y[0]
    return isinstance(y, (bool, int, float))


def standardize_reduction(reduction: str | None) -> str | None:
    """The reduction; ValueError if there is none of that name."""
    if reduction not in REDUCTIONS:
        raise ValueError(
            f"Invalid value for argument `reduction`. Expected one of {REDUCTIONS}. "
            f"Received: reduction={reduction!r}"
        )
    return reduction


def squeeze_or_expand_to_same_rank(x1: Any, x2: Any, expand_rank_1: bool = True) -> tuple:
    """Makes ranks that differ by one equal, if the last axis of one has length 1.

    A vector beside a column becomes a column, unless `expand_rank_1` is False; in all other
    cases the longer shape loses its last axis.
    """
    difference = len(x1.shape) - len(x2.shape)
    if difference == 1:
        x1, x2 = _match_ranks(x1, x2, expand_rank_1)
    elif difference == -1:
        x2, x1 = _match_ranks(x2, x1, expand_rank_1)
    return x1, x2


def _match_ranks(longer: Any, shorter: Any, expand_rank_1: bool) -> tuple:
    if longer.shape[-1] != 1:
        return longer, shorter
    if len(shorter.shape) == 1 and expand_rank_1:
        return longer, ops.expand_dims(shorter, axis=-1)
    return ops.squeeze(longer, axis=-1), shorter


def reduce_weighted_values(
    values: Any,
    sample_weight: Any = None,
    mask: Any = None,
    reduction: str | None = "sum_over_batch_size",
    dtype: Any = None,
) -> Any:
    """Multiplies the losses by their weights and reduces them."""
    reduction = standardize_reduction(reduction)
    values = ops.convert_to_tensor(values, dtype=dtype)
    weight = apply_mask(sample_weight, mask, dtype=values.dtype, reduction=reduction)
    if weight is not None:
        weight = ops.convert_to_tensor(weight, dtype=values.dtype)
        values, weight = squeeze_or_expand_to_same_rank(values, weight)
        try:
            values = values * weight
        except ValueError as error:
            raise ValueError(
                f"Losses of shape {tuple(values.shape)} and weights of shape {tuple(weight.shape)} "
                "do not fit: expected one weight for each sample, or for each of its losses, and "
                "from a loss that you wrote one number for each sample."
            ) from error
    return reduce_values(values, weight, reduction)


def reduce_values(
    values: Any, sample_weight: Any = None, reduction: str | None = "sum_over_batch_size"
) -> Any:
    """The weighted losses as one number; `sample_weight` is only used for the divisor."""
    shape = tuple(values.shape)
    if reduction in (None, "none") or shape in ((), (0,)):
        return values
    if reduction == "sum" or 0 in shape:
        return ops.sum(values)
    if reduction == "mean_with_sample_weight" and sample_weight is not None:
        dtype, values, weight = values.dtype, *map(at_least_float32, (values, sample_weight))
        return ops.cast(ops.divide_no_nan(ops.sum(values), ops.sum(weight)), dtype)
    return ops.mean(values)


def apply_mask(sample_weight: Any, mask: Any, dtype: Any, reduction: str | None) -> Any:
    """The weights, set to zero where the mask is False.

    For a mean the others are multiplied by `total / valid`, so that the mean over all losses is
    the mean over the valid ones (0 if there are none).
    """
    if mask is None:
        return sample_weight
    weight = ops.cast(mask, dtype)
    if reduction in MEANS and 0 not in weight.shape:
        weight = ops.divide_no_nan(weight, ops.mean(weight))
    if sample_weight is None:
        return weight
    sample_weight = ops.convert_to_tensor(sample_weight, dtype=dtype)
    weight, sample_weight = squeeze_or_expand_to_same_rank(weight, sample_weight)
    return sample_weight * weight


def _combined_mask(mask: Any, other: Any) -> Any:
    if mask is None or other is None:
        return other if mask is None else mask
    return ops.logical_and(mask, other)

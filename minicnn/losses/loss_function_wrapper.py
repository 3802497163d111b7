"""Losses made from a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.common.errors import make_from_config
from minicnn.losses.loss import Loss, squeeze_or_expand_to_same_rank
from minicnn.serialization import serialization_lib


class LossFunctionWrapper(Loss):
    """The loss `fn(y_true, y_pred, **kwargs)`, with reduction, weights and masks.

    Example:
        >>> import minicnn as keras
        >>> huber = keras.losses.LossFunctionWrapper(keras.losses.huber, delta=2.0)
        >>> float(huber([[0.0]], [[3.0]]))
        4.0
    """

    def __init__(
        self,
        fn: Callable,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._fn_kwargs = kwargs

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """The losses before reduction, after making the ranks of labels and predictions equal."""
        if tree.is_nested(y_true):
            pairs = [
                squeeze_or_expand_to_same_rank(*pair)
                for pair in zip(tree.flatten(y_true), tree.flatten(y_pred), strict=True)
            ]
            y_true = tree.pack_sequence_as(y_true, [label for label, _ in pairs])
            y_pred = tree.pack_sequence_as(y_pred, [prediction for _, prediction in pairs])
        else:
            y_true, y_pred = squeeze_or_expand_to_same_rank(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._fn_kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, with the function's name."""
        return {
            **super().get_config(),
            "fn": serialization_lib.serialize_keras_object(self.fn),
            **serialization_lib.serialize_keras_object(self._fn_kwargs),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LossFunctionWrapper:
        """Makes a loss from its config."""
        if "fn" in config:
            config = serialization_lib.deserialize_keras_object(config)
        return make_from_config(cls, config)

    def __repr__(self) -> str:
        return f"<LossFunctionWrapper({self.fn}, kwargs={self._fn_kwargs})>"


class NamedLoss(LossFunctionWrapper):
    """Base of the library's losses: a class for each function, with its settings as attributes."""

    def __init__(
        self,
        fn: Callable,
        reduction: str | None,
        name: str | None,
        dtype: Any,
        **settings: Any,
    ):
        super().__init__(fn, reduction=reduction, name=name, dtype=dtype, **settings)
        for setting, value in settings.items():
            setattr(self, setting, value)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**Loss.get_config(self), **self._fn_kwargs}

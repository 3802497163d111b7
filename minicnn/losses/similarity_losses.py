"""Losses for embeddings."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.losses.loss_function_wrapper import NamedLoss


def circle(
    y_true: Any,
    y_pred: Any,
    ref_labels: Any = None,
    ref_embeddings: Any = None,
    remove_diagonal: bool = True,
    gamma: float = 80,
    margin: float = 0.4,
) -> Any:
    """Pulls embeddings of one class together and pushes classes apart, the worst pairs most.

    Args:
        y_true: class indices, `(batch,)` or `(batch, 1)`.
        y_pred: embeddings of length 1, `(batch, features)`.
        ref_labels: labels of the embeddings to compare with; by default `y_true`.
        ref_embeddings: the embeddings to compare with; by default `y_pred`.
        remove_diagonal: whether the n-th embedding is not compared with the n-th reference.
        gamma: the scale of the similarities.
        margin: allowed distance of a similarity from 0 (different class) and 1 (same class).

    Source: Sun et al., "Circle Loss" (2020), eq. 6 and section 3.3, with cosine distances.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, "int32")
    references = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    ref_labels = y_true if ref_labels is None else ops.cast(ref_labels, "int32")
    same = ops.equal(ops.reshape(y_true, (-1, 1)), ops.reshape(ref_labels, (1, -1)))
    other = ops.logical_not(same)
    if remove_diagonal:
        itself = ops.eye(same.shape[0], same.shape[1], dtype="bool")
        same = ops.logical_and(same, ops.logical_not(itself))
    distance = ops.maximum(1 - ops.matmul(y_pred, ops.transpose(references)), 0.0)
    pull = gamma * ops.maximum(margin + distance, 0.0) * (distance - margin)
    push = gamma * ops.maximum(1 + margin - distance, 0.0) * (1 - margin - distance)
    losses = ops.softplus(_logsumexp_where(same, pull) + _logsumexp_where(other, push))
    losses._keras_mask = losses > 0
    return losses


def _logsumexp_where(chosen: Any, values: Any) -> Any:
    return ops.logsumexp(ops.where(chosen, values, float("-inf")), axis=1)


class Circle(NamedLoss):
    """Pulls embeddings of one class together and pushes classes apart, the worst pairs most.

    Embeddings are compared by d, one minus their scalar product.

    `log(1 + Σ_p exp(γ · max(d_p + m, 0) · (d_p − m)) · Σ_q exp(γ · max(1 + m − d_q, 0) · (1 − m −
    d_q)))`, over the pairs p of one class and q of two, with m the margin.

    Backward: With `L` the loss, and s the share of a pair in its sum of exponentials,
    `d̄_p = (1 − exp(−L)) · s_p · 2 · γ · d_p` and
    `d̄_q = −(1 − exp(−L)) · s_q · 2 · γ · (1 − d_q)`.
    """

    def __init__(
        self,
        gamma: float = 80.0,
        margin: float = 0.4,
        remove_diagonal: bool = True,
        reduction="sum_over_batch_size",
        name="circle",
        dtype: Any = None,
    ):
        super().__init__(
            circle,
            reduction,
            name,
            dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )

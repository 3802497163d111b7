"""Attention and the peak signal-to-noise ratio, composed of other operations."""

from __future__ import annotations

import math
from typing import Any

from minicnn.autodiff import operations as ops
from minicnn.ops.define.declare import composite
from minicnn.ops.define.half import at_least_float32
from minicnn.ops.nn.softmax_family import softmax
from minicnn.ops.symbolic.keras_tensor import KerasTensor


@composite("query", "key", "value", "bias", "mask", "scale")
def dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    is_causal: bool = False,
    flash_attention: bool | None = None,
    attn_logits_soft_cap: float | None = None,
) -> Any:
    """`softmax(scale · Q Kᵀ + bias) V`, for each head separately.

    Args:
        query: `(batch, targets, heads, width)`.
        key, value: `(batch, sources, key heads, width)`; fewer key heads are shared by groups of
            query heads.
        bias: added to the scores `(batch, heads, targets, sources)`.
        mask: True where a score counts.
        scale: `1 / √width` by default.
        is_causal: whether a target uses only sources up to its own position.
        flash_attention, attn_logits_soft_cap: for other hardware; only None (or False) here.

    Returns:
        `(batch, targets, heads, width)`.

    Source: Vaswani et al., "Attention is all you need" (2017), eq. 1.
    """
    if attn_logits_soft_cap is not None or flash_attention:
        raise ValueError(
            "`flash_attention=True` and `attn_logits_soft_cap` need other hardware "
            "(attn_logits_soft_cap is only supported for JAX on TPU). Leave both out."
        )
    if len(query.shape) != 4:
        raise ValueError(
            "`dot_product_attention` only supports 4D inputs (batch, length, heads, width). "
            f"Received: query.shape={tuple(query.shape)}, key.shape={tuple(key.shape)}, "
            f"value.shape={tuple(value.shape)}."
        )
    if None in (query.shape[2], *key.shape[2:]):
        return KerasTensor((*query.shape[:-1], value.shape[-1]), value.dtype)
    groups = query.shape[2] // key.shape[2]
    if groups > 1:
        key, value = (ops.repeat(x, groups, axis=2) for x in (key, value))
    scale = 1 / math.sqrt(key.shape[-1]) if scale is None else scale
    scores = at_least_float32(ops.einsum("btnh,bsnh->bnts", query, key)) * scale
    if bias is not None:
        scores = scores + ops.cast(bias, scores.dtype)
    if is_causal:
        causal = ops.tril(ops.ones_like(scores, dtype="bool"))
        mask = causal if mask is None else ops.logical_and(mask, causal)
    if mask is not None:
        scores = ops.where(ops.cast(mask, "bool"), scores, -1e30)
    weights = ops.cast(softmax(scores, axis=-1), value.dtype)
    return ops.einsum("bnts,bsnh->btnh", weights, value)


@composite("x1", "x2", class_name="PSNR")
def psnr(x1: Any, x2: Any, max_val: float) -> Any:
    """Peak signal-to-noise ratio in decibels: `20 log₁₀(max_val) - 10 log₁₀(mean((x1 - x2)²))`."""
    if len(x1.shape) != len(x2.shape):
        raise ValueError(
            f"Inputs must have the same rank. Received: x1.shape={tuple(x1.shape)}, "
            f"x2.shape={tuple(x2.shape)}"
        )
    error = ops.mean(ops.square(x1 - x2))
    return 20 * math.log10(max_val) - 10 * ops.log10(error)

"""Attention by sums of queries and keys."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.common.shapes import Shape
from minicnn.layers.attention.attention import Attention, pairwise_sums


class AdditiveAttention(Attention):
    """Attention with scores that are made of the sums of queries and keys.

    It is called as `Attention` is, and its result is the same mean of the values.

    `y = softmax(scores) · V`, where `scores[t, s] = Σ_i scale[i] · tanh(Q[t, i] + K[s, i])`.

    Backward: S̄, the gradient to the scores, and V̄ are those of `Attention`. With
    `H[t, s, i] = 1 − tanh(Q[t, i] + K[s, i])²`: `Q̄[t, i] = scale[i] · Σ_s S̄[t, s] · H[t, s, i]`,
    `K̄[s, i] = scale[i] · Σ_t S̄[t, s] · H[t, s, i]`. To the scale it is
    `c̄[i] = Σ_{t, s} S̄[t, s] · tanh(Q[t, i] + K[s, i])`.

    Args:
        use_scale: whether the scale is learned; it is 1 otherwise.
        dropout: the share of the weights that is set to zero in training.
        seed: for the same dropout in each run.

    Source: Bahdanau, Cho, Bengio, "Neural machine translation by jointly learning to align and
    translate" (2015), §A.1.2.

    Example:
        >>> import minicnn as keras
        >>> query, value = keras.ops.ones((2, 4, 8)), keras.ops.ones((2, 5, 8))
        >>> keras.layers.AdditiveAttention()([query, value]).shape
        (2, 4, 8)
    """

    def __init__(
        self,
        use_scale: bool = True,
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **kwargs)

    settings = ("use_scale", "dropout", "seed")

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the scale, a number for each element of a query."""
        self._check_inputs(input_shape)
        self.scale = None
        if self.use_scale:
            width = input_shape[0][-1]
            self.scale = self.add_weight(name="scale", shape=(width,), initializer="glorot_uniform")

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        """How well each query fits each key: `(batch, T, S)`."""
        fit = ops.tanh(pairwise_sums(query, key))
        return ops.sum(fit if self.scale is None else self.scale * fit, axis=-1)

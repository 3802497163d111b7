"""Attention by products of queries and keys."""

from __future__ import annotations

from typing import Any

from minicnn import ops, random
from minicnn.common.shapes import Shape
from minicnn.layers.attention.position_masks import causal_mask
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.settings import keep_settings, settings_of
from minicnn.ops.symbolic.keras_tensor import KerasTensor

SCORE_MODES = ("dot", "concat")


class Attention(Layer):
    """Means of the values, weighted by how well each query fits the keys.

    `y = softmax(scores) · V`, where `scores = scale · Q Kᵀ` ("dot"), or
    `scores[t, s] = c · Σ_i tanh(scale · (Q[t, i] + K[s, i]))` ("concat").

    Called with a list: queries `(batch, T, dim)`, values `(batch, S, width)` and keys
    `(batch, S, dim)`, which are the values if left out. The result is `(batch, T, width)`.

    Backward: with the weights `P = softmax(scores)`: `V̄ = Pᵀ · ȳ`, `P̄ = ȳ · Vᵀ` and
    `S̄[t, s] = P[t, s] · (P̄[t, s] − Σ_k P[t, k] · P̄[t, k])` to the scores. For "dot" then
    `Q̄ = scale · S̄ · K` and `K̄ = scale · S̄ᵀ · Q`. Keys that are the values add K̄ to V̄.

    Args:
        use_scale: whether the scale is learned; it is 1 otherwise.
        score_mode: see above.
        dropout: the share of the weights that is set to zero in training.
        seed: for the same dropout in each run.

    Source: Luong et al., "Effective approaches to attention-based neural machine translation"
    (2015), §3.1.

    Example:
        >>> import minicnn as keras
        >>> query, value = keras.ops.ones((2, 4, 8)), keras.ops.ones((2, 5, 8))
        >>> keras.layers.Attention()([query, value]).shape
        (2, 4, 8)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        keep_settings(self, locals())
        if score_mode not in SCORE_MODES:
            raise ValueError(
                "Invalid value for argument score_mode. Expected one of {'dot', 'concat'}. "
                f"Received: score_mode={score_mode}"
            )
        if dropout > 0:
            self.seed_generator = random.SeedGenerator(seed)

    settings = settings_of(__init__)

    def build(self, input_shape: list[Shape]) -> None:
        """Makes the scale, and the factor of the scores for "concat"."""
        self._check_inputs(input_shape)
        self.scale = self.concat_score_weight = None
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(
                name="concat_score_weight", shape=(), initializer="ones"
            )

    def _calculate_scores(self, query: Any, key: Any) -> Any:
        """How well each query fits each key: `(batch, T, S)`."""
        if self.score_mode == "dot":
            scores = query @ ops.swapaxes(key, -2, -1)
            return scores if self.scale is None else scores * self.scale
        sums = pairwise_sums(query, key)
        sums = sums if self.scale is None else self.scale * sums
        return self.concat_score_weight * ops.sum(ops.tanh(sums), axis=-1)

    def call(
        self,
        inputs: list,
        mask: list | None = None,
        training: bool = False,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:
        """The means, and with `return_attention_scores` also their weights `(batch, T, S)`.

        Args:
            inputs: queries, values and perhaps keys.
            mask: a list: which queries count, `(batch, T)`, for the others the result is zeros;
                which values count, `(batch, S)`. Either may be None.
            use_causal_mask: whether a query sees only values up to its own position.
        """
        self._check_inputs(inputs, mask)
        query, value, key = (*inputs, inputs[1])[:3]
        query_mask, value_mask = (mask or (None, None))[:2]
        scores = self._calculate_scores(query, key)
        counts = self._calculate_score_mask(scores, value_mask, use_causal_mask)
        if counts is not None:
            lowest = 65504.0 if str(scores.dtype) == "float16" else 1e9
            scores = ops.where(counts, scores, scores - lowest)
        weights = ops.softmax(scores, axis=-1)
        if training and self.dropout > 0:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        y = weights @ value
        if query_mask is not None:
            y = ops.where(ops.expand_dims(query_mask, -1), y, 0)
        return (y, weights) if return_attention_scores else y

    def _calculate_score_mask(self, scores: Any, v_mask: Any, use_causal_mask: bool) -> Any:
        """Which scores count, in a shape that broadcasts to theirs, or None for all."""
        counts = None if v_mask is None else ops.expand_dims(v_mask, -2)
        if not use_causal_mask:
            return counts
        causal = causal_mask(*scores.shape[-2:])
        return causal if counts is None else ops.logical_and(counts, causal)

    def compute_mask(self, inputs: list, mask: list | None = None) -> Any:
        """The mask of the queries."""
        self._check_inputs(inputs, mask)
        return None if mask is None or mask[0] is None else ops.convert_to_tensor(mask[0])

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        """A value for each query."""
        return (*input_shape[0][:-1], input_shape[1][-1])

    def compute_output_spec(
        self,
        inputs: list,
        mask: list | None = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The outlines of the means and, if wanted, of the weights."""
        self._check_inputs(inputs, mask)
        shapes = [x.shape for x in inputs]
        y = KerasTensor(self.compute_output_shape(shapes), self.compute_dtype)
        if not return_attention_scores:
            return y
        return y, KerasTensor((*shapes[0][:-1], shapes[-1][-2]), self.compute_dtype)

    def _check_inputs(self, inputs: Any, mask: Any = None) -> None:
        name = type(self).__name__
        if not isinstance(inputs, list):
            raise ValueError(
                f"{name} layer must be called on a list of inputs, namely [query, value] or "
                f"[query, value, key]. Received: inputs={inputs}."
            )
        if len(inputs) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts inputs list of length 2 or 3, namely [query, value] or "
                f"[query, value, key]. Received length: {len(inputs)}."
            )
        if mask is None:
            return
        if not isinstance(mask, list):
            raise ValueError(
                f"{name} layer mask must be a list, namely [query_mask, value_mask]. "
                f"Received: mask={mask}."
            )
        if len(mask) not in (2, 3):
            raise ValueError(
                f"{name} layer accepts mask list of length 2 or 3. Received length: {len(mask)}."
            )


def pairwise_sums(query: Any, key: Any) -> Any:
    """`Q[t] + K[s]` for all t and s: `(batch, T, dim)` and `(batch, S, dim)` to four axes."""
    return ops.expand_dims(query, -2) + ops.expand_dims(key, -3)

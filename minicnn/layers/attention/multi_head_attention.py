"""Attention by several heads, each with its own projections."""

from __future__ import annotations

import functools
import math
import string
from collections.abc import Sequence
from typing import Any

from minicnn import ops, regularizers
from minicnn.common.shapes import Shape
from minicnn.layers.activations.softmax import Softmax
from minicnn.layers.attention.position_masks import causal_mask, window_mask
from minicnn.layers.base.layer import Layer
from minicnn.layers.base.masks import mask_of
from minicnn.layers.base.settings import keep_settings, settings_of
from minicnn.layers.core.einsum_dense import EinsumDense
from minicnn.layers.regularization.dropout import Dropout
from minicnn.ops.symbolic.keras_tensor import KerasTensor

SHARED = (
    "kernel_initializer",
    "bias_initializer",
    "kernel_regularizer",
    "bias_regularizer",
    "kernel_constraint",
    "bias_constraint",
)
"""Settings that are those of each projection."""


class MultiHeadAttention(Layer):
    """Attention of several heads: each projects, weighs and averages by itself.

    `y = Σ_h head · Wo[h] + bo`, where for each head h: `Q = q · Wq[h] + bq[h]`, K and V likewise
    from key and value; `head = softmax(Q Kᵀ / √key_dim) · V`.

    Called with query `(batch, T, dim)`, value `(batch, S, width)` and perhaps key
    `(batch, S, ...)`, which is the value if left out. The result is `(batch, T, dim)`.

    Backward: for each head, with `P = softmax(Q Kᵀ / √key_dim)` and `H̄ = ȳ · Wo[h]ᵀ`: `V̄ = Pᵀ · H̄`,
    `P̄ = H̄ · Vᵀ`, `S̄[t, s] = P[t, s] · (P̄[t, s] − Σ_k P[t, k] · P̄[t, k])`,
    `Q̄ = S̄ · K / √key_dim`, `K̄ = S̄ᵀ · Q / √key_dim`. Of the projections `W̄o[h] = headᵀ · ȳ`,
    `W̄q[h] = qᵀ · Q̄`, K and V likewise, and `q̄ = Σ_h Q̄ · Wq[h]ᵀ`.

    Args:
        num_heads: number of heads.
        key_dim: length of Q and K of a head.
        value_dim: length of V of a head; `key_dim` by default.
        dropout: the share of the weights that is set to zero in training.
        use_bias: whether the projections add biases.
        output_shape: lengths of the result's last axes, instead of `dim`.
        attention_axes: the axes of query and value that are positions; by default all between
            the batch and the last.
        sliding_window: a query sees only positions less than this far away.
        flash_attention: for other hardware; only None (or False) here.
        kernel_initializer, bias_initializer: initial values of the weights.
        kernel_regularizer, bias_regularizer, activity_regularizer: penalties of each projection.
        kernel_constraint, bias_constraint: applied to the weights after each update.
        use_gate: whether the heads are multiplied by `sigmoid(q · Wg[h] + bg[h])`.
        seed: for the same dropout in each run.

    Source: Vaswani et al., "Attention is all you need" (2017), §3.2.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.MultiHeadAttention(num_heads=2, key_dim=3)
        >>> query, value = keras.ops.ones((2, 4, 8)), keras.ops.ones((2, 5, 6))
        >>> output, weights = layer(query, value, return_attention_scores=True)
        >>> output.shape, weights.shape
        ((2, 4, 8), (2, 2, 4, 5))
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ):
        sizes = {"num_heads": num_heads, "key_dim": key_dim}
        optional = {"value_dim": value_dim, "sliding_window": sliding_window}
        for name, size in (*sizes.items(), *optional.items()):
            if not (isinstance(size, int) and size > 0) and (name in sizes or size is not None):
                raise ValueError(
                    f"Received an invalid value for argument `{name}`, expected a positive "
                    f"integer{'' if name in sizes else ' or `None`'}. Received: {name}={size}"
                )
        if flash_attention:
            raise ValueError("`flash_attention=True` needs other hardware. Leave it out.")
        super().__init__(**kwargs)
        value_dim = value_dim or key_dim
        keep_settings(self, locals())
        self.attention_axes = _lengths("attention_axes", attention_axes)
        self._output_shape = _lengths("output_shape", output_shape)
        self._activity_regularizer = regularizers.get(activity_regularizer)
        self.supports_masking = True

    settings = settings_of(__init__, without=("output_shape", "flash_attention"))

    def build(self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None) -> None:
        """Makes the projections."""
        key_shape = value_shape if key_shape is None else key_shape
        _check_lengths(value_shape, key_shape)
        self._query_dense = self._projection("query", query_shape, self.key_dim)
        self._key_dense = self._projection("key", key_shape, self.key_dim)
        if self.use_gate:
            self._gate_dense = self._projection("gate", query_shape, self.value_dim, "sigmoid")
        self._value_dense = self._projection("value", value_shape, self.value_dim)
        self._build_attention(len(value_shape))
        shape = self._output_shape or (query_shape[-1],)
        letters = string.ascii_lowercase[: len(shape)]
        self._output_dense = self._dense(
            "attention_output", f"...yz,yz{letters}->...{letters}", shape, letters
        )
        self._output_dense.build((*query_shape[:-1], self.num_heads, self.value_dim))

    def _projection(
        self, name: str, shape: Shape, width: int, activation: str | None = None
    ) -> EinsumDense:
        """A dense layer from `(..., inputs)` to `(..., heads, width)`."""
        layer = self._dense(name, "...x,xyz->...yz", (self.num_heads, width), "yz", activation)
        layer.build(shape)
        return layer

    def _dense(
        self, name: str, equation: str, shape: Shape, bias_axes: str, activation: Any = None
    ) -> EinsumDense:
        settings = {setting: getattr(self, setting) for setting in SHARED}
        for setting in ("kernel_initializer", "bias_initializer"):
            # Not the same one for all, which might draw the same numbers for each kernel.
            settings[setting] = settings[setting].from_config(settings[setting].get_config())
        return EinsumDense(
            equation,
            shape,
            activation=activation,
            bias_axes=bias_axes if self.use_bias else None,
            activity_regularizer=self._activity_regularizer,
            dtype=self.dtype_policy,
            name=name,
            **settings,
        )

    def _build_attention(self, rank: int) -> None:
        axes = range(1, rank - 1) if self.attention_axes is None else self.attention_axes
        self.attention_axes = tuple(axis % rank for axis in axes)
        self._dot_product_equation, self._combine_equation = attention_equations(
            rank + 1, self.attention_axes
        )
        last = tuple(range(-len(self.attention_axes), 0))
        self._softmax = Softmax(axis=last, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)

    @property
    def query_dense(self) -> EinsumDense:
        """The projection of the query."""
        return self._query_dense

    @property
    def key_dense(self) -> EinsumDense:
        """The projection of the key."""
        return self._key_dense

    @property
    def value_dense(self) -> EinsumDense:
        """The projection of the value."""
        return self._value_dense

    @property
    def output_dense(self) -> EinsumDense:
        """The projection of the heads to the result."""
        return self._output_dense

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The result, and with `return_attention_scores` also the weights of each head.

        As in Keras, the tensors lose their masks here, and only the result has the query's.

        Args:
            query, value, key: as above.
            query_mask: not read, as in Keras: the mask that counts is the query's own.
            value_mask, key_mask: which positions count, `(batch, S)`; by default the masks of the
                tensors.
            attention_mask: True where a query sees a position, `(batch, T, S)`, perhaps with the
                axis of the heads after the batch.
            use_causal_mask: whether a query sees only positions up to its own.
        """
        key = value if key is None else key
        query_mask = mask_of(query)
        for x in (query, value, key):
            if mask_of(x) is not None:
                x._keras_mask = None
        mask = self._compute_attention_mask(
            query, value, query_mask, value_mask, key_mask, attention_mask, use_causal_mask
        )
        gate = self._gate_dense(query) if self.use_gate else None
        y, weights = self._compute_attention(
            self._query_dense(query),
            self._key_dense(key),
            self._value_dense(value),
            mask,
            training,
            return_attention_scores,
        )
        y = self._output_dense(y if gate is None else y * gate)
        if query_mask is not None:
            y._keras_mask = query_mask
        return (y, weights) if return_attention_scores else y

    def _compute_attention(
        self,
        query: Any,
        key: Any,
        value: Any,
        attention_mask: Any = None,
        training: bool | None = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> tuple:
        """The means of the values of each head, and their weights if these are wanted.

        `(batch, T, heads, key_dim)`, `(batch, S, heads, key_dim)`, `(batch, S, heads, value_dim)`
        to `(batch, T, heads, value_dim)` and `(batch, heads, T, S)`.
        """
        if use_causal_mask:  # only where a subclass's own `call` asks for it
            attention_mask = self._compute_attention_mask(
                query, value, attention_mask=attention_mask, use_causal_mask=True
            )
        scale = 1 / math.sqrt(self.key_dim)
        mask = self._for_heads(attention_mask, len(query.shape) + len(self.attention_axes) - 1)
        if not (self.dropout > 0 or return_attention_scores or len(query.shape) != 4):
            return ops.dot_product_attention(query, key, value, mask=mask, scale=scale), None
        scores = ops.einsum(self._dot_product_equation, key, query * scale)
        weights = self._softmax(scores, mask=mask)
        dropped = self._dropout_layer(weights, training=training)
        return ops.einsum(self._combine_equation, dropped, value), weights

    def _for_heads(self, mask: Any, rank: int) -> Any:
        """The mask with further axes before those of the positions, as many as scores have."""
        if mask is None:
            return None
        place = -2 * len(self.attention_axes) - 1
        for _ in range(rank - len(mask.shape)):
            mask = ops.expand_dims(mask, place)
        return mask

    def _compute_attention_mask(
        self,
        query: Any,
        value: Any,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """True where all masks are, `(batch, T, S)`; None without one."""
        lengths = query.shape[1], value.shape[1]
        masks = [
            attention_mask,
            None if query_mask is None else ops.expand_dims(query_mask, -1),
            *(None if m is None else ops.expand_dims(m, -2) for m in (value_mask, key_mask)),
            causal_mask(*lengths) if use_causal_mask else None,
            window_mask(*lengths, self.sliding_window) if self.sliding_window else None,
        ]
        masks = [ops.cast(m, "bool") for m in masks if m is not None]
        return functools.reduce(ops.logical_and, masks) if masks else None

    def compute_output_shape(
        self, query_shape: Shape, value_shape: Shape, key_shape: Shape | None = None
    ) -> Shape:
        """The query's shape, its last axis replaced by `output_shape` if that is set."""
        _check_lengths(value_shape, value_shape if key_shape is None else key_shape)
        shape = tuple(query_shape)
        return (*shape[:-1], *self._output_shape) if self._output_shape else shape

    def compute_output_spec(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool | None = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The outlines of the result and, if wanted, of the weights."""
        key_shape = None if key is None else key.shape
        shape = self.compute_output_shape(query.shape, value.shape, key_shape)
        y = KerasTensor(shape, self.compute_dtype)
        if not return_attention_scores:
            return y
        free = [a for a in range(1, len(query.shape) - 1) if a not in self.attention_axes]
        first = [query.shape[a] for a in (0, *free)]
        positions = [x.shape[a] for x in (query, value) for a in self.attention_axes]
        return y, KerasTensor((*first, self.num_heads, *positions), self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        activity = regularizers.serialize(self._activity_regularizer)
        own = {"output_shape": self._output_shape, "activity_regularizer": activity}
        return {**super().get_config(), **own}


def attention_equations(rank: int, axes: Sequence[int]) -> tuple[str, str]:
    """The products of keys and queries, and of weights and values, in Einstein's notation.

    >>> attention_equations(4, (1,))
    ('aecd,abcd->acbe', 'acbe,aecd->abcd')

    Args:
        rank: of the projected query and value: batch, positions, heads and width.
        axes: which of the axes are positions that see each other. The others are like a batch.
    """
    query = string.ascii_lowercase[:rank]
    new = iter(string.ascii_lowercase[rank:])
    source = "".join(next(new) if axis in axes else c for axis, c in enumerate(query))
    first = "".join(c for axis, c in enumerate(query[:-1]) if axis not in axes)
    scores = first + "".join(notation[axis] for notation in (query, source) for axis in axes)
    return f"{source},{query}->{scores}", f"{scores},{source}->{query}"


def _lengths(name: str, value: Any) -> tuple[int, ...] | None:
    """An argument that is one number, several or None, as a tuple."""
    if value is None or value == ():
        return None
    if isinstance(value, int):
        return (value,)
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"Invalid `{name}`: {value}. `{name}` must be an int, list, or tuple.")
    return tuple(value)


def _check_lengths(value_shape: Shape, key_shape: Shape) -> None:
    if tuple(value_shape[1:-1]) != tuple(key_shape[1:-1]):
        raise ValueError(
            "All dimensions of `value` and `key`, except the last one, must be equal. Received: "
            f"value_shape={value_shape} and key_shape={key_shape}"
        )

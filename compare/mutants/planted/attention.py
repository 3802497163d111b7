"""Planted bugs in layers of attention, and in the layers that they are made of."""

from __future__ import annotations

from compare.mutants.planted.places import LAYERS
from compare.mutants.planted.switch import BACKWARD, FORWARD, Bug

ATTENTION = LAYERS + "attention."
HEADS = ATTENTION + "multi_head_attention"
SPECTRAL = LAYERS + "normalization.spectral_normalization"
EQUATION = LAYERS + "core.einsum_equation"
ENCODED = LAYERS + "preprocessing.encoded_numbers"

BUGS = [
    Bug(
        "scores of attention are not divided by the root of the width",
        FORWARD,
        HEADS,
        "scale = 1 / math.sqrt(self.key_dim)",
        "scale = 1.0",
        ("layers.MultiHeadAttention(num_heads=2",),
    ),
    Bug(
        "scores of attention are divided by the root of the width of values",
        FORWARD,
        HEADS,
        "scale = 1 / math.sqrt(self.key_dim)",
        "scale = 1 / math.sqrt(self.value_dim)",
        ("layers.MultiHeadAttention",),
    ),
    Bug(
        "only the value's mask counts, not the key's",
        FORWARD,
        HEADS,
        "for m in (value_mask, key_mask)",
        "for m in (value_mask, None)",
        ("layers.MultiHeadAttention",),
    ),
    Bug(
        "a causal mask replaces the others",
        FORWARD,
        ATTENTION + "attention",
        "return causal if counts is None else ops.logical_and(counts, causal)",
        "return causal",
        ("layers.Attention", "layers.AdditiveAttention"),
    ),
    Bug(
        "a query does not see its own position",
        FORWARD,
        ATTENTION + "position_masks",
        "return _distances(targets, sources) >= 0",
        "return _distances(targets, sources) >= 1",
        ("layers.Attention", "layers.MultiHeadAttention"),
    ),
    Bug(
        "a sliding window is one position too wide",
        FORWARD,
        ATTENTION + "position_masks",
        "return ops.abs(_distances(targets, sources)) < window",
        "return ops.abs(_distances(targets, sources)) <= window",
        ("layers.MultiHeadAttention",),
    ),
    Bug(
        "a gate is that of the heads themselves",
        FORWARD,
        HEADS,
        "y if gate is None else y * gate",
        "y if gate is None else y * ops.sigmoid(y)",
        ("layers.MultiHeadAttention(use_gate=True",),
    ),
    Bug(
        "the weights of attention are dropped after they are returned only",
        FORWARD,
        HEADS,
        "return ops.einsum(self._combine_equation, dropped, value), weights",
        "return ops.einsum(self._combine_equation, weights, value), weights",
        ("layers.MultiHeadAttention(dropout",),
    ),
    Bug(
        "no gradient flows through the weights of attention",
        BACKWARD,
        ATTENTION + "attention",
        "        y = weights @ value\n",
        "        y = ops.stop_gradient(weights) @ value\n",
        ("layers.Attention", "layers.AdditiveAttention"),
    ),
    Bug(
        "keys are the queries where none are given",
        FORWARD,
        ATTENTION + "attention",
        "query, value, key = (*inputs, inputs[1])[:3]",
        "query, value, key = (*inputs, inputs[0])[:3]",
        (
            "layers.Attention(use_scale=True) on (3, 3, 4), (3, 3, 4)",
            "layers.AdditiveAttention(use_scale=False) on (3, 3, 4), (3, 3, 4)",
        ),
    ),
    Bug(
        "the scale is inside of the hyperbolic tangent",
        FORWARD,
        ATTENTION + "additive_attention",
        "fit = ops.tanh(pairwise_sums(query, key))",
        "fit = ops.tanh(pairwise_sums(query, key) * (1 if self.scale is None else self.scale))",
        ("layers.AdditiveAttention",),
    ),
    Bug(
        "a bias in Einstein's notation lacks the last axes",
        FORWARD,
        EQUATION,
        "return tuple(in_output[c] if c in bias_axes else 1 for c in outputs[first:])",
        "return tuple(in_output[c] if c in outputs[-1:] else 1 for c in outputs[first:])",
        ("layers.EinsumDense",),
    ),
    Bug(
        "the inputs of a kernel in Einstein's notation are taken for its outputs",
        FORWARD,
        EQUATION,
        "[i for i, c in enumerate(kernel_letters) if c not in in_output],",
        "[i for i, c in enumerate(kernel_letters) if c in in_output],",
        ("layers.EinsumDense",),
    ),
    Bug(
        "each power iteration begins anew",
        FORWARD,
        SPECTRAL,
        "self.vector_u.assign(u)",
        "self.vector_u.assign(self.vector_u)",
        ("layers.SpectralNormalization",),
    ),
    Bug(
        "a kernel is divided by its largest singular value squared",
        FORWARD,
        SPECTRAL,
        "sigma = v @ w @ ops.transpose(u)",
        "sigma = (v @ w @ ops.transpose(u)) ** 2",
        ("layers.SpectralNormalization",),
    ),
    Bug(
        "a single step of the power iteration is done",
        FORWARD,
        SPECTRAL,
        "for _ in range(self.power_iterations):",
        "for _ in range(1):",
        ("layers.SpectralNormalization",),
    ),
    Bug(
        "numbers that occur twice are counted once",
        FORWARD,
        ENCODED,
        "    return ops.sum(vectors, axis=axis)",
        "    return ops.max(vectors, axis=axis)",
        ("layers.Discretization", "layers.CategoryEncoding"),
    ),
    Bug(
        "numbers are put together along the last axis instead of the second",
        FORWARD,
        LAYERS + "preprocessing.discretization",
        "axis = min(1, max(len(x.shape) - 1, 0))",
        "axis = -1",
        ("layers.Discretization",),
    ),
]

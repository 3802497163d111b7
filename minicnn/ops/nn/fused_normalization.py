"""Normalization, scaling and addition with the activation after them, each as one kernel."""

from __future__ import annotations

from typing import Any

from minicnn.backend import kernels
from minicnn.ops.define.declare import fused
from minicnn.ops.nn.fused_layers import activated, split_activation
from minicnn.ops.nn.normalization import batch_normalization, moments


def _batch_norm_forward(inputs, gamma, beta, recorded, epsilon, activation):
    return kernels.batch_norm_layer(inputs, gamma, beta, epsilon, activation), None


def _batch_norm_gradients(
    cotangent, outputs, known, inputs, gamma, beta, needed, epsilon, activation
):
    y, mean, variance = outputs
    return kernels.batch_norm_layer_gradients(
        cotangent, inputs, y, gamma, mean, variance, epsilon, activation
    )


@fused(
    "inputs",
    "gamma",
    "beta",
    forward=_batch_norm_forward,
    gradients=_batch_norm_gradients,
    wide=True,
)
def _batch_norm_layer(inputs, gamma, beta, epsilon, activation):
    mean, variance = moments(inputs, tuple(range(len(inputs.shape) - 1)))
    outputs = batch_normalization(inputs, mean, variance, -1, beta, gamma, epsilon)
    return activated(outputs, activation), mean, variance


def batch_norm_layer(
    inputs: Any, gamma: Any, beta: Any, epsilon: float = 1e-3, activation: Any = None
) -> tuple[Any, Any, Any]:
    """Normalizes each channel (the last axis) by its own mean and variance, and returns these too.

    `activation(γ · (x − μ) / √(σ² + ε) + β)`, μ and σ² over all other axes; γ and β `(channels,)`.
    """
    known, rest = split_activation(activation)
    y, mean, variance = _batch_norm_layer(inputs, gamma, beta, epsilon, known)
    return (y if rest is None else rest(y)), mean, variance


def _add_forward(x1, x2, recorded, activation):
    return kernels.add_and_activate(x1, x2, activation), None


def _add_gradients(cotangent, outputs, known, x1, x2, needed, activation):
    if activation != "linear":
        gradient = {"relu": kernels.relu_gradient, "relu6": kernels.relu6_gradient}[activation]
        cotangent = gradient(cotangent, *outputs)
    return cotangent, cotangent


@fused("x1", "x2", forward=_add_forward, gradients=_add_gradients)
def _add_and_activate(x1, x2, activation):
    return activated(x1 + x2, activation)


def add_and_activate(x1: Any, x2: Any, activation: Any = None) -> Any:
    """`activation(x1 + x2)` of two tensors of one shape."""
    known, rest = split_activation(activation)
    outputs = _add_and_activate(x1, x2, known)
    return outputs if rest is None else rest(outputs)


def _scale_forward(inputs, factor, shift, recorded, activation):
    return kernels.scale_and_shift(inputs, factor, shift, activation), None


@fused("inputs", "factor", "shift", forward=_scale_forward)
def _scale_and_shift(inputs, factor, shift, activation):
    return activated(inputs * factor + shift, activation)


def scale_and_shift(inputs: Any, factor: Any, shift: Any, activation: Any = None) -> Any:
    """`activation(inputs · factor + shift)`, with a factor and a shift `(channels,)`."""
    known, rest = split_activation(activation)
    outputs = _scale_and_shift(inputs, factor, shift, known)
    return outputs if rest is None else rest(outputs)

"""Batch renormalization: in training, corrects the batch's statistics towards the moving ones.

With μ, σ of the batch and moving averages μ', σ' (σ² with ε added), the normalized x̂ becomes
`x̂ · r + d`, where `r = σ / σ'` and `d = (μ - μ') / σ'` are clipped, and constants for the
gradient. So `y = (x̂ · r + d) · gamma + beta = x̂ · (r · gamma) + (d · gamma + beta)`.
Source: Ioffe, "Batch renormalization" (2017), algorithm 1.
"""

from __future__ import annotations

from typing import Any

from minicnn import initializers, ops
from minicnn.common.shapes import Shape
from minicnn.layers.normalization.base_normalization import move

CLIPPING = ("rmax", "rmin", "dmax")


def check_clipping(clipping: dict[str, float] | None) -> None:
    """Raises for unknown keys and empty ranges."""
    clipping = clipping or {}
    if set(clipping) - set(CLIPPING):
        raise ValueError(
            f"Received invalid keys for `renorm_clipping` argument: {clipping}. Supported values: "
            f"{CLIPPING}."
        )
    rmax, rmin, dmax = (clipping.get(key) for key in CLIPPING)
    if rmax is not None and rmin is not None and rmax < rmin:
        raise ValueError(
            "rmax should be greater than rmin in the `renorm_clipping` argument. Received: "
            f"rmax={rmax}, rmin={rmin}."
        )
    if dmax is not None and dmax < 0:
        raise ValueError(
            f"dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={dmax}."
        )


def add_statistics(layer: Any, shape: Shape) -> None:
    """The standard deviation for inference, and the moving averages for training."""

    def root(shape: Shape, dtype: Any = None) -> Any:
        return ops.sqrt(initializers.get(layer.moving_variance_initializer)(shape, dtype=dtype))

    settings = {"shape": shape, "trainable": False, "autocast": False}
    mean = layer.moving_mean_initializer
    layer.moving_stddev = layer.add_weight(name="moving_stddev", initializer=root, **settings)
    layer.renorm_mean = layer.add_weight(name="renorm_mean", initializer=mean, **settings)
    layer.renorm_stddev = layer.add_weight(name="renorm_stddev", initializer=root, **settings)


def corrected(layer: Any, mean: Any, variance: Any) -> tuple[Any, Any]:
    """`(r · gamma, d · gamma + beta)`."""
    stddev = ops.sqrt(variance + layer.epsilon)
    moving = ops.maximum(ops.cast(layer.renorm_stddev, mean.dtype), layer.epsilon**0.5)
    r = stddev / moving
    d = (mean - ops.cast(layer.renorm_mean, mean.dtype)) / moving
    clipping = layer.renorm_clipping or {}
    if clipping.get("rmin") is not None:
        r = ops.maximum(r, clipping["rmin"])
    if clipping.get("rmax") is not None:
        r = ops.minimum(r, clipping["rmax"])
    if clipping.get("dmax") is not None:
        d = ops.clip(d, -clipping["dmax"], clipping["dmax"])
    r, d = ops.stop_gradient(r), ops.stop_gradient(d)
    if layer.gamma is not None:
        r, d = r * layer.gamma, d * layer.gamma
    return r, d if layer.beta is None else d + layer.beta


def move_statistics(layer: Any, mean: Any, variance: Any) -> None:
    """Updates all moving averages; the moving variance is computed from the moving deviation."""
    stddev = ops.sqrt(variance + layer.epsilon)
    move(layer.renorm_mean, mean, layer.renorm_momentum)
    move(layer.renorm_stddev, stddev, layer.renorm_momentum)
    move(layer.moving_mean, mean, layer.momentum)
    move(layer.moving_stddev, stddev, layer.momentum)
    variance = ops.square(layer.moving_stddev) - layer.epsilon
    layer.moving_variance.assign(ops.relu(variance))

"""`explain_output`: how one element of a layer's output came about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minicnn.analysis.explanations.explanation import Explanation
from minicnn.analysis.explanations.output_rules import OPERATION_RULES, OUTPUT_RULES, rule_for
from minicnn.analysis.recorded_calls import RecordedCalls, record_calls
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values


def explain_output(
    model: Any,
    x: Any,
    layer: Any = None,
    index: Sequence[int] | int = (),
    sample: int = 0,
    training: bool = False,
) -> Explanation:
    """How one element of a layer's output came about, product by product.

    For a convolution: the window in its input, times the kernel, summed, plus the bias, through
    the activation; for a max pooling the window and the largest in it; for a dense layer all
    products; for a batch normalization its mean, variance, gamma and beta; for a softmax the
    exponentials and their sum. The sums are done in float64 and give the layer's real output up to
    its rounding.

    Args:
        model: a model of any kind, or one layer.
        x: inputs: one batch.
        layer: the layer, or the name of the call: `block/conv`, `dense#2` for a second call; not
            needed if the model is one layer.
        index: which element of the output, without the batch.
        sample: which sample of the batch.
        training: whether layers do as in training: dropout, batch statistics.

    Returns:
        An `Explanation`: `terms` are the products, `steps` what is done with them.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import explain_output
        >>> layer = keras.layers.Conv2D(1, 2, activation="relu", name="conv")
        >>> image = np.arange(9.0, dtype="float32").reshape(1, 3, 3, 1)
        >>> _ = layer(image)
        >>> layer.set_weights([np.array([1, 0, 0, -2.0]).reshape(2, 2, 1, 1), np.array([9.5])])
        >>> print(explain_output(layer, image, index=(0, 1, 0)))
        conv[0, 1, 0] of sample 0 = 0.5  (Conv2D)
        from   at                   calculation       number
        ────────────────────────────────────────────────────
        input  1, 2, 0              5 · -2               -10
               0, 1, 0              1 · 1                  1
               0, 2, 0              2 · 0                  0
               1, 1, 0              4 · 0                  0
               sum of the products  Σ input · kernel      -9
               with the bias        sum + 9.5            0.5
               relu                 max(0.5, 0)          0.5

    Raises:
        ValueError: a layer that is not in the model, or for which there is no rule.
        IndexError: an element or sample that there is not.
    """
    recorded = record_calls(model, x, "explain_output", training)
    return explained_output(recorded, recorded.call_of(layer), index, sample)


def explained_output(
    recorded: RecordedCalls, call: Call, index: Sequence[int] | int, sample: int = 0
) -> Explanation:
    """The same for a call of a computation that was recorded."""
    rule = rule_for(call.layer, OUTPUT_RULES, OPERATION_RULES)
    inside = recorded.inside(call)
    if rule is None or len(call.outputs) != 1:
        raise ValueError(
            f"There is no explanation for {call.name!r} of type {type(call.layer).__name__}."
            + (f" It consists of others; choose one of: {', '.join(inside)}." if inside else "")
        )
    y = call.outputs[0].numpy()
    at = element(y.shape, index, sample, call.name)
    with quiet(), temporary_values(recorded.model.variables):
        parts = rule(call, at, [recorded.source_of(t) for t in call.inputs])
    kind = type(call.layer).__name__
    return Explanation(call.name, kind, at[1:], at[0], float(y[at]), parts)


def element(
    shape: tuple[int, ...], index: Sequence[int] | int, sample: int, name: str
) -> tuple[int, ...]:
    """`(sample, *index)` with positions from 0, once they are inside.

    Raises:
        IndexError: they are not.
    """
    index = (index,) if hasattr(index, "__index__") else tuple(index)
    at = (sample, *index)
    if len(at) != len(shape):
        raise IndexError(
            f"An element of {name!r}, whose shape is {shape[1:]} for one sample, has "
            f"{len(shape) - 1} positions. Received: index={index}."
        )
    if not all(-n <= i < n for i, n in zip(at, shape, strict=True)):
        raise IndexError(
            f"{name!r} has the shape {shape}. There is no element at {index} of sample {sample}."
        )
    return tuple(int(i) % n for i, n in zip(at, shape, strict=True))

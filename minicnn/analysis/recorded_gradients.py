"""One computation of a model with the gradients to all its tensors and weights."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

import numpy as np

from minicnn.analysis.checks import checked_inputs, with_gradient
from minicnn.analysis.class_scores import ClassScores
from minicnn.analysis.explanations.layer_copies import (
    before_activation,
    has_activation,
    pulled_back,
)
from minicnn.analysis.loss_gradients import check_loss
from minicnn.analysis.recorded_calls import RecordedCalls, record_calls
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import GradientTape, Tensor
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.trainers.all_or_nothing import state_variables
from minicnn.trainers.batch import as_tensors


class Cotangent(NamedTuple):
    """The gradient to what a layer computes before its activation.

    Attributes:
        before: that gradient.
        after: the gradient behind the activation, where there is one that works on each element.
        slope: the derivative of the activation at each element, likewise: `before = after · slope`.
    """

    before: np.ndarray
    after: np.ndarray | None = None
    slope: np.ndarray | None = None

    def factors(self, where: Any) -> dict[str, np.ndarray]:
        """The factors at some elements."""
        if self.after is None or self.slope is None:
            return {"cotangent": self.before[where]}
        return {"cotangent": self.after[where], "slope": self.slope[where]}


class RecordedGradients:
    """The gradients of one number, a loss or the score of a class.

    Attributes:
        recorded: the computation.
        of_what: `loss`, or `score of class 3`.
        number: the loss, or the scores of the samples.
        targets: those of the loss; None for a score.
        weights: the gradient to each trainable weight, by its path.
    """

    def __init__(
        self,
        recorded: RecordedCalls,
        of_what: str,
        number: Any,
        targets: Any,
        found: dict[int, np.ndarray],
        logits: dict[int, Tensor],
        weights: dict[str, np.ndarray | None],
    ):
        self.recorded = recorded
        self.of_what = of_what
        self.number = number
        self.targets = targets
        self.weights = weights
        self._found = found
        self._logits = logits

    def of(self, tensor: Tensor) -> np.ndarray | None:
        """The gradient to a tensor; None where nothing depends on it."""
        return self._found.get(id(tensor))

    def differentiated(self, call: Call) -> Tensor:
        """The output of a call, or its logits, if the gradient is taken from there."""
        y = call.outputs[0]
        logits = self._logits.get(id(y))
        return y if logits is None or self.of(y) is not None else logits

    def cotangent(self, call: Call) -> Cotangent | None:
        """The gradient to what the layer computes before its activation."""
        y = call.outputs[0]
        if not has_activation(call.layer):
            after = self.of(y)
            return None if after is None else Cotangent(after)
        logits = self._logits.get(id(y))
        if logits is not None and logits is not call.inputs[0] and self.of(logits) is not None:
            return Cotangent(self.of(logits))
        after = self.of(y)
        if after is None:
            return None
        z, activation = before_activation(call).array, call.layer.activation
        before = pulled_back(activation, z, after)
        slope = pulled_back(activation, z, np.ones_like(z))
        if np.allclose(after * slope, before, rtol=1e-5, atol=1e-7 * abs(before).max(initial=0)):
            return Cotangent(before, after, slope)
        return Cotangent(before)


def record_gradients(
    model: Any,
    x: Any,
    y: Any,
    function: str,
    class_index: Any = None,
    output: Any = None,
    training: bool | None = None,
) -> RecordedGradients:
    """The gradients of the loss, or without targets of the score of a class.

    Args:
        model: of any kind; with `y` it must be compiled.
        x: inputs: one batch.
        y: targets, or None.
        function: for errors.
        class_index, output: as for `saliency`, without targets.
        training: whether layers do as in training: by default with targets only.
    """
    training = y is not None if training is None else training
    inputs = checked_inputs(model, x, function)
    with contextlib.suppress(TypeError):  # whole numbers by nature, as of an embedding
        inputs = with_gradient(model, inputs, function)
    if y is not None:
        check_loss(model, y, function)
    watched: list[Tensor] = []
    logits: dict[int, Tensor] = {}
    variables = state_variables(model) if y is not None else model.variables
    with temporary_values(variables), quiet(), GradientTape() as tape:

        def watch(tensor: Tensor) -> None:
            before = getattr(tensor, "_keras_logits", None)
            if isinstance(before, Tensor):
                logits[id(tensor)] = before
            for t in (tensor, before):
                if isinstance(t, Tensor) and t.is_inexact and not any(t is w for w in watched):
                    tape.watch(t)
                    watched.append(t)

        recorded = record_calls(model, inputs, function, training, watch)
        if y is None:
            scores = ClassScores(model, recorded.prediction, class_index, output)
            number, target, seed = scores.values, scores.tensor, scores.one_hot
            classes = sorted({int(c) for c in scores.classes})
            of_what = f"score of class {', '.join(map(str, classes))}"
        else:
            (targets,) = as_tensors((np.asarray(y) if isinstance(y, (list, tuple)) else y,))
            target = model._compute_loss(inputs, targets, recorded.prediction, None, training)
            number, seed, of_what = float(target.numpy()), None, "loss"
        weights = model.trainable_weights
        found = tape.gradient(target, [*watched, *weights], seed)
    arrays = [None if g is None else g.numpy() for g in found]
    count = len(watched)
    by_id = {id(t): g for t, g in zip(watched, arrays[:count], strict=True) if g is not None}
    if y is None:
        by_id[id(scores.tensor)] = by_id.get(id(scores.tensor), scores.one_hot)
    recorded.kept = [watched, logits]  # so that no other tensor gets their ids
    by_path = {w.path: g for w, g in zip(weights, arrays[count:], strict=True)}
    targets = None if y is None else np.asarray(y)
    return RecordedGradients(recorded, of_what, number, targets, by_id, logits, by_path)

"""`explain_gradient` and `explain_weight_gradient`: the sum that made one number of a gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.analysis.explanations.explanation import Explanation, Parts, Step, Terms
from minicnn.analysis.explanations.layer_copies import pulled_back
from minicnn.analysis.explanations.loss_steps import loss_steps
from minicnn.analysis.explanations.output_rules import rule_for
from minicnn.analysis.explanations.spread_rules import SPREAD_OF_OPERATIONS, SPREAD_RULES
from minicnn.analysis.explanations.sums_of_layers import called_with
from minicnn.analysis.explanations.weight_rules import weight_rule
from minicnn.analysis.output_explanations import element
from minicnn.analysis.recorded_gradients import RecordedGradients, record_gradients
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import Variable
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.common.suggest import did_you_mean


def explain_gradient(
    model: Any,
    x: Any,
    y: Any = None,
    layer: Any = None,
    index: Sequence[int] | int = (),
    sample: int = 0,
    class_index: Any = None,
    output: Any = None,
    training: bool | None = None,
) -> Explanation:
    """The sum that made the gradient of one element of a layer's output, or of the input.

    Each layer that the element goes into gives a part: for a convolution the cotangents of the
    windows that the element lies in, times the kernel; for a max pooling that of the window whose
    largest it is; for a dense layer those of all units, times the kernel. A cotangent is the
    gradient to the output of that layer, and slope the derivative of its activation.

    Args:
        model: a model of any kind.
        x: inputs: one batch.
        y: targets: the gradient is that of the loss. Without them, of the score of a class.
        layer: the layer, or the name of the call; None for the input of the model, `input[1]` for
            the second of several.
        index: which element, without the batch.
        sample: which sample of the batch.
        class_index, output: which score, as for `saliency`.
        training: whether layers do as in training; by default for a loss only, as in `fit`.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import explain_gradient
        >>> line = keras.layers.Dense(2, name="line")
        >>> model = keras.Sequential([keras.Input((2,)), line])
        >>> line.set_weights([np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2)])
        >>> print(explain_gradient(model, np.ones((1, 2)), class_index=1, index=0))
        input[0] of sample 0 = 2  (score of class 1)
        from  at            calculation           number
        ────────────────────────────────────────────────
        line  1             1 · 2                      2
              0             0 · 1                      0
              through line  Σ cotangent · kernel       2
              gradient      the sum                    2

    Raises:
        ValueError: a layer that is not in the model, or has no gradient.
        IndexError: an element that there is not.
    """
    found = record_gradients(model, x, y, "explain_gradient", class_index, output, training)
    return explained_gradient(found, layer, index, sample)


def explained_gradient(
    found: RecordedGradients, layer: Any, index: Sequence[int] | int, sample: int = 0
) -> Explanation:
    """The same for gradients that were recorded."""
    recorded = found.recorded
    names = {recorded.source_of(x): x for x in recorded.inputs}
    if layer is None or (isinstance(layer, str) and layer in names):
        name = layer or next(iter(names))
        tensor = names[name]
    else:
        call = recorded.call_of(layer)
        name, tensor = call.name, found.differentiated(call)
    gradient = found.of(tensor)
    if gradient is None:
        raise ValueError(
            f"The {found.of_what} does not depend on {name!r}, or it holds whole numbers: it has "
            "no gradient."
        )
    at = element(gradient.shape, index, sample, name)
    terms: list[Terms] = []
    steps: list[Step] = []
    with quiet(), temporary_values(recorded.model.variables):
        for call in recorded.inmost:
            for number, x in enumerate(call.inputs):
                if x is tensor:
                    parts = _through(found, call, number, at)
                    terms += parts.terms
                    steps += parts.steps
    value = float(gradient[at])
    rest = value - sum(step.value for step in steps)
    size = max([abs(value), 1e-30, *(abs(step.value) for step in steps)])
    if not steps or not abs(rest) < 1e-4 * size:
        steps = [step for step in steps if np.isfinite(step.value)]
        rest = value - sum(step.value for step in steps)
        steps += loss_steps(found, tensor, at, rest)
    total = sum(step.value for step in steps if not step.name.startswith("  "))
    steps.append(Step("gradient", "the sum", total))
    return Explanation(name, found.of_what, at[1:], at[0], value, Parts(terms, steps))


def _through(found: RecordedGradients, call: Call, number: int, at: tuple[int, ...]) -> Parts:
    """What one call gives to the gradient of an element of its input."""
    cotangent = found.cotangent(call)
    if cotangent is None:
        return Parts([], [])
    rule = rule_for(call.layer, SPREAD_RULES, SPREAD_OF_OPERATIONS)
    if rule is None or len(call.outputs) != 1:
        return Parts([], [_unexplained(found, call, number, at)])
    terms = rule(call, number, at, cotangent)
    formula = "Σ " + " · ".join(terms[0].factors)
    return Parts(terms, [Step(f"through {call.name}", formula, sum(t.total for t in terms))])


def _unexplained(found: RecordedGradients, call: Call, number: int, at: tuple) -> Step:
    """The part of a layer without a rule, as one number."""
    kind = type(call.layer).__name__
    after = found.of(call.outputs[0])
    value = np.nan
    if after is not None and len(call.outputs) == 1:

        def run(x: Any) -> Any:
            return called_with(call, [x if i == number else t for i, t in enumerate(call.inputs)])

        value = float(pulled_back(run, call.inputs[number].array, after)[at])
    return Step(f"through {call.name}", f"computed, as there is no rule for {kind}", value)


def explain_weight_gradient(
    model: Any,
    x: Any,
    y: Any,
    weight: Variable | str,
    index: Sequence[int] | int,
    class_index: Any = None,
    output: Any = None,
    training: bool | None = None,
) -> Explanation:
    """The sum that made the gradient of one weight: over all samples and positions that use it.

    For an entry of a convolution's kernel the products of the input under it and the cotangent of
    the window's output; for a bias the cotangents.

    Args:
        model: a model of any kind.
        x: inputs: one batch.
        y: targets: the gradient is that of the loss; None for the score of a class.
        weight: the weight, or its path, such as `conv1/kernel`.
        index: which element of it.
        class_index, output, training: as for `explain_gradient`.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import explain_weight_gradient
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="line")])
        >>> x = np.array([[1.0, 2.0], [3.0, 4.0]])
        >>> found = explain_weight_gradient(model, x, None, model.layers[0].kernel, (1, 0), 0)
        >>> found.result, found.terms[0].factors["input"].tolist()
        (6.0, [2.0, 4.0])

    Raises:
        ValueError: a weight that is not in the model, has no gradient, or no rule.
        IndexError: an element that there is not.
    """
    found = record_gradients(model, x, y, "explain_weight_gradient", class_index, output, training)
    return explained_weight_gradient(found, weight, index)


def explained_weight_gradient(
    found: RecordedGradients, weight: Variable | str, index: Sequence[int] | int
) -> Explanation:
    """The same for gradients that were recorded."""
    variable = _weight(found, weight)
    gradient = found.weights[variable.path]
    if gradient is None:
        raise ValueError(f"The {found.of_what} does not depend on the weights {variable.path!r}.")
    at = element((1, *gradient.shape), index, 0, variable.path)[1:]
    terms: list[Terms] = []
    steps: list[Step] = []
    kinds = set()
    with quiet(), temporary_values(found.recorded.model.variables):
        for call in found.recorded.inmost:
            if not any(w is variable for w in getattr(call.layer, "weights", ())):
                continue
            kinds.add(type(call.layer).__name__)
            parts = _of_weight(found, call, variable, at)
            terms += parts.terms
            steps += parts.steps
        penalty = getattr(variable, "regularizer", None)
        if penalty is not None and found.targets is not None:
            own = float(pulled_back(penalty, variable.numpy(), np.ones(()))[at])
            steps.append(Step("of the penalty", type(penalty).__name__, own))
    value = float(gradient[at])
    steps.append(Step("gradient", "the sum", sum(step.value for step in steps)))
    kind = f"{', '.join(sorted(kinds))}, {found.of_what}"
    return Explanation(variable.path, kind, at, None, value, Parts(terms, steps))


def _of_weight(found: RecordedGradients, call: Call, variable: Variable, at: tuple) -> Parts:
    rule, cotangent = weight_rule(call.layer, variable), found.cotangent(call)
    if rule is None:
        raise ValueError(
            f"There is no explanation of the gradient of {variable.path!r}, a weight of a "
            f"{type(call.layer).__name__}."
        )
    if cotangent is None:
        return Parts([], [])
    terms = rule(call, at, cotangent, found.recorded.source_of(call.inputs[0]))
    count = terms[0].products.size
    formula = f"Σ {' · '.join(terms[0].factors)}, {count:,} product{'s' * (count != 1)}"
    total = sum(t.total for t in terms)
    return Parts(terms, [Step(f"in {call.name}", formula, total)])


def _weight(found: RecordedGradients, weight: Variable | str) -> Variable:
    weights = found.recorded.model.trainable_weights
    for w in weights:
        if w is weight or (isinstance(weight, str) and w.path == weight):
            return w
    name = weight if isinstance(weight, str) else getattr(weight, "path", repr(weight))
    paths = [w.path for w in weights]
    raise ValueError(
        f"No trainable weight {name!r} in the model {found.recorded.model.name!r}."
        f"{did_you_mean(name, paths)} Its trainable weights are: {', '.join(paths)}."
    )

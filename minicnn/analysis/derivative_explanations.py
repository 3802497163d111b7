"""How a layer without a rule of its own came to a number: by its derivatives, which are computed.

Any layer has them. The gradient of an element of the input, or of a weight, is the sum over the
outputs of `cotangent · derivative`; an output depends on the inputs whose derivative is not zero.
"""

from __future__ import annotations

import numpy as np

from minicnn.analysis.explanations.explanation import Explanation, Parts, Step, Terms
from minicnn.analysis.explanations.sums_of_layers import called_with
from minicnn.analysis.recorded_gradients import RecordedGradients
from minicnn.analysis.watched_calls import Call
from minicnn.autodiff import GradientTape, Tensor, Variable
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values

MOST_OUTPUTS = 100
"""Of a call whose derivatives are computed: each takes a backward pass."""


class Derivatives:
    """The derivatives of a call's output by one of its inputs or weights.

    Args:
        found: the computation and its gradients.
        call: a call with one output.
        of: the number of the input, or a weight.

    Raises:
        ValueError: more outputs than can be differentiated one by one.
    """

    def __init__(self, found: RecordedGradients, call: Call, of: int | Variable):
        self.found, self.call, self.of = found, call, of
        self.source = call.inputs[of] if isinstance(of, int) else of
        y = call.outputs[0]
        if len(call.outputs) != 1 or y.numpy().size > MOST_OUTPUTS:
            raise ValueError(f"{call.name!r} has more outputs than are differentiated one by one.")
        self.values = self._computed()

    def _computed(self) -> np.ndarray:
        """A row for each output."""
        inputs = [x.array for x in self.call.inputs]
        x = self.source
        variables = self.found.recorded.model.variables
        with temporary_values(variables), quiet(), GradientTape(persistent=True) as tape:
            if isinstance(self.of, int):
                x = inputs[self.of] = Tensor(inputs[self.of])
                tape.watch(x)
            y = called_with(self.call, inputs)
        ones = np.eye(y.numpy().size, dtype=y.dtype).reshape(-1, *y.shape)
        rows = [tape.gradient(y, x, Tensor(one)) for one in ones]
        return np.stack([np.zeros(x.shape) if g is None else g.numpy() for g in rows])

    def gradient(self, at: tuple[int, ...]) -> Explanation:
        """The sum that made the gradient of one element: over the outputs that depend on it."""
        y = self.call.outputs[0]
        derivatives = self.values[(slice(None), *at)]
        used = np.flatnonzero(derivatives)
        places = np.stack(np.unravel_index(used, y.shape), axis=-1)
        cotangents = self.found.of(y).reshape(-1)[used]
        factors = {"cotangent": cotangents, "derivative": derivatives[used]}
        terms = Terms("outputs", self.call.name, places, factors)
        step = Step("gradient", "Σ cotangent · derivative", terms.total)
        kind, value = type(self.call.layer).__name__, float(self._gradient()[at])
        return Explanation(self.call.name, kind, at, None, value, Parts([terms], [step]))

    def _gradient(self) -> np.ndarray:
        """The gradient itself, as it was computed; zeros if the outputs do not depend on it."""
        if isinstance(self.of, int):
            found = self.found.of(self.source)
            return np.zeros(self.source.shape, "float32") if found is None else found
        return self.found.weights[self.of.path]

    def output(self, at: tuple[int, ...], source: str) -> Explanation:
        """The elements that one output depends on, with its derivatives by them."""
        y = self.call.outputs[0].numpy()
        row = self.values[np.ravel_multi_index(at, y.shape)]
        places = np.argwhere(row)
        terms = Terms("inputs", source, places, {"derivative by the input": row[tuple(places.T)]})
        kind = type(self.call.layer).__name__
        step = Step(
            f"computed by {kind}", f"from {_counted(len(places))} of the input", float(y[at])
        )
        return Explanation(self.call.name, kind, at, None, step.value, Parts([terms], [step]))


def _counted(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"


def computed_output(call: Call, at: tuple[int, ...], source: str) -> Explanation:
    """One output of a layer on whole numbers, which have no derivatives: from all of its inputs."""
    x, kind = call.inputs[0].numpy(), type(call.layer).__name__
    places = np.argwhere(np.ones(x.shape, bool))
    step = Step(f"computed by {kind}", "from all inputs", float(call.outputs[0].numpy()[at]))
    terms = Terms("inputs", source, places, {"input": x.reshape(-1)})
    return Explanation(call.name, kind, at, None, step.value, Parts([terms], [step]))

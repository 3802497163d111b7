"""One computation of a model, with all its calls: where a tensor came from, and where it went."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minicnn import tree
from minicnn.analysis.checks import checked_inputs, chosen_calls, takes_training
from minicnn.analysis.watched_calls import Call, input_name, watched_calls
from minicnn.autodiff import Tensor
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.layers.base.call_arguments import call_signature


class RecordedCalls:
    """The calls of one computation.

    Attributes:
        model: what was called.
        inputs: its input tensors, flat.
        prediction: what it returned.
        calls: in their order; of a model or layer that calls no others: its own.
        input_name: what the model's own input is called beside them.
        kept: tensors beside those of the calls that live as long as these.
    """

    def __init__(self, model: Any, inputs: list[Tensor], prediction: Any, calls: list[Call]):
        self.model = model
        self.inputs = inputs
        self.prediction = prediction
        self.calls = calls
        self.kept: Any = None
        names = {call.name for call in calls}
        self.input_name = input_name(names)
        around = {n.rsplit("/", 1)[0] for n in names if "/" in n}
        self.inmost = [call for call in calls if call.name not in around]

    def call_of(self, layer: Any) -> Call:
        """The call with a name, or the first of a layer.

        Raises:
            ValueError: there is none, or it has other calls inside.
        """
        by_name = {call.name: call for call in self.calls}
        if layer is None and len(self.calls) == 1:
            return self.calls[0]
        if layer is None:
            raise ValueError(
                f"The model {self.model.name!r} has {len(self.calls)} calls: say which one with "
                f"`layer`. They are: {', '.join(by_name)}."
            )
        layers = {name: call.layer for name, call in by_name.items()}
        return by_name[chosen_calls(layer, layers, layers, self.model)[0]]

    def inside(self, call: Call) -> list[str]:
        """The names of the calls inside another."""
        return [c.name for c in self.calls if c.name.startswith(f"{call.name}/")]

    def source_of(self, tensor: Tensor) -> str:
        """The name of the call that made a tensor, or of the input."""
        for call in reversed(self.inmost):
            if any(tensor is y for y in call.outputs):
                return call.name
        if len(self.inputs) > 1:
            found = [i for i, x in enumerate(self.inputs) if x is tensor]
            return f"{self.input_name}[{found[0]}]" if found else self.input_name
        return self.input_name


def record_calls(
    model: Any, x: Any, function: str, training: bool, watch: Callable = lambda tensor: None
) -> RecordedCalls:
    """Calls a model, and keeps what its layers were called with and returned.

    Args:
        model: a model or layer of any kind. It stays as it is.
        x: inputs: one batch.
        function: for errors.
        training: whether layers do as in training.
        watch: called with each output, before it is used any further, and with the inputs.
    """
    x = checked_inputs(model, x, function)
    inputs = [t for t in tree.flatten(x) if isinstance(t, Tensor)]
    for t in inputs:
        watch(t)
    settings = {"training": training} if takes_training(model) else {}
    with temporary_values(model.variables), quiet(), watched_calls(model, watch) as calls:
        prediction = model(x, **settings)
    outputs = [t for t in tree.flatten(prediction) if isinstance(t, Tensor)]
    if not calls:
        given = settings if call_signature(model).accepts("training") else {}
        calls = [Call(model.name, model, inputs, outputs, ((x,), given))]
    return RecordedCalls(model, inputs, prediction, calls)

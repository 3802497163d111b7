"""`gradients`: of the loss, to each layer's output and to each weight."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis.checks import check_model, checked_inputs, takes_training
from minicnn.analysis.watched_calls import Call, watched_calls
from minicnn.autodiff import GradientTape, Tensor
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.common.tables import ShownAsTable, Table
from minicnn.trainers.all_or_nothing import state_variables
from minicnn.trainers.batch import as_tensors


class Gradients(ShownAsTable):
    """The gradients of a loss.

    Attributes:
        loss: the loss, a float.
        outputs: the gradient to each layer's output, by the name of the call (see `activations`);
            None where the loss does not depend on it.
        weights: the gradient to each trainable weight, by its path; None likewise.
        values: the trainable weights themselves, by path.
        of_logits: names in `outputs` whose gradient is that of the logits: a loss on a softmax (or
            sigmoid) is computed from the values before it, not from the probabilities.
    """

    def __init__(
        self,
        loss: float,
        outputs: dict[str, np.ndarray | None],
        weights: dict[str, np.ndarray | None],
        values: dict[str, np.ndarray],
        of_logits: list[str],
    ):
        self.loss = loss
        self.outputs = outputs
        self.weights = weights
        self.values = values
        self.of_logits = of_logits

    def table(self) -> Table:
        """A row for each layer's output and each weight."""
        columns = ["gradient to", "shape", "norm", "largest", "zeros", "norm / weight's norm"]
        rows = [[name, *_row(g), ""] for name, g in self.outputs.items()]
        rows += [
            [path, *_row(g), _relative(g, self.values[path])] for path, g in self.weights.items()
        ]
        notes = [f"Of logits, before the activation: {', '.join(self.of_logits)}."]
        return Table(
            f"Gradients of the loss {self.loss:.4g}",
            columns,
            rows,
            notes=notes if self.of_logits else [],
        )


def gradients(
    model: Any, x: Any, y: Any, sample_weight: Any = None, training: bool = True
) -> Gradients:
    """The gradients of the loss to each layer's output and each weight, for one batch.

    They are those of a training step of `fit`, before the optimizer clips them. The model, its
    metrics and its optimizer stay as they are.

    Args:
        model: a compiled model of any kind.
        x: inputs, one batch.
        y: targets.
        sample_weight: weights of the samples in the loss.
        training: whether layers do as in training: dropout, batch statistics.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import gradients
        >>> model = keras.Sequential(
        ...     [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones", name="line")]
        ... )
        >>> model.compile(loss="mse")
        >>> found = gradients(model, np.array([[1.0, 2.0]]), np.array([[1.0]]))
        >>> found.loss  # (1 + 2 - 1)²
        4.0
        >>> found.outputs["line"]
        array([[4.]], dtype=float32)
        >>> [g.tolist() for g in found.weights.values()]
        [[[4.0], [8.0]], [4.0]]

    Raises:
        ValueError: a model that is not compiled, missing targets, inputs of another shape.
    """
    check_model(model, "gradients")
    check_loss(model, y, "gradients")
    x = checked_inputs(model, x, "gradients")
    y, sample_weight = as_tensors((_array(y), sample_weight))
    logits: dict[int, Tensor] = {}
    settings = {"training": training} if takes_training(model) else {}
    with temporary_values(state_variables(model)), quiet(), GradientTape() as tape:

        def watch(output: Tensor) -> None:
            _watch(tape, output)
            before = getattr(output, "_keras_logits", None)
            if isinstance(before, Tensor):
                _watch(tape, before)
                logits[id(output)] = before

        with watched_calls(model, watch) as calls:
            prediction = model(x, **settings)
        loss = model._compute_loss(x, y, prediction, sample_weight, training)
        weights = model.trainable_weights
        named = _named_outputs(calls)
        sources = [*named.values(), *(logits.get(id(t), t) for t in named.values()), *weights]
        found = tape.gradient(loss, sources)
    count = len(named)
    outputs, of_logits = {}, []
    for name, own, other in zip(named, found, found[count:], strict=False):
        outputs[name] = _numpy(other if own is None else own)
        if own is None and other is not None:
            of_logits.append(name)
    return Gradients(
        loss=float(loss.numpy()),
        outputs=outputs,
        weights={w.path: _numpy(g) for w, g in zip(weights, found[2 * count :], strict=True)},
        values={w.path: w.numpy() for w in weights},
        of_logits=of_logits,
    )


def check_loss(model: Any, y: Any, function: str) -> None:
    """Refuses a model without a loss, and missing targets."""
    if not getattr(model, "compiled", False):
        raise ValueError(
            f"`{function}` needs a loss, but the model {getattr(model, 'name', model)!r} is not "
            "compiled. For example: `model.compile(optimizer='adam', loss='mse')`."
        )
    if y is None and model._compile_loss is not None:
        raise ValueError(
            f"`{function}` needs targets: the model {model.name!r} was compiled with a loss, and "
            "`y` is None."
        )


def _array(y: Any) -> Any:
    return np.asarray(y) if isinstance(y, (list, tuple)) and not _holds_arrays(y) else y


def _holds_arrays(y: Any) -> bool:
    return any(hasattr(x, "shape") for x in y)


def _watch(tape: GradientTape, output: Tensor) -> None:
    if output.is_inexact:
        tape.watch(output)


def _named_outputs(calls: list[Call]) -> dict[str, Tensor]:
    return {
        call.name if len(call.outputs) == 1 else f"{call.name}[{i}]": y
        for call in calls
        for i, y in enumerate(call.outputs)
    }


def _numpy(x: Tensor | None) -> np.ndarray | None:
    return None if x is None else x.numpy()


def _row(g: np.ndarray | None) -> list[Any]:
    if g is None:
        return ["none", None, None, None]
    values = g.astype("float64")
    largest = float(abs(values).max()) if g.size else 0.0
    zeros = f"{100 * np.mean(values == 0):.0f}%" if g.size else ""
    return [g.shape, float(np.linalg.norm(values)), largest, zeros]


def _relative(g: np.ndarray | None, weight: np.ndarray) -> Any:
    size = float(np.linalg.norm(weight.astype("float64")))
    return float(np.linalg.norm(g.astype("float64"))) / size if g is not None and size else None

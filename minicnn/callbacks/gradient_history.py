"""`GradientHistory`: how gradients, updates and dead units develop, for each layer and epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn.callbacks.callback import Callback, Logs
from minicnn.common.dtypes import numpy_dtype
from minicnn.layers import Dense
from minicnn.layers.convolutional.base_conv import BaseConv
from minicnn.layers.convolutional.base_conv_transpose import BaseConvTranspose
from minicnn.layers.convolutional.base_depthwise_conv import BaseDepthwiseConv

QUANTITIES = ("gradient_norm", "update_ratio", "dead_units")

UNIT_AXES = {
    Dense: (-1,),
    BaseConv: (-1,),
    BaseConvTranspose: (-2,),
    BaseDepthwiseConv: (-2, -1),
}
"""Layers with units, and the axes of their kernel that count these."""


class GradientHistory(Callback):
    """Records for each layer with weights, once an epoch, how well gradients reach it.

    - `gradient_norm/LAYER`: the norm of the gradient to all weights of the layer together;
    - `update_ratio/LAYER`: the norm of the change of the weights, divided by that of the weights;
      about 0.001 is usual;
    - `dead_units/LAYER`: the share of units (of filters) whose weights got a gradient of exactly 0
      in every sampled step, as those behind a relu that is never active do.

    The first two are means over sampled steps. The values are read from the training step itself,
    where the optimizer is called: the steps stay as they are, replayed where `fit` replays them,
    with the same results to the last bit. Gradients are those before the optimizer clips them. A
    regularizer's part of a gradient is not 0, so with one on a kernel no unit counts as dead.

    Args:
        every: sample every so many steps, beginning with the first of each epoch. A sample costs
            about as much as an optimizer's step.

    Attributes:
        history: lists of values, one for each epoch, by the names above; `fit` returns them in its
            `History` too.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="dense")])
        >>> model.compile("sgd", "mse")
        >>> watch = keras.callbacks.GradientHistory()
        >>> x, y = np.ones((8, 4)), np.ones((8, 2))
        >>> history = model.fit(x, y, epochs=3, verbose=0, callbacks=[watch]).history
        >>> sorted(name.split("/")[0] for name in history)
        ['dead_units', 'gradient_norm', 'loss', 'update_ratio']
        >>> [len(values) for values in history.values()]
        [3, 3, 3, 3]

    Raises:
        ValueError: `every` that is not a whole number from 1.
    """

    def __init__(self, every: int = 10):
        super().__init__()
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ValueError(f"`every` must be a whole number from 1. Received: every={every!r}")
        self.every = every
        self.history: dict[str, list[float]] = {}
        self._epochs = 0
        self._optimizer: Any = None

    def on_train_begin(self, logs: Logs = None) -> None:
        """Begins to read the optimizer's gradients."""
        self._layers = {
            id(variable): (layer, variable)
            for layer in self.model._flatten_layers()
            for variable in layer._trainable_variables
        }
        optimizer = self.model.optimizer
        self._optimizer = getattr(optimizer, "inner_optimizer", optimizer)
        if self._optimizer is None:
            raise ValueError(
                f"`GradientHistory` reads what the optimizer gets, but the model "
                f"{self.model.name!r} is compiled without one."
            )
        vars(self._optimizer).pop("apply", None)  # of a training that was interrupted
        self._apply = self._optimizer.apply
        self._optimizer.apply = self._apply_and_read
        self._epochs_of_fit = 0
        self._begin_epoch()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Begins the means again."""
        self._begin_epoch()

    def _begin_epoch(self) -> None:
        self._step = 0
        self._sums: dict[str, list[float]] = {}
        self._alive: dict[str, np.ndarray] = {}

    def _apply_and_read(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """The optimizer's `apply`, with a look at the gradients and at the weights around it."""
        sampled = self._step % self.every == 0
        self._step += 1
        if not sampled:
            self._apply(grads, trainable_variables)
            return
        variables = trainable_variables
        variables = self._optimizer._trainable_variables if variables is None else [*variables]
        before = [variable.snapshot().array for variable in variables]
        self._apply(grads, trainable_variables)
        self._read(grads, variables, before)

    def _read(self, grads: Sequence[Any], variables: list[Any], before: list[np.ndarray]) -> None:
        squares: dict[str, np.ndarray] = {}
        for gradient, variable, old in zip(grads, variables, before, strict=True):
            layer, _ = self._layers.get(id(variable), (None, None))
            if gradient is None or layer is None:
                continue
            g, new = getattr(gradient, "array", gradient), variable.snapshot().array
            sums = [_square(g), _square(new - old), _square(old)]
            squares[layer.path] = squares.get(layer.path, 0.0) + np.array(sums)
            self._count_alive(layer, variable, g)
        for path, (gradient, change, weight) in squares.items():
            sums = self._sums.setdefault(path, [0.0, 0.0, 0])
            sums[0] += gradient**0.5
            sums[1] += (change / weight) ** 0.5 if weight else float("nan")
            sums[2] += 1

    def _count_alive(self, layer: Any, variable: Any, gradient: np.ndarray) -> None:
        axes = next((axes for kind, axes in UNIT_AXES.items() if isinstance(layer, kind)), None)
        if axes is None or variable is not getattr(layer, "kernel", None):
            return
        units = [axis % gradient.ndim for axis in axes]
        others = tuple(axis for axis in range(gradient.ndim) if axis not in units)
        alive = (gradient != 0).any(axis=others)
        known = self._alive.get(layer.path)
        self._alive[layer.path] = alive if known is None else known | alive

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Adds the means to `history`, and to that of the model."""
        found: dict[str, float] = {}
        for path, (gradient, ratio, count) in self._sums.items():
            found[f"gradient_norm/{path}"] = float(gradient / count)
            found[f"update_ratio/{path}"] = float(ratio / count)
        for path, alive in self._alive.items():
            found[f"dead_units/{path}"] = float(1 - alive.mean())
        shared = getattr(getattr(self.model, "history", None), "history", {})
        for name in {**self.history, **found}:
            value = found.get(name, float("nan"))  # of an epoch without a sampled step
            for history, epochs in ((self.history, self._epochs), (shared, self._epochs_of_fit)):
                history.setdefault(name, [float("nan")] * epochs).append(value)
        self._epochs += 1
        self._epochs_of_fit += 1

    def on_train_end(self, logs: Logs = None) -> None:
        """Leaves the optimizer as it was."""
        vars(self._optimizer).pop("apply", None)

    def plot(self) -> Any:
        """A matplotlib figure: a panel for each quantity, a line for each layer."""
        from matplotlib.figure import Figure

        names = {
            "gradient_norm": "norm of the gradient",
            "update_ratio": "update / weights",
            "dead_units": "share of dead units",
        }
        figure = Figure(figsize=(12, 3.6), layout="constrained")
        for panel, quantity in zip(figure.subplots(1, len(QUANTITIES)), QUANTITIES, strict=True):
            for name, values in self.history.items():
                kind, _, path = name.partition("/")
                if kind == quantity:
                    panel.plot(range(1, len(values) + 1), values, marker=".", label=path)
            panel.set_title(names[quantity])
            panel.set_xlabel("epoch")
            if quantity == "dead_units":
                panel.set_ylim(-0.02, 1.02)
            elif panel.lines:
                panel.set_yscale("log")
        handles, labels = figure.axes[0].get_legend_handles_labels()
        if labels:
            figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 5))
        return figure


def _square(x: np.ndarray) -> float:
    """The sum of the squares of the elements; of short floats in float32."""
    flat = x.ravel() if x.dtype.itemsize > 2 else x.astype(numpy_dtype("float32")).ravel()
    return float(np.dot(flat, flat))

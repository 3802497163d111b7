"""`activations`: what each layer of a model returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minicnn.analysis.checks import checked_inputs, chosen_calls, takes_training
from minicnn.analysis.watched_calls import input_name, watched_calls
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.common.tables import ShownAsTable, Table


class Activations(ShownAsTable, Mapping):
    """The outputs of layers: a dict of arrays by the names of the calls, in their order.

    A layer with several outputs has `name[0]`, `name[1]` and so on.

    Attributes:
        layers: the layer of each name.
        sources: for each name those of the outputs that it was computed from, where they are
            known; "input" for the model's own input, "model input" if a layer is called so.
    """

    def __init__(
        self,
        arrays: dict[str, np.ndarray],
        layers: dict[str, Any],
        sources: dict[str, list[str]] | None = None,
    ):
        self._arrays = arrays
        self.layers = layers
        self.sources = sources or {}

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def table(self) -> Table:
        """A row for each output: shape, smallest, largest and mean value, share of zeros."""
        columns = ["layer", "type", "shape", "min", "max", "mean", "std", "zeros"]
        rows = [
            [name, type(self.layers[name]).__name__, x.shape, *_statistics(x)]
            for name, x in self.items()
        ]
        broken = [name for name, x in self.items() if not np.isfinite(x).all()]
        notes = [f"Not finite in: {', '.join(broken)}."] if broken else []
        return Table("Activations", columns, rows, notes=notes)

    def summary_column(self) -> tuple[str, dict[str, str]]:
        """The title and the cells of a column for `model.summary(columns=[...])`."""
        cells = {name: f"{_low(x):.3g} … {_high(x):.3g}" for name, x in self.items()}
        return "Output Range", cells


def activations(model: Any, x: Any, layers: Any = None, training: bool = False) -> Activations:
    """The output of each layer for some inputs.

    Layers inside other layers are listed by their path, a layer that is called twice once for
    each call. Operations in a functional model (`x + y`) are listed too.

    Args:
        model: a model or layer of any kind.
        x: inputs, as for `model.predict`: one batch.
        layers: names of layers (or the layers), all by default.
        training: whether layers do as in training: dropout, batch statistics. The model stays as
            it is in any case.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import activations
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((4, 4, 1)),
        ...         keras.layers.Conv2D(2, 3, kernel_initializer="ones", name="conv"),
        ...         keras.layers.Flatten(name="flat"),
        ...     ]
        ... )
        >>> found = activations(model, np.ones((1, 4, 4, 1), "float32"))
        >>> found["conv"].shape
        (1, 2, 2, 2)
        >>> print(found)
        Activations
        layer  type     shape         min  max  mean  std  zeros
        ────────────────────────────────────────────────────────
        conv   Conv2D   (1, 2, 2, 2)    9    9     9    0     0%
        flat   Flatten  (1, 8)          9    9     9    0     0%

    Raises:
        ValueError: inputs of another shape than the model takes; a layer that is not in it.
    """
    x = checked_inputs(model, x, "activations")
    with temporary_values(model.variables), quiet(), watched_calls(model) as calls:
        model(x, training=training) if takes_training(model) else model(x)
    layer_of = {call.name: call.layer for call in calls}
    wanted = chosen_calls(layers, layer_of, layer_of, model)
    arrays: dict[str, np.ndarray] = {}
    owners: dict[str, Any] = {}
    sources: dict[str, list[str]] = {}
    # Of each tensor. A model inside the model returns the output of one of its layers.
    own = input_name(layer_of)
    name_of = {id(z): own for z in calls[0].inputs} if calls else {}
    for call in calls:
        given = dict.fromkeys(name_of[id(z)] for z in call.inputs if id(z) in name_of)
        for i, y in enumerate(call.outputs):
            name = call.name if len(call.outputs) == 1 else f"{call.name}[{i}]"
            name_of.setdefault(id(y), name)
            if call.name in wanted:
                arrays[name], owners[name], sources[name] = y.numpy(), call.layer, list(given)
    return Activations(arrays, owners, sources)


def _low(x: np.ndarray) -> float:
    return float(x.min()) if x.size else float("nan")


def _high(x: np.ndarray) -> float:
    return float(x.max()) if x.size else float("nan")


def _statistics(x: np.ndarray) -> list[Any]:
    if not x.size:
        return [None] * 5
    with quiet():
        values = x.astype("float64") if x.dtype.kind != "c" else abs(x)
        zeros = f"{100 * np.mean(values == 0):.0f}%"
        return [float(f(values)) for f in (np.min, np.max, np.mean, np.std)] + [zeros]

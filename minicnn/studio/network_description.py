"""`NetworkDescription`: what the page must know of a network before anything is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.analysis import activations
from minicnn.analysis.watched_calls import input_name
from minicnn.common import configuration
from minicnn.studio.network_input import CannotDraw, NetworkInput


class NetworkDescription:
    """The layers of a network, how they hang together, and what it takes.

    Attributes:
        input: how a drawing becomes its input; None if it cannot.
        problem: a sentence that says why the page cannot draw for it; None if it can.
        layers: for each layer that is no model itself: `name`, `class`, `shape`, `parameters`,
            and `sources`, the names of the layers whose outputs it takes (`input_name` for the
            drawing).
        input_name: what the drawing is called beside the layers.
        classes: how many scores it gives; None if it cannot tell digits or other classes.
    """

    def __init__(self, model: Any):
        self.name = model.name
        self.parameters = model.count_params() if model.built else 0
        self.input: NetworkInput | None = None
        self.problem: str | None = None
        self.layers: list[dict[str, Any]] = []
        self.input_name = input_name(())
        self.classes: int | None = None
        try:
            self.input = NetworkInput.of(model)
            self._look_inside(model, self.input)
        except CannotDraw as problem:
            self.problem = str(problem)

    def _look_inside(self, model: Any, input: NetworkInput) -> None:
        outputs = model(input.batch(np.zeros((input.height, input.width))))
        if isinstance(outputs, (list, tuple, dict)) or len(outputs.shape) != 2:
            raise CannotDraw(
                f"The network {model.name!r} does not return one row of scores for each picture, "
                "so the page cannot say what it decides."
            )
        self.classes = int(outputs.shape[-1])
        self.parameters = model.count_params()
        found = activations(model, input.batch(np.zeros((input.height, input.width))))
        names = [name for name in found if not _is_around_others(name, found)]
        before = self.input_name = input_name(found)
        for name in names:
            layer = found.layers[name]
            sources = [
                source for source in found.sources[name] if source in (*names, self.input_name)
            ]
            self.layers.append(
                {
                    "name": name,
                    "class": type(layer).__name__,
                    "shape": list(found[name].shape[1:]),
                    "parameters": layer.count_params() if hasattr(layer, "count_params") else 0,
                    "sources": sources or [before],
                    "channels_first": _channels_first(layer),
                }
            )
            before = name

    def as_message(self) -> dict[str, Any]:
        """What the page gets."""
        input = self.input and {"height": self.input.height, "width": self.input.width}
        return {
            "name": self.name,
            "parameters": self.parameters,
            "input": input,
            "input_name": self.input_name,
            "problem": self.problem,
            "classes": self.classes,
            "layers": self.layers,
        }


def _is_around_others(name: str, names: Any) -> bool:
    return any(other.startswith(f"{name}/") for other in names)


def _channels_first(layer: Any) -> bool:
    own = getattr(layer, "data_format", None) or configuration.image_data_format()
    return own == "channels_first"

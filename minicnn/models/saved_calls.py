"""The calls between a functional model's layers, made again from a saved config.

A call is made after the calls that it takes tensors from. The time is proportional to the number of
calls, in whatever order the file has them.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from typing import Any

from minicnn import tree
from minicnn.common.suggest import shown
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.serialization import serialization_lib


class Call:
    """Call number `index` of a layer, from its config."""

    def __init__(self, layer: str, index: int, config: Any):
        if not isinstance(config, dict) or not {"args", "kwargs"} <= set(config):
            raise invalid(f"'{layer}' is called with {shown(config, 300)}.")
        self.layer = layer
        self.index = index
        self.config = config
        self.references = [_checked(r) for r in _references(config)]
        if not self.references:
            raise invalid(
                f"A call of '{layer}' takes no tensor of the model, but values: "
                f"{shown(config, 300)}. What is computed from values alone is a value, too, and "
                "has no place in the graph."
            )

    def needed(self, begun: dict[str, int]) -> set[tuple[str, int]]:
        """The calls to make before this one; `begun` counts each layer's calls at the beginning."""
        needed = {
            (name, index)
            for name, index, _ in self.references
            if not 0 <= index < begun.get(name, 0)
        }
        if self.index:
            needed.add((self.layer, begun[self.layer] + self.index - 1))
        return needed

    def arguments(self, layers: dict[str, Any]) -> tuple[tuple, dict]:
        """The arguments, with each reference replaced by its tensor."""

        def revived(x: Any) -> Any:
            return output_of(layers, x._keras_history) if isinstance(x, KerasTensor) else x

        args = serialization_lib.deserialize_keras_object(self.config["args"])
        kwargs = serialization_lib.deserialize_keras_object(self.config["kwargs"])
        if not isinstance(args, list) or not isinstance(kwargs, dict):
            raise invalid(f"'{self.layer}' is called with {shown(self.config, 300)}.")
        return tuple(tree.map_structure(revived, args)), tree.map_structure(revived, kwargs)


def make_calls(calls: list[Call], layers: dict[str, Any]) -> None:
    """Calls the layers on each other's outputs, each call after those that it needs.

    Of the calls that can be made, the first in the file is made first.
    """
    begun = {name: len(layer._inbound_nodes) for name, layer in layers.items()}
    waiting: dict[tuple[str, int], list[int]] = defaultdict(list)
    lacking: dict[int, int] = {}
    for position, call in enumerate(calls):
        needed = call.needed(begun)
        lacking[position] = len(needed)
        for place in needed:
            waiting[place].append(position)
    ready = [position for position, count in lacking.items() if not count]
    while ready:
        position = heapq.heappop(ready)
        call = calls[position]
        args, kwargs = call.arguments(layers)
        layers[call.layer](*args, **kwargs)
        del lacking[position]
        for other in waiting.pop((call.layer, begun[call.layer] + call.index), ()):
            lacking[other] -= 1
            if not lacking[other]:
                heapq.heappush(ready, other)
    if lacking:
        raise invalid(_why_unmade([calls[position] for position in lacking], layers))


def output_of(layers: dict[str, Any], reference: Any) -> KerasTensor:
    """The tensor that `[name of the layer, which of its calls, which of the outputs]` means."""
    name, index, tensor_index = _checked(reference)
    nodes = layers[name]._inbound_nodes if name in layers else []
    outputs = nodes[index].outputs if 0 <= index < len(nodes) else []
    if not 0 <= tensor_index < len(outputs):
        raise invalid(f"There is no tensor {shown(list(reference), 200)}.")
    return outputs[tensor_index]


def invalid(what: str) -> ValueError:
    """The error for a config whose graph cannot be built."""
    return ValueError(
        "Invalid Functional model configuration: it does not describe a model that can be made. "
        + what
    )


def _why_unmade(unmade: list[Call], layers: dict[str, Any]) -> str:
    missing = sorted({name for call in unmade for name, _, _ in call.references} - set(layers))
    names = list(dict.fromkeys(call.layer for call in unmade))
    reason = f"Missing node: {', '.join(missing[:10])}; " if missing else ""
    return (
        f"The graph has either loops or disconnected nodes: {reason}the calls of these layers "
        f"could not be made: {shown(names, 500)}."
    )


def _references(call: Any) -> list:
    """All tensors that a call's config refers to."""
    if isinstance(call, dict):
        if call.get("class_name") == "__keras_tensor__":
            config = call.get("config")
            return [config.get("keras_history") if isinstance(config, dict) else config]
        return [r for value in call.values() for r in _references(value)]
    if isinstance(call, (list, tuple)):
        return [r for value in call for r in _references(value)]
    return []


def _checked(reference: Any) -> tuple[str, int, int]:
    if (
        isinstance(reference, (list, tuple))
        and len(reference) == 3
        and isinstance(reference[0], str)
        and type(reference[1]) is int
        and type(reference[2]) is int
    ):
        return tuple(reference)
    raise invalid(f"Expected [layer, call, output], received {shown(reference, 200)}.")

"""Makes a smaller model of the layers that come before a model's unknown layers."""

from __future__ import annotations

from typing import Any, NamedTuple

from compare.cli.outcome import CannotCompare
from compare.model.description import unknown


class KnownPart(NamedTuple):
    """A smaller model, and the names of the layers that are not in it."""

    description: dict[str, Any]
    left_out: list[str]


Reference = tuple[str, int, int]  # name of a layer, which of its calls, which of the outputs


def before_unknown(description: dict[str, Any]) -> KnownPart:
    """The part of the model before its first unknown layers."""
    if description["class_name"] == "Sequential":
        part = _sequential(description)
    elif "input_layers" in (description.get("config") or {}):
        part = _functional(description)
    else:
        raise CannotCompare(f"{description['class_name']} itself is unknown to minicnn.")
    if all(layer["class_name"] == "InputLayer" for layer in part.description["config"]["layers"]):
        raise CannotCompare(
            f"minicnn lacks {', '.join(unknown(description))}, and nothing comes before that."
        )
    return part


def _sequential(description: dict[str, Any]) -> KnownPart:
    layers = description["config"]["layers"]
    known = next(i for i, layer in enumerate(layers) if unknown(layer))
    names = [layer["config"]["name"] for layer in layers[known:]]
    config = {**description["config"], "layers": layers[:known]}
    return KnownPart({**description, "config": config}, names)


def _functional(description: dict[str, Any]) -> KnownPart:
    config = description["config"]
    layers = {layer["name"]: layer for layer in config["layers"]}
    calls = {name: len(layer["inbound_nodes"]) for name, layer in layers.items()}
    calls |= {name: -1 for name, layer in layers.items() if unknown(layer)}
    _leave_out_what_depends(layers, calls)
    known = {
        name: {**layer, "inbound_nodes": layer["inbound_nodes"][: calls[name]]}
        for name, layer in layers.items()
        if calls[name] > 0
    }
    used = {r for layer in known.values() for r in _references(layer["inbound_nodes"])}
    wanted = {r for layer in layers.values() for r in _references(layer["inbound_nodes"])}
    wanted |= {_counted_from_zero(r, layers) for r in _triples(config["output_layers"])}
    ends = sorted(r for r in wanted - used if 0 <= r[1] < calls[r[0]] and r[0] in known)
    inputs = [r for r in _triples(config["input_layers"]) if r in used]
    known |= {name: layers[name] for name, _, _ in inputs}
    small = {
        **config,
        "layers": [known[name] for name in layers if name in known],
        "input_layers": [list(r) for r in inputs],
        "output_layers": [[r[0], r[1] + _first(layers[r[0]]), r[2]] for r in ends],
    }
    return KnownPart(
        {**description, "config": small}, [name for name in layers if name not in known]
    )


def _leave_out_what_depends(layers: dict[str, dict], calls: dict[str, int]) -> None:
    """Reduce each layer's number of calls in `calls` to those that depend on known calls only.

    An input has no calls and is never left out; a layer that is left out has -1.
    """
    changed = True
    while changed:
        changed = False
        for name, layer in layers.items():
            for i in range(max(calls[name], 0)):
                if not all(
                    _is_known_call(r, layers, calls) for r in _references(layer["inbound_nodes"][i])
                ):
                    calls[name], changed = i or -1, True
                    break


def _is_known_call(reference: Reference, layers: dict[str, dict], calls: dict[str, int]) -> bool:
    name, call, _ = reference
    return layers[name]["class_name"] == "InputLayer" or call < calls[name]


def _references(part: Any) -> set[Reference]:
    """The tensors that appear in the arguments of calls."""
    if isinstance(part, dict) and part.get("class_name") == "__keras_tensor__":
        name, call, i = part["config"]["keras_history"]
        return {(name, call, i)}
    items = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    return {reference for item in items for reference in _references(item)}


def _triples(part: Any) -> list[Reference]:
    """The references in nested lists and dicts of them."""
    if isinstance(part, dict):
        return [r for item in part.values() for r in _triples(item)]
    if len(part) == 3 and isinstance(part[0], str):
        return [tuple(part)]
    return [r for item in part for r in _triples(item)]


def _first(layer: dict[str, Any]) -> int:
    """The number of a layer's first call in `output_layers`: 1 for a nested model, otherwise 0.

    A nested model was called once when it was created.
    """
    return int(layer["class_name"] == "Functional")


def _counted_from_zero(reference: Reference, layers: dict[str, dict]) -> Reference:
    name, call, i = reference
    return name, call - _first(layers[name]), i

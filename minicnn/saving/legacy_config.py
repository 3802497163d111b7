"""Configs of models in `.h5` files, rewritten as those of `.keras` files.

Such a config names a class without its module, and one of Keras 2 also differs in some settings and
in how it writes the calls of a graph. Only data are changed here: no class is looked up.
"""

from __future__ import annotations

from typing import Any

from minicnn.serialization.deserialize import refuse_lambda

_LAYERS_IN = ("layers", "layer", "forward_layer", "backward_layer", "cell", "cells")
"""The settings whose values are layers."""

_GRAPH = {"module": "keras.src.models.functional", "class_name": "Functional"}
_MODELS = {"Functional": _GRAPH, "Model": _GRAPH, "Sequential": {"module": "keras"}}

_RECURRENT = ("RNN", "SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D")
_CONVOLUTIONS = ["DepthwiseConv1D", "DepthwiseConv2D"]
_CONVOLUTIONS += [f"Conv{n}DTranspose" for n in (1, 2, 3)]
_WITHOUT_EFFECT = {
    **dict.fromkeys(_RECURRENT, ("time_major", False)),
    **dict.fromkeys(_CONVOLUTIONS, ("groups", 1)),
}
"""Settings that only Keras 2 has, at values that mean what happens without them."""


def modern_config(config: Any, is_layer: bool = True) -> Any:
    """The config of a model (or any value in one), as in a `.keras` file."""
    if isinstance(config, list):
        return [modern_config(item, is_layer) for item in config]
    if not isinstance(config, dict):
        return config
    new = {key: modern_config(value, key in _LAYERS_IN) for key, value in config.items()}
    name, settings = new.get("class_name"), new.get("config")
    if not isinstance(name, str) or not isinstance(settings, dict):
        return new
    if name == "Policy":  # Keras 2's class for types
        return settings.get("name")
    if is_layer:
        new["config"] = settings = _modern_settings(name, settings)
        if "module" not in new:
            new |= {"module": "keras.layers", **_MODELS.get(name, {})}
        if isinstance(settings.get("layers"), list):
            _rewrite_calls(settings)
    return new


def _modern_settings(class_name: str, settings: dict[str, Any]) -> dict[str, Any]:
    without = _WITHOUT_EFFECT.get(class_name)
    kept = {key: value for key, value in settings.items() if (key, value) != without}
    if class_name == "Lambda" and isinstance(kept.get("function"), list):
        refuse_lambda("a `Lambda` layer of Keras 2, whose function is Python's bytecode")
    if isinstance(kept.get("axis"), list) and len(kept["axis"]) == 1:
        kept["axis"] = kept["axis"][0]
    return kept


def _rewrite_calls(settings: dict[str, Any]) -> None:
    """Writes Keras 2's calls, lists of `[layer, call, output, other arguments]`, as Keras 3's.

    There, the calls of a model inside are counted from 1.
    """
    layers = [x for x in settings["layers"] if isinstance(x, dict)]
    old = [x for x in layers if any(isinstance(n, list) for n in _nodes(x))]
    if not old:
        return
    inside = {x.get("name"): x["class_name"] for x in layers if x.get("class_name") in _MODELS}
    for layer in old:
        layer["inbound_nodes"] = [_modern_call(node, inside) for node in _nodes(layer)]
    if isinstance(settings.get("output_layers"), list):
        settings["output_layers"] = [
            [x[0], x[1] - 1, *x[2:]] if _is_tensor(x) and inside.get(x[0]) == "Sequential" else x
            for x in settings["output_layers"]
        ]


def _nodes(layer: dict[str, Any]) -> list:
    nodes = layer.get("inbound_nodes")
    return nodes if isinstance(nodes, list) else []


def _is_tensor(x: Any) -> bool:
    """Whether it begins with the name of a layer, the call's number and the output's number."""
    return isinstance(x, list) and [type(part) for part in x[:3]] == [str, int, int]


def _modern_call(node: Any, inside: dict[str, str]) -> Any:
    if not isinstance(node, list) or not node or not all(map(_is_tensor, node)):
        return node
    tensors = [_tensor(reference, inside) for reference in node]
    others = node[-1][3] if len(node[-1]) > 3 and isinstance(node[-1][3], dict) else {}
    return {
        "args": tensors if len(tensors) == 1 else [tensors],
        "kwargs": {k: _tensor(x, inside) if _is_tensor(x) else x for k, x in others.items()},
    }


def _tensor(reference: list, inside: dict[str, str]) -> dict[str, Any]:
    name, call, output = reference[:3]
    history = [name, call - 1 if name in inside else call, output]
    config = {"shape": [], "dtype": "float32", "keras_history": history}
    return {"class_name": "__keras_tensor__", "config": config}

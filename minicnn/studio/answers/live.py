"""The network, the digit that it sees, and the outputs of all its layers."""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.analysis import activations
from minicnn.examples.small_convnet import CLASS_NAMES
from minicnn.studio.drawing import has_ink
from minicnn.studio.page_state import PageState

LEVELS = 127
"""An element of a feature map is sent as so many parts of the map's largest one, signed."""


def hello(page: PageState, dataset: str | None = None) -> dict[str, Any]:
    """The network and its layers, and how far its training is, if it is being trained.

    Args:
        page: its state.
        dataset: whose classes and test images it shows; None: as it is.
    """
    network, server = page.network, page.server
    if dataset is not None and dataset != page.dataset:
        page.use_dataset(dataset)
    is_shared = network is server.network
    return {
        "network": network.description.as_message()
        | {"source": network.source, "is_shared": is_shared, "trained_with": network.dataset}
        | _classes(page),
        "learning": server.learning if is_shared else None,
    }


def _classes(page: PageState) -> dict[str, Any]:
    """The names of the classes; numbers, unless there are as many as in the data set."""
    names = CLASS_NAMES[page.dataset]
    count = page.description.classes or 0
    fits = count == len(names)
    return {
        "dataset": page.dataset if fits else None,
        "class_names": list(names) if fits else [str(i) for i in range(count)],
    }


def draw(
    page: PageState,
    picture: np.ndarray,
    treatment: bool,
    layers: list[str] | None,
    channels: int,
) -> dict[str, Any]:
    """What the network sees of a canvas and what comes out of it; `empty` without any ink."""
    description = page.description
    if description.problem is not None:
        raise ValueError(description.problem)
    page.network_input = None
    if not has_ink(picture):
        return {"empty": True}
    start = time.perf_counter()
    seen = description.input.picture(picture, treatment)
    page.network_input = description.input.batch(seen)
    wanted = [x for x in description.layers if layers is None or x["name"] in layers]
    scores, outputs = _outputs(page, [layer["name"] for layer in wanted])
    return {
        "empty": False,
        "seen": np.rint(np.clip(seen, 0, 1) * 255).astype("uint8"),
        "probabilities": probabilities(scores),
        "are_logits": not _are_probabilities(scores),
        "maps": {
            layer["name"]: shown(outputs[layer["name"]], layer["channels_first"], channels)
            for layer in wanted
        },
        "milliseconds": 1000 * (time.perf_counter() - start),
    }


def maps(page: PageState, layers: list[str], channels: int) -> dict[str, Any]:
    """The feature maps of some layers for the drawing; `empty` without a drawing."""
    if page.network_input is None:
        return {"empty": True}
    wanted = [x for x in page.description.layers if x["name"] in layers]
    found = activations(page.model, page.network_input, [layer["name"] for layer in wanted])
    return {
        "maps": {
            layer["name"]: shown(found[layer["name"]][0], layer["channels_first"], channels)
            for layer in wanted
        }
    }


def _outputs(page: PageState, layers: list[str]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The scores for the drawing, and what these layers return for it."""
    if not layers:  # nobody looks inside, so the network may compute as it does in prediction
        return page.model(page.network_input).numpy()[0], {}
    last = page.description.layers[-1]["name"]
    found = activations(page.model, page.network_input, [*layers, last])
    return found[last][0], {name: found[name][0] for name in layers}


def feature_map(page: PageState, layer: str, channel: int) -> dict[str, Any]:
    """One channel of a layer's output for the drawing, exactly; `empty` without a drawing."""
    described = next((x for x in page.description.layers if x["name"] == layer), None)
    if described is None:
        raise ValueError(f"The network has no layer {layer!r}.")
    if page.network_input is None:
        return {"empty": True}
    output = activations(page.model, page.network_input)[layer][0].astype("float32")
    maps = _as_maps(output, described["channels_first"])
    if channel >= len(maps):
        raise ValueError(f"{layer!r} has the channels 0 to {len(maps) - 1}, but not {channel}.")
    values = np.ascontiguousarray(maps[channel])
    return {
        "layer": layer,
        "channel": channel,
        "values": values,
        "largest": float(np.abs(values).max(initial=0)),
    }


def test_image(page: PageState, index: int | None) -> dict[str, Any]:
    """A test image of the page's data set with its label: one that is asked for, or any."""
    images = page.test_images
    if index is None:
        index = int(np.random.default_rng().integers(len(images.labels)))
    pixels = np.rint(images.pixels[index, ..., 0] * 255).astype("uint8")
    return {"index": index, "label": int(images.labels[index]), "pixels": pixels}


def probabilities(scores: np.ndarray) -> np.ndarray:
    """Scores that are no probabilities yet through a softmax; those of a sigmoid as they are."""
    scores = scores.astype("float32")
    return scores if _are_probabilities(scores) else ops.softmax(scores).numpy()


def _are_probabilities(scores: np.ndarray) -> bool:
    return len(scores) == 1 or bool(scores.min() >= 0 and abs(scores.sum() - 1) < 1e-2)


def shown(output: np.ndarray, channels_first: bool, most: int) -> dict[str, Any]:
    """A layer's output as maps `(channels, height, width)` in 127 steps, with their largest values.

    What is no image, such as the units of a dense layer, is one map with one row.
    """
    maps = _as_maps(output.astype("float32"), channels_first)
    count, maps = len(maps), maps[:most]
    largest = np.abs(maps).max(axis=(1, 2)) if maps.size else np.zeros(len(maps), "float32")
    scale = np.where(largest > 0, largest, 1)[:, None, None]
    return {
        "values": np.rint(maps / scale * LEVELS).astype("int8"),
        "largest": largest,
        "channels": count,
    }


def _as_maps(output: np.ndarray, channels_first: bool) -> np.ndarray:
    if output.ndim < 2:
        return output.reshape(1, 1, -1)
    if output.ndim == 2:
        return output[None]
    maps = output if channels_first else np.moveaxis(output, -1, 0)
    return maps.reshape(maps.shape[0], -1, maps.shape[-1])

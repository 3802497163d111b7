"""The pictures of `minicnn show --png`: filters, feature maps, saliency, the graph of layers."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import analysis
from minicnn.cli.model_files import message, say
from minicnn.common.printing import print_msg
from minicnn.utils.model_visualization import plot_model

_MOST = 24  # pictures of each kind


def write(model: Any, x: np.ndarray | None, folder: Path) -> None:
    """Writes the pictures into a folder, and prints the name of each or why there is none."""
    from minicnn import visualization

    folder.mkdir(parents=True, exist_ok=True)

    def drawn(name: str, draw: Callable[[], Any]) -> None:
        _write_one(folder / f"{_as_file_name(name)}.png", lambda to: visualization.save(draw(), to))

    print_msg("")
    for layer in _with_filters(model):
        drawn(f"filters_{layer.name}", lambda layer=layer: visualization.plot_filters(layer))
    if x is not None:
        for name in _with_maps(model, x):
            drawn(
                f"feature_maps_{name}",
                lambda name=name: visualization.plot_feature_maps(model, x, name),
            )
        drawn("saliency", lambda: visualization.plot_saliency(model, x))
    _write_one(
        folder / "model.png",
        lambda to: plot_model(
            model, to, show_shapes=True, show_layer_names=True, expand_nested=True, dpi=100
        ),
    )


def _write_one(path: Path, write: Callable[[Path], Any]) -> None:
    try:
        write(path)
    except (ValueError, TypeError, ImportError, NotImplementedError) as error:
        say(f"no {path.name}: {message(error)}")
        return
    print_msg(str(path))


def _with_filters(model: Any) -> list[Any]:
    """The layers with a kernel of an image."""
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if layer.built and _has_kernel(layer)][:_MOST]


def _has_kernel(layer: Any) -> bool:
    kernels = (getattr(layer, name, None) for name in ("kernel", "depthwise_kernel"))
    return any(len(getattr(kernel, "shape", ())) == 4 for kernel in kernels)


def _with_maps(model: Any, x: np.ndarray) -> list[str]:
    found = analysis.activations(model, x)
    return [name for name, y in found.items() if y.ndim == 4 and max(y.shape[1:3]) > 1][:_MOST]


def _as_file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "_", name)

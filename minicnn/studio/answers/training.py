"""A training that the page starts, watches, pauses and stops, and the network of each epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

import minicnn as keras
from minicnn.analysis import activations, gradients
from minicnn.examples.small_convnet import CLASS_NAMES
from minicnn.studio import training_choices as choices
from minicnn.studio.answers import live
from minicnn.studio.answers.live import shown
from minicnn.studio.drawing import resized
from minicnn.studio.page_state import PageState
from minicnn.studio.shown_network import ShownNetwork
from minicnn.studio.training_run import Settings, TrainingRun

MOST_RUNS = 4
"""Trainings of all pages together that are not over."""
MOST_MAPS = 16
GRADIENT_IMAGES = 32


def run_choices(page: PageState) -> dict[str, Any]:
    """What a training can be put together from, and the one of this page if there is one."""
    run = page.kept.get("run")
    return {
        "datasets": list(choices.DATASETS),
        "layers": list(choices.LAYERS),
        "optimizers": list(choices.OPTIMIZERS),
        "most_layers": choices.MOST_LAYERS,
        "most_epochs": choices.MOST_EPOCHS,
        "most_images": choices.MOST_IMAGES,
        "largest_batch": choices.LARGEST_BATCH,
        "run": None if run is None else run.as_message(),
    }


def run_start(page: PageState, **settings: Any) -> dict[str, Any]:
    """Starts a training; one that this page has already is stopped and freed."""
    run = TrainingRun(Settings(**settings), page.server.turns, page.tell)
    choices.check_size(run.network, run.settings.batch_size)
    _end(page)
    others = [p.kept.get("run") for p in tuple(page.server.pages) if p is not page]
    if sum(other is not None and not other.is_over for other in others) >= MOST_RUNS:
        raise ValueError(f"{MOST_RUNS} networks are being trained on other pages. Wait for one.")
    page.kept["run"] = run
    page.on_close.append(run.end)
    run.start()
    return {"parameters": run.network.count_params(), **run.as_message()}


def run_control(page: PageState, do: str) -> dict[str, Any]:
    """Lets the training go on, pause, take a step, or stop."""
    run = _run(page)
    if run.is_over:
        raise ValueError("The training is over: start another.")
    run.control(do)
    return {}


def run_view(page: PageState, epoch: int | None) -> dict[str, Any]:
    """The network after an epoch (0: at the start; None: now): filters, maps, gradients."""
    run = _run(page)
    viewer = _with_weights(run.viewer, run, epoch)
    picture, what = _picture(page, run)
    if picture is None:
        return {"loading": True}
    found = activations(viewer, picture[None, ..., None])
    images, labels = (part[:GRADIENT_IMAGES] for part in run.training)
    last = list(found)[-1]
    return {
        "epoch": epoch,
        "step": run.step if epoch is None else epoch * run.steps_of_epoch,
        "picture": np.rint(picture * 255).astype("uint8"),
        "picture_is": what,
        "filters": _filters(viewer),
        "maps": [
            {"name": name, "class": type(found.layers[name]).__name__}
            | shown(found[name][0], False, MOST_MAPS)
            for name in found
            if not isinstance(found.layers[name], keras.layers.Flatten)
        ],
        "gradients": _gradient_norms(viewer, images, labels),
        "probabilities": found[last][0],
        "class_names": list(CLASS_NAMES[run.settings.dataset]),
    }


def run_use(page: PageState, epoch: int | None) -> dict[str, Any]:
    """Lets this page look at the network after an epoch (None: now); other pages do not."""
    run = _run(page)
    network = _with_weights(run.settings.network(), run, epoch)
    when = f"at step {run.step}" if epoch is None else f"after epoch {epoch}"
    dataset = run.settings.dataset
    page.show(ShownNetwork(network, f"trained on this page with {dataset}, {when}", dataset))
    return live.hello(page)


def use_shared(page: PageState) -> dict[str, Any]:
    """Lets this page look at the network that the studio was started with."""
    page.show(page.server.network)
    return live.hello(page)


def _run(page: PageState) -> TrainingRun:
    run = page.kept.get("run")
    if run is None:
        raise ValueError("No training was started on this page.")
    return run


def _end(page: PageState) -> None:
    run = page.kept.pop("run", None)
    if run is not None:
        run.end()
        page.on_close.remove(run.end)


def _with_weights(network: Any, run: TrainingRun, epoch: int | None) -> Any:
    if epoch is not None and epoch >= len(run.weights):
        raise ValueError(f"The weights after the epochs 0 to {len(run.weights) - 1} are kept.")
    network.set_weights(run.network.get_weights() if epoch is None else run.weights[epoch])
    return network


def _picture(page: PageState, run: TrainingRun) -> tuple[np.ndarray | None, str]:
    """The drawing as 28 × 28 pixels, or without one the first test image."""
    if run.training is None:
        return None, ""
    taken = page.description.input
    if page.network_input is None or taken is None:
        return run.test.pixels[0, ..., 0], "the first test image"
    drawn = page.network_input[0] / np.float32(taken.largest)
    if taken.colour_axis is not None:
        drawn = drawn.take(0, axis=taken.colour_axis)
    return resized(drawn.reshape(taken.height, taken.width), 28, 28), "your drawing"


def _filters(network: Any) -> dict[str, Any]:
    """The kernel of the first layer with one, a map for each channel or unit."""
    layer = next(layer for layer in network.layers if hasattr(layer, "kernel"))
    kernel = layer.kernel.numpy()
    if kernel.ndim == 2:
        kernel = kernel.reshape(28, -1, kernel.shape[-1]) if len(kernel) % 28 == 0 else kernel
    else:
        kernel = kernel[:, :, 0]
    return {"layer": layer.name, **shown(kernel, False, 2 * MOST_MAPS)}


def _gradient_norms(network: Any, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """The norm of the loss's gradient to each kernel, for the first training images."""
    found = gradients(network, images, labels).weights
    return {
        path.split("/")[-2]: float(np.linalg.norm(gradient))
        for path, gradient in found.items()
        if path.endswith("/kernel") and gradient is not None
    }

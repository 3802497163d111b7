"""`grad_cam`: where in an image a convolutional layer sees a class."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import ops, tree
from minicnn.analysis.checks import checked_inputs, chosen_calls, takes_training
from minicnn.analysis.class_scores import ClassScores
from minicnn.analysis.watched_calls import Call, watched_calls
from minicnn.autodiff import GradientTape, Tensor
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.common import configuration
from minicnn.common.tables import ShownAsTable, Table


class GradCAM(ShownAsTable):
    """The maps, for each sample.

    Attributes:
        layer: the name of the call that they belong to.
        maps: `(samples, h, w)`, of the size of the layer's output.
        heatmaps: `(samples, height, width)`, the same enlarged to the size of the images.
        weights: `(samples, channels)`, αₖ of the formula.
        classes: the class of each sample.
        scores: its scores.
    """

    def __init__(
        self,
        layer: str,
        maps: np.ndarray,
        heatmaps: np.ndarray,
        weights: np.ndarray,
        scores: ClassScores,
    ):
        self.layer = layer
        self.maps = maps
        self.heatmaps = heatmaps
        self.weights = weights
        self.classes = scores.classes
        self.scores = scores.values

    def table(self) -> Table:
        """A row for each sample: its class and score, the largest value, and where it is."""
        rows = []
        for i, values in enumerate(self.heatmaps):
            place = np.unravel_index(int(values.argmax()), values.shape)
            at = tuple(int(n) for n in place)
            rows.append([i, int(self.classes[i]), float(self.scores[i]), float(values.max()), at])
        title = f"Grad-CAM at {self.layer!r}, maps of {self.maps.shape[1:]}"
        return Table(title, ["sample", "class", "score", "largest", "at"], rows)


def grad_cam(
    model: Any, x: Any, layer: Any = None, class_index: Any = None, output: Any = None
) -> GradCAM:
    """Where in an image a layer sees a class: its channels, weighted by what they do to the score.

    With Aₖ the channels of the layer's output, y the score before the softmax and Z the number of
    positions,

        αₖ = 1/Z Σᵢⱼ ∂y / ∂Aₖᵢⱼ,        map = relu(Σₖ αₖ Aₖ)

    Source: Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
    localization" (2017), equations 1 and 2.

    Args:
        model: a model of any kind that returns scores of classes.
        x: images, one batch.
        layer: a layer or its name, by default the last whose output is an image, of rank 4.
        class_index: which class: by default the one with the highest score; one for all samples,
            or one for each.
        output: which of several outputs, by index or name.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import grad_cam
        >>> model = keras.Sequential(
        ...     [
        ...         keras.Input((8, 8, 1)),
        ...         keras.layers.Conv2D(4, 3, activation="relu", name="conv"),
        ...         keras.layers.GlobalAveragePooling2D(),
        ...         keras.layers.Dense(10, activation="softmax"),
        ...     ]
        ... )
        >>> found = grad_cam(model, np.ones((2, 8, 8, 1), "float32"))
        >>> found.layer, found.maps.shape, found.heatmaps.shape
        ('conv', (2, 6, 6), (2, 8, 8))

    Raises:
        ValueError: a layer whose output is no image or that the score does not depend on.
    """
    x = checked_inputs(model, x, "grad_cam")
    settings = {"training": False} if takes_training(model) else {}
    with temporary_values(model.variables), quiet(), GradientTape() as tape:

        def watch(y: Tensor) -> None:
            if y.is_inexact:
                tape.watch(y)

        with watched_calls(model, watch) as calls:
            prediction = model(x, **settings)
        scores = ClassScores(model, prediction, class_index, output)
    call = _image_call(model, calls, layer)
    features = call.outputs[0]
    gradient = tape.gradient(scores.tensor, features, scores.one_hot)
    if gradient is None:
        raise ValueError(
            f"The score of the model {model.name!r} does not depend on the output of {call.name!r}."
        )
    images, slopes = features.numpy(), gradient.numpy()
    if _channels_first(call.layer):
        images, slopes = np.moveaxis(images, 1, -1), np.moveaxis(slopes, 1, -1)
    weights = slopes.mean(axis=(1, 2))
    maps = np.maximum(np.einsum("nk,nhwk->nhw", weights, images), 0)
    return GradCAM(call.name, maps, _enlarged(maps, tree.flatten(x)[0].shape), weights, scores)


def _image_call(model: Any, calls: list[Call], layer: Any) -> Call:
    """The call of the layer, or the last that returned an image."""
    if layer is None:
        found = [call for call in calls if call.outputs and call.outputs[0].ndim == 4]
        if not found:
            raise ValueError(
                f"`grad_cam` needs a layer whose output is an image, of rank 4, but the model "
                f"{model.name!r} has none."
            )
        return found[-1]
    layer_of = {call.name: call.layer for call in calls}
    name = chosen_calls(layer, layer_of, layer_of, model)[0]
    call = next(call for call in calls if call.name == name)
    if call.outputs[0].ndim != 4:
        raise ValueError(
            f"`grad_cam` needs a layer whose output is an image, of rank 4. That of {name!r} has "
            f"the shape {call.outputs[0].shape}."
        )
    return call


def _channels_first(layer: Any) -> bool:
    own = getattr(layer, "data_format", None) or configuration.image_data_format()
    return own == "channels_first"


def _enlarged(maps: np.ndarray, shape: tuple) -> np.ndarray:
    """The maps, bilinearly resized to the images' height and width."""
    first = len(shape) == 4 and configuration.image_data_format() == "channels_first"
    size = shape[2:4] if first else shape[1:3]
    if len(size) != 2:
        return maps
    return ops.image.resize(maps[..., None], size, data_format="channels_last").numpy()[..., 0]

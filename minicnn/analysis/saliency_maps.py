"""`saliency`: how much each pixel moves the score of a class."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import tree
from minicnn.analysis.checks import checked_inputs, takes_training, with_gradient
from minicnn.analysis.class_scores import ClassScores
from minicnn.autodiff import GradientTape
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.common import configuration
from minicnn.common.tables import ShownAsTable, Table


class Saliency(ShownAsTable):
    """The gradients of the scores to the images.

    Attributes:
        maps: `(samples, height, width)`, the largest absolute gradient among the channels.
        gradient: the gradient itself, of the shape of the images.
        classes: the class whose score it is, for each sample.
        scores: these scores.
    """

    def __init__(self, gradient: np.ndarray, classes: np.ndarray, scores: np.ndarray):
        self.gradient = gradient
        size = abs(gradient)
        channels = 1 if configuration.image_data_format() == "channels_first" else -1
        self.maps = size.max(axis=channels) if size.ndim >= 4 else size
        self.classes = classes
        self.scores = scores

    def table(self) -> Table:
        """A row for each sample: its class and score, and where the gradient is largest."""
        rows = []
        for i, values in enumerate(self.maps):
            place = np.unravel_index(int(values.argmax()), values.shape)
            place = tuple(int(n) for n in place)
            rows.append(
                [i, int(self.classes[i]), float(self.scores[i]), float(values.max()), place]
            )
        return Table(
            f"Saliency, maps of {self.maps.shape[1:]}",
            ["sample", "class", "score", "largest", "at"],
            rows,
        )


def saliency(
    model: Any, x: Any, class_index: Any = None, output: Any = None, input_index: int = 0
) -> Saliency:
    """How much each pixel moves the score of a class: `|∂ score / ∂ pixel|`.

    Of the channels of a pixel the largest counts. The score is that before the softmax.

    Source: Simonyan, Vedaldi, Zisserman, "Deep inside convolutional networks: visualising image
    classification models and saliency maps" (2013), section 3.1.

    Args:
        model: a model of any kind that returns scores of classes.
        x: images, one batch; whole numbers are cast to the type of the model's input.
        class_index: which class: by default the one with the highest score; one for all samples,
            or one for each.
        output: which of several outputs, by index or name.
        input_index: which of several inputs.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import saliency
        >>> model = keras.Sequential(
        ...     [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
        ... )
        >>> found = saliency(model, np.ones((1, 2, 2, 1), "float32"), class_index=2)
        >>> weights = model.layers[1].kernel.numpy()  # the score is linear
        >>> np.array_equal(found.maps[0], abs(weights[:, 2].reshape(2, 2)))
        True

    Raises:
        TypeError: inputs that are whole numbers by nature, as of an embedding.
        ValueError: inputs of another shape, a class or output that there is not.
    """
    x = with_gradient(model, checked_inputs(model, x, "saliency"), "saliency")
    image = tree.flatten(x)[_index(model, x, input_index)]
    settings = {"training": False} if takes_training(model) else {}
    with temporary_values(model.variables), quiet(), GradientTape() as tape:
        tape.watch(image)
        scores = ClassScores(model, model(x, **settings), class_index, output)
    gradient = tape.gradient(scores.tensor, image, scores.one_hot)
    found = np.zeros(image.shape, image.dtype) if gradient is None else gradient.numpy()
    return Saliency(found, scores.classes, scores.values)


def _index(model: Any, x: Any, input_index: int) -> int:
    count = len(tree.flatten(x))
    if not isinstance(input_index, int) or not 0 <= input_index < count:
        raise ValueError(
            f"The model {model.name!r} got {count} inputs, which are counted from 0. Received: "
            f"input_index={input_index!r}."
        )
    return input_index

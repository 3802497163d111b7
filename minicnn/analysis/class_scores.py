"""The score of a class, of which saliency maps and Grad-CAM take the gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff import Tensor
from minicnn.common.dtypes import is_float_dtype, standardize_dtype
from minicnn.common.suggest import unknown_name


class ClassScores:
    """The scores of one class for each sample.

    Behind a softmax or sigmoid that is known as one, these are the values before it: as in both
    papers, "the unnormalised class scores, rather than the class posteriors".

    Args:
        model: for errors.
        prediction: what the model returned.
        class_index: which class: None for the one with the highest score, a whole number for all
            samples, or one for each.
        output: which of several outputs, by index or name.

    Attributes:
        tensor: `(samples, ..., classes)`.
        classes: the class of each sample.
        one_hot: 1 at the classes, at all positions: the cotangent of `tensor`.
        values: the scores, summed over positions.
    """

    def __init__(self, model: Any, prediction: Any, class_index: Any, output: Any):
        outputs = tree.flatten(prediction)
        y = outputs[_output_index(model, outputs, output)]
        if not isinstance(y, Tensor) or not is_float_dtype(standardize_dtype(y.dtype)):
            raise TypeError(f"The output of {model.name!r} has no floating point scores: {y!r}.")
        logits = getattr(y, "_keras_logits", None)
        self.tensor = logits if isinstance(logits, Tensor) else y
        array = self.tensor.array
        if array.ndim < 2:
            raise ValueError(
                f"Expected scores of shape (samples, classes), but the model {model.name!r} "
                f"returned {array.shape}."
            )
        self.classes = _classes(class_index, array)
        self.one_hot = np.zeros_like(array)
        for i, c in enumerate(self.classes):
            self.one_hot[i, ..., c] = 1
        self.values = (array * self.one_hot).reshape(len(array), -1).sum(axis=1)


def _output_index(model: Any, outputs: Sequence, output: Any) -> int:
    names = getattr(model, "output_names", None) or [str(i) for i in range(len(outputs))]
    if output is None and len(outputs) == 1:
        return 0
    if isinstance(output, int) and 0 <= output < len(outputs):
        return output
    if output in names:
        return list(names).index(output)
    if output is None:
        raise ValueError(
            f"The model {model.name!r} has {len(outputs)} outputs: say which one with `output`, an "
            f"index or one of the names {', '.join(map(repr, names))}."
        )
    raise ValueError(unknown_name("output", output, names))


def _classes(class_index: Any, scores: np.ndarray) -> np.ndarray:
    count, known = len(scores), scores.shape[-1]
    if class_index is None:
        return scores.reshape(count, -1, known).sum(axis=1).argmax(axis=-1)
    classes = np.asarray(class_index)
    if classes.dtype.kind not in "iu" or classes.shape not in ((), (count,)):
        raise ValueError(
            f"`class_index` must be None, a whole number, or one for each of the {count} samples. "
            f"Received: {class_index!r}"
        )
    classes = np.broadcast_to(classes, (count,))
    if count and not 0 <= classes.min() <= classes.max() < known:
        raise ValueError(
            f"`class_index` must lie in 0 … {known - 1}, as the model has {known} scores. "
            f"Received: {class_index!r}"
        )
    return classes

"""Intersection over union (IoU) of predicted and true regions.

`IoU = true positives / (true positives + false positives + false negatives)`, for each class.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.common import configuration
from minicnn.common.whole_numbers import check_whole_number
from minicnn.metrics.metric import Metric
from minicnn.ops.symbolic.keras_tensor import any_symbolic_tensors

_MOST_CLASSES = 10_000


class IoU(Metric):
    """Mean intersection over union of some classes.

    Args:
        num_classes: number of classes.
        target_class_ids: the classes to take the mean over.
        name: the metric's name.
        dtype: type of the counts, an integer one by default.
        ignore_class: a label that does not count, such as the "void" of a segmentation.
        sparse_y_true: whether labels are class indices; else one-hot.
        sparse_y_pred: whether predictions are class indices; else one score for each class.
        axis: the axis of one-hot labels and scores.

    Example:
        >>> import minicnn as keras
        >>> metric = keras.metrics.IoU(num_classes=2, target_class_ids=[0])
        >>> round(float(metric([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int] | None,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(name=name, dtype=dtype or "int64")
        if not isinstance(num_classes, int) or not 0 < num_classes <= _MOST_CLASSES:
            raise ValueError(
                f"`num_classes` must be a whole number from 1 to {_MOST_CLASSES}: each class is "
                f"counted against each. Received: num_classes={num_classes}"
            )
        if target_class_ids is None:
            target_class_ids = range(num_classes)
        if max(target_class_ids) >= num_classes:
            raise ValueError(
                f"Target class id {max(target_class_ids)} is out of range, which is "
                f"[0, {num_classes})."
            )
        check_whole_number(f"metric '{self.name}'", "ignore_class", ignore_class)
        check_whole_number(f"metric '{self.name}'", "axis", axis)
        self.num_classes = num_classes
        self.target_class_ids = list(target_class_ids)
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        self.total_cm = self.add_variable(
            (num_classes, num_classes), "zeros", dtype=self.dtype, name="total_confusion_matrix"
        )

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and predictions."""
        if any_symbolic_tensors((y_true, y_pred)):
            return
        y_true = self._indices(y_true, self.sparse_y_true)
        y_pred = self._indices(y_pred, self.sparse_y_pred)
        weights = self._weights(sample_weight, y_true.shape)
        inside = (y_true >= 0) & (y_true < self.num_classes)
        inside &= (y_pred >= 0) & (y_pred < self.num_classes)
        if self.ignore_class is not None:
            inside &= y_true != self.ignore_class
        # Row: the true class; column: the predicted one.
        cells = (y_true * self.num_classes + y_pred)[inside]
        counts = np.bincount(cells, weights[inside], minlength=self.num_classes**2)
        self.total_cm.assign_add(
            counts.reshape(self.num_classes, self.num_classes).astype(self.dtype)
        )

    def _indices(self, y: Any, sparse: bool) -> np.ndarray:
        y = ops.convert_to_tensor(y) if sparse else ops.argmax(y, axis=self.axis)
        return np.asarray(y).astype("int64").ravel()

    def _weights(self, sample_weight: Any, shape: tuple) -> np.ndarray:
        if sample_weight is None:
            return np.ones(shape)
        if "float" in str(getattr(sample_weight, "dtype", "")) and "int" in self.dtype:
            warnings.warn(
                f"{self.name}: sample weights of type {sample_weight.dtype} are added to counts of "
                f"type {self.dtype}, and casting rounds them towards zero. Give the metric "
                "`dtype='float32'`, or integer weights.",
                stacklevel=3,
            )
        weights = np.asarray(ops.convert_to_tensor(sample_weight, dtype=self.dtype))
        return np.broadcast_to(weights.ravel() if weights.ndim > 1 else weights, shape)

    def result(self) -> Any:
        """The mean over the target classes that occurred, true or predicted."""
        matrix = ops.cast(self.total_cm, "float32")
        hits = ops.diag(matrix)
        union = ops.sum(matrix, axis=0) + ops.sum(matrix, axis=1) - hits
        hits, union = (ops.take(x, self.target_class_ids) for x in (hits, union))
        seen = union > 1e-9
        iou = ops.where(seen, hits / (union + configuration.epsilon()), 0.0)
        return ops.sum(iou) / (ops.sum(ops.cast(seen, "float32")) + configuration.epsilon())

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **super().get_config(),
            "num_classes": self.num_classes,
            "target_class_ids": self.target_class_ids,
            "ignore_class": self.ignore_class,
            "sparse_y_true": self.sparse_y_true,
            "sparse_y_pred": self.sparse_y_pred,
            "axis": self.axis,
        }

    def _config_without(self, *arguments: str) -> dict[str, Any]:
        return {k: v for k, v in IoU.get_config(self).items() if k not in arguments}


class BinaryIoU(IoU):
    """Mean intersection over union of the classes 0 and 1, for scores and a threshold."""

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds a batch of labels and scores."""
        y_pred = ops.convert_to_tensor(y_pred, dtype="float32")
        super().update_state(y_true, y_pred >= self.threshold, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            **Metric.get_config(self),
            "target_class_ids": self.target_class_ids,
            "threshold": self.threshold,
        }


class MeanIoU(IoU):
    """Mean intersection over union of all classes."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(
            num_classes,
            None,
            name,
            dtype,
            ignore_class,
            sparse_y_true,
            sparse_y_pred,
            axis,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """Mean intersection over union of some classes, for one-hot labels and scores."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(
            num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """Mean intersection over union of all classes, for one-hot labels and scores."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return self._config_without("target_class_ids", "sparse_y_true")

"""A model built without computing anything."""

from __future__ import annotations

import contextlib
from typing import Any

from minicnn import tree
from minicnn.common import dtypes
from minicnn.ops.symbolic.keras_tensor import KerasTensor
from minicnn.ops.symbolic.outlining import outline
from minicnn.trainers.data_adapters.data_adapter_utils import unpack_x_y_sample_weight


def build_symbolically(trainer: Any, data_batch: Any) -> None:
    """Builds layers, losses, metrics and optimizer for batches of these shapes and types.

    Raises:
        RuntimeError: a model that cannot be gone through without values.
    """
    x, y, sample_weight = unpack_x_y_sample_weight(
        tree.map_structure(_symbolic, data_batch, none_is_leaf=False)
    )
    try:
        y_pred = outline(trainer, x, training=False)
    except ValueError:
        raise
    except Exception as error:
        raise RuntimeError(
            f"Unable to build the model {trainer.name!r} automatically. Build it before "
            "fit/evaluate/predict, by calling it on a batch of data. "
            f"Error encountered: {error}"
        ) from error
    if trainer._compile_metrics is not None and not trainer._compile_metrics.built:
        outline(trainer.compute_metrics, x, y, y_pred, sample_weight=sample_weight)
    if trainer._compile_loss is not None and not trainer._compile_loss.built:
        outline(trainer._compute_loss, x, y, y_pred, sample_weight, training=False)
    if trainer.optimizer is not None and not trainer.optimizer.built:
        trainer.optimizer.build(trainer.trainable_variables)


def build_for_any_batch_size(model: Any, data_batch: Any) -> None:
    """Builds what is not built yet of a model, for batches like this one but of any length.

    Built by its first step, a model would note the length of the first batch as that of all.
    """
    if all(layer.built for layer in model._flatten_layers()):
        return
    x, _, _ = unpack_x_y_sample_weight(data_batch)
    # Whatever goes wrong here, the first step meets again, with values to show.
    with contextlib.suppress(Exception):
        outline(model, tree.map_structure(_of_any_length, x, none_is_leaf=False), training=False)


def _of_any_length(array: Any) -> KerasTensor:
    return KerasTensor((None, *array.shape[1:]), dtypes.standardize_dtype(array.dtype))


def _symbolic(array: Any) -> KerasTensor:
    return KerasTensor(array.shape, dtypes.standardize_dtype(array.dtype))

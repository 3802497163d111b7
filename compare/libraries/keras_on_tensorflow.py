"""Real Keras on TensorFlow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from compare.libraries.keras import Keras


class TensorFlow(Keras):
    """Keras on TensorFlow, with gradients by `tf.GradientTape`."""

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[np.ndarray | None]:
        """The tape's gradients."""
        tensors = [tf.constant(x) for x in inputs]
        with tf.GradientTape() as tape:
            tape.watch(tensors)
            outputs = function(*tensors)
        sources = [*tensors, *(v.value for v in variables)]
        seeds = [tf.cast(c, y.dtype) for c, y in zip(cotangents, outputs, strict=True)]
        gradients = tape.gradient(outputs, sources, output_gradients=seeds)
        return [None if g is None else np.asarray(tf.convert_to_tensor(g)) for g in gradients]

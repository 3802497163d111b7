"""Real Keras on TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from compare.libraries.keras import Keras

CONVOLUTION = re.compile(r"Conv(\d)D(Transpose)?")


class TensorFlow(Keras):
    """Keras on TensorFlow, with gradients by `tf.GradientTape`."""

    def layer(self, name: str, settings: Mapping[str, Any]) -> list[Any]:
        """The layer. Convolutions in channels first are computed by channels last.

        TensorFlow cannot compute them on a processor, or compiles each of them, which takes a
        minute. The kernel is the same in both formats.
        """
        found = CONVOLUTION.fullmatch(name)
        if settings.get("data_format") != "channels_first" or not found:
            return super().layer(name, settings)
        last = {key: value for key, value in settings.items() if key != "data_format"}
        permute, space = self.keras.layers.Permute, int(found[1])
        return [
            permute((*range(2, space + 2), 1)),
            *super().layer(name, last),
            permute((space + 1, *range(1, space + 1))),
        ]

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

"""The layer, loss or optimizer of a page, and a model of one layer around it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import Any

import minicnn as keras
from minicnn import layers, losses
from minicnn.layers.rnn.base_cell import BaseRNNCell
from minicnn.studio.lessons.general_examples import APART, copied, shapes
from minicnn.studio.lessons.topics import LENGTH, Topic


class _WeightedSum(losses.Loss):
    """`Σ y_true · y_pred`: its gradient to the outputs is y_true, the cotangent that one chose.

    A mask of the outputs changes nothing.
    """

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """The sum."""
        return keras.ops.sum(self.call(y_true, y_pred))

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return y_true * y_pred


def made(topic: Topic, settings: dict[str, Any], **more: Any) -> Any:
    """The layer, loss or optimizer of a page; a cell in a layer that runs it."""
    arguments = {k: v for k, v in settings.items() if k != LENGTH}
    given = {k: copied(v, more.get("dtype")) for k, v in topic.settings.items()}
    found = topic.cls(**given | arguments | more)
    is_cell = isinstance(found, (BaseRNNCell, layers.StackedRNNCells))
    return layers.RNN(found, return_sequences=True, **more) if is_cell else found


def draws_numbers(topic: Topic) -> bool:
    """Whether a layer draws random numbers; one with weights has its seed for a dropout of 0."""
    if "seed" not in topic.settings:
        return False
    topic = fitted(topic)
    return not model_of(made(topic, {}), topic.shape, topic).trainable_weights


_shapes: dict[tuple[str, type], tuple[int, ...]] = {}


def fitted(topic: Topic) -> Topic:
    """The page with a shape that its layer takes: its own, or the first likely one."""
    key = (topic.name, topic.cls)
    if key not in _shapes and issubclass(topic.cls, layers.Layer):
        likely = (shape for shape in (topic.shape, *shapes(topic.cls)) if _takes(topic, shape))
        _shapes[key] = next(likely, topic.shape)
    return dataclasses.replace(topic, shape=_shapes.get(key, topic.shape))


def _takes(topic: Topic, shape: tuple[int, ...]) -> bool:
    try:
        model_of(made(topic, {}), shape, topic)
    except (TypeError, ValueError, IndexError):
        return False
    return True


def input_shape(topic: Topic, settings: dict[str, Any]) -> tuple[int, ...]:
    """The shape of the input, with the length that the reader chose."""
    if LENGTH not in settings:
        return topic.shape
    spatial = (settings[LENGTH],) * (len(topic.shape) - 2)
    return (topic.shape[0], *spatial, topic.shape[-1])


def model_of(layer: Any, shape: tuple[int, ...], topic: Topic, dtype: str = "float32") -> Any:
    """A model of one layer; its loss is the sum of the outputs times the targets."""
    dtype = "int32" if topic.integers else dtype
    inputs = [keras.Input(batch_shape=shape, dtype=dtype) for _ in range(topic.inputs)]
    if topic.inputs == 1:
        model = keras.Sequential([*inputs, layer])
    else:
        model = keras.Model(inputs, layer(*inputs) if isinstance(layer, APART) else layer(inputs))
    model.compile(loss=_WeightedSum(reduction="sum"))
    return model


def weights_of(layer: Any) -> dict[str, Any]:
    """The trainable weights by name, with a number where several have the same."""
    counts = Counter(w.name for w in layer.trainable_weights)
    seen: Counter[str] = Counter()
    named = {}
    for w in layer.trainable_weights:
        seen[w.name] += 1
        named[w.name if counts[w.name] == 1 else f"{w.name} {seen[w.name]}"] = w
    return named

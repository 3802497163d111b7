"""`ablate`: what a model predicts with some channels of its layers set to zero."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from minicnn import tree
from minicnn.analysis.checks import check_model, checked_inputs, chosen_calls, takes_training
from minicnn.analysis.recorded_calls import record_calls
from minicnn.analysis.watched_calls import CallNames, operations_in, own_attribute, unfused
from minicnn.autodiff import Tensor
from minicnn.autodiff import operations as ops
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.common.tables import ShownAsTable, Table

_one_at_a_time = threading.RLock()


class Ablation(ShownAsTable):
    """Predictions with and without some channels.

    Attributes:
        channels: those that were set to zero, by the name of the call.
        before: the predictions with all channels.
        after: the predictions without them.
        accuracy_before, accuracy_after: the share of the samples whose class is right; None
            without targets.
    """

    def __init__(
        self,
        channels: dict[str, list[int]],
        before: np.ndarray,
        after: np.ndarray,
        y: np.ndarray | None,
    ):
        self.channels = channels
        self.before = before
        self.after = after
        self.accuracy_before = _accuracy(before, y)
        self.accuracy_after = _accuracy(after, y)

    def table(self) -> Table:
        """A row for each class: the mean of its scores, and how many samples were given it."""
        rows = [
            [c, *(float(p[..., c].mean()) for p in (self.before, self.after))]
            + [int((_classes(p) == c).sum()) for p in (self.before, self.after)]
            for c in range(self.before.shape[-1])
        ]
        off = "; ".join(f"{name} {found}" for name, found in self.channels.items())
        notes = []
        if self.accuracy_before is not None:
            notes = [f"Accuracy: {self.accuracy_before:.2%}, then {self.accuracy_after:.2%}."]
        columns = ["class", "mean score", "then", "predicted", "then"]
        return Table(f"Without the channels {off or 'none'}", columns, rows, notes=notes)


def ablate(
    model: Any,
    x: Any,
    channels: Mapping[str, Sequence[int]],
    y: Any = None,
    batch_size: int = 256,
) -> Ablation:
    """What a model predicts with some channels of its layers set to zero.

    The model does not change, and calls of it in other threads are those of the whole model.

    Args:
        model: a model of any kind that returns scores of classes.
        x: inputs.
        channels: by the name of a call (or of a layer, for all its calls), the channels of its
            output: for a convolution its filters, for a dense layer its units.
        y: the right classes, as whole numbers or one-hot, for the accuracy.
        batch_size: how many samples are computed at once.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import ablate
        >>> model = keras.Sequential(
        ...     [keras.Input((2,)), keras.layers.Dense(3, name="hidden"), keras.layers.Dense(2)]
        ... )
        >>> ones = np.ones((4, 2), "float32")
        >>> found = ablate(model, ones, {"hidden": [0, 1, 2]}, y=[0, 0, 0, 1])
        >>> found.after.tolist()[0]
        [0.0, 0.0]
        >>> found.accuracy_after
        0.75

    Raises:
        ValueError: a layer that is not in the model.
        IndexError: a channel that it does not have.
    """
    check_model(model, "ablate")
    inputs = checked_inputs(model, x, "ablate")
    chosen = {name: [int(c) for c in found] for name, found in channels.items() if len(found)}
    wanted = _by_call(model, inputs, chosen) if chosen else {}
    before = _predictions(model, inputs, {}, batch_size)
    after = _predictions(model, inputs, wanted, batch_size) if wanted else before
    y = None if y is None else np.asarray(y)
    return Ablation(wanted, before, after, y)


@contextlib.contextmanager
def ablated(model: Any, channels: Mapping[str, Sequence[int]]) -> Iterator[None]:
    """Inside, calls of the model in this thread have these channels set to zero.

    Args:
        model: of any kind.
        channels: by the names of calls. They are counted anew at each call of the model.

    Example:
        >>> import minicnn as keras
        >>> layer = keras.layers.Dense(2, name="dense")
        >>> model = keras.Sequential([keras.Input((3,)), layer])
        >>> with ablated(model, {"dense": [1]}):
        ...     y = model(keras.ops.ones((1, 3)))
        >>> float(y[0, 1])
        0.0
    """
    zeroed = _Zeroed(channels)
    with _one_at_a_time, contextlib.ExitStack() as stack:
        stack.enter_context(unfused(model))
        for operation in operations_in(model):
            stack.enter_context(own_attribute(operation, "call", zeroed.around(operation)))
        stack.enter_context(own_attribute(model, "call", zeroed.from_the_start(model.call)))
        yield


class _Zeroed:
    """Calls of layers, after which some channels are zero, in the thread that made this object."""

    def __init__(self, channels: Mapping[str, Sequence[int]]):
        self.channels = channels
        self.thread = threading.get_ident()
        self.names = CallNames()
        self.running: list[str] = [""]

    def from_the_start(self, call: Any) -> Any:
        @functools.wraps(call)
        def counted(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() == self.thread:
                self.names, self.running = CallNames(), [""]
            return call(*args, **kwargs)

        return counted

    def around(self, operation: Any) -> Any:
        call = operation.call

        @functools.wraps(call)
        def zeroed(*args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self.thread:
                return call(*args, **kwargs)
            name = self.names.next(self.running[-1], operation.name)
            self.running.append(name)
            try:
                outputs = call(*args, **kwargs)
            finally:
                self.running.pop()
            found = self.channels.get(name, ())
            return without_channels(operation, outputs, found) if len(found) else outputs

        return zeroed


def without_channels(layer: Any, outputs: Any, channels: Sequence[int]) -> Any:
    """The outputs of a layer, with some of the channels set to zero."""
    if not isinstance(outputs, Tensor):
        raise ValueError(f"{layer.name!r} has several outputs: channels of it cannot be set to 0.")
    axis = 1 if getattr(layer, "data_format", None) == "channels_first" else -1
    count = outputs.shape[axis]
    if not all(-count <= c < count for c in channels):
        raise IndexError(
            f"{layer.name!r} has {count} channels, counted from 0. Received: {list(channels)}."
        )
    shape = [1] * len(outputs.shape)
    shape[axis] = count
    kept = np.ones(count, bool)
    kept[list(channels)] = False
    return ops.where(kept.reshape(shape), outputs, ops.zeros_like(outputs))


def _by_call(model: Any, x: Any, channels: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """The channels by the names of the calls, once the model is known to have these."""
    one = tree.map_structure(lambda t: Tensor(t.array[:1]), x)
    calls = record_calls(model, one, "ablate", training=False).calls
    layers = {call.name: call.layer for call in calls}
    return {
        name: found
        for layer, found in channels.items()
        for name in chosen_calls(layer, layers, layers, model)
    }


def _predictions(model: Any, x: Any, channels: Mapping, batch_size: int) -> np.ndarray:
    settings = {"training": False} if takes_training(model) else {}
    count = len(tree.flatten(x)[0].array)
    found = []
    with temporary_values(model.variables), quiet(), ablated(model, channels):
        for i in range(0, max(count, 1), batch_size):
            batch = tree.map_structure(lambda t, i=i: Tensor(t.array[i : i + batch_size]), x)
            found.append(tree.flatten(model(batch, **settings))[0].numpy())
    return np.concatenate(found)


def _classes(scores: np.ndarray) -> np.ndarray:
    return scores.argmax(axis=-1) if scores.shape[-1] > 1 else (scores[..., 0] > 0.5).astype(int)


def _accuracy(scores: np.ndarray, y: np.ndarray | None) -> float | None:
    if y is None:
        return None
    right = y.argmax(axis=-1) if y.ndim == scores.ndim and y.shape[-1] > 1 else y
    return float((_classes(scores) == right.reshape(_classes(scores).shape)).mean())

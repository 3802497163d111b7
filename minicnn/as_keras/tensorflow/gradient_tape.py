"""`tf.GradientTape`: a tape that knows only what was computed while it recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import Enum
from typing import Any

import numpy as np

from minicnn import autodiff, ops, tree
from minicnn.autodiff import Record, Tensor, Variable
from minicnn.autodiff.tensor import LEAF

_FOREVER = float("inf")


class UnconnectedGradients(Enum):
    """What `gradient` gives where the target does not depend on a source."""

    NONE = "none"
    ZERO = "zero"


class GradientTape(autodiff.GradientTape):
    """minicnn's tape with TensorFlow's rules.

    Gradients flow only through what was computed while this tape recorded, and only to what it
    watches: trainable variables (unless `watch_accessed_variables=False`), and what was given to
    `watch`.
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True):
        super().__init__(persistent)
        self._watches_variables = watch_accessed_variables
        self._watched: dict[int, Any] = {}
        self._spans: list[list] = []  # numbers of the first and the last record, in pairs

    def __enter__(self) -> GradientTape:
        super().__enter__()
        self._spans.append([Record().order, _FOREVER])
        return self

    def __exit__(self, *exception: Any) -> None:
        if self._entered:  # taking the gradient may have ended the recording
            super().__exit__(*exception)
            self._spans[-1][1] = Record().order

    def watch(self, tensor: Any) -> None:
        """Asks for gradients to these tensors; those of whole numbers have none."""
        for each in tree.flatten(tensor):
            value = each.value if isinstance(each, Variable) else each
            if isinstance(value, Tensor) and not value.is_inexact:
                continue
            super().watch(each)
            self._watched[id(each)] = each

    @contextlib.contextmanager
    def stop_recording(self) -> Iterator[None]:
        """What is computed inside is a constant to this tape."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()

    def reset(self) -> None:
        """Forgets all that was recorded and watched."""
        self._watched.clear()
        self._spans = [[Record().order, _FOREVER]] if self._entered else []

    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
    ) -> Any:
        """The gradients, in the structure of the sources; None where there is none."""
        zeros = UnconnectedGradients(unconnected_gradients) is UnconnectedGradients.ZERO
        if self._entered and not self.persistent:
            self.__exit__()
        targets = [x for x in tree.flatten(target) if _has_gradient(x)]
        with self._cut(targets):
            found = super().gradient(targets, tree.flatten(sources), _listed(output_gradients))
        flat = [
            _in_shape_of(source, each if self._is_connected(source) else None, zeros)
            for source, each in zip(tree.flatten(sources), found, strict=True)
        ]
        return tree.pack_sequence_as(sources, flat)

    def jacobian(
        self,
        target: Any,
        sources: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The derivative of each element of the target: the shapes of both joined."""
        seeds = np.eye(target.size, dtype=target.dtype).reshape(target.size, *target.shape)
        before, self.persistent = self.persistent, True
        try:
            found = [self.gradient(target, sources, s, unconnected_gradients) for s in seeds]
        finally:
            self.persistent = before
        return tree.pack_sequence_as(
            sources,
            [
                None if parts[0] is None else _joined(parts, target.shape)
                for parts in zip(*(tree.flatten(each) for each in found), strict=True)
            ],
        )

    def batch_jacobian(
        self,
        target: Any,
        source: Any,
        unconnected_gradients: Any = UnconnectedGradients.NONE,
        parallel_iterations: Any = None,
        experimental_use_pfor: bool = True,
    ) -> Any:
        """The jacobian of each row of the target to the same row of the source."""
        whole = self.jacobian(target, source, unconnected_gradients)
        if whole is None:
            return None
        rows = [whole[(i, *(slice(None),) * (target.ndim - 1), i)] for i in range(target.shape[0])]
        return ops.stack(rows)

    def _is_connected(self, source: Any) -> bool:
        """Whether this tape knows the source."""
        if id(source) in self._watched:
            return True
        variable = source if isinstance(source, Variable) else getattr(source, "variable", None)
        if variable is not None:
            watched = self._watches_variables and variable.trainable
            return watched or id(variable) in self._watched
        return source.record is not None and self._recorded(source.record)

    def _recorded(self, record: Record) -> bool:
        return record is not LEAF and any(a < record.order < b for a, b in self._spans)

    @contextlib.contextmanager
    def _cut(self, targets: list) -> Iterator[None]:
        """Inside, what this tape did not record is a leaf."""
        kept, stack, seen = [], [getattr(x, "value", x) for x in targets], set()
        while stack:
            x = stack.pop()
            record = x.record
            if record is None or record is LEAF or id(x) in seen:
                continue
            seen.add(id(x))
            if self._recorded(record):
                stack += [each for each in record.inputs if each is not None]
            else:
                kept.append((x, record))
        for x, _ in kept:
            x.record = LEAF
        try:
            yield
        finally:
            for x, record in kept:
                x.record = record


def _has_gradient(x: Any) -> bool:
    x = getattr(x, "value", x)
    return not isinstance(x, Tensor) or x.is_inexact


def _listed(output_gradients: Any) -> list | None:
    return None if output_gradients is None else tree.flatten(output_gradients)


def _joined(parts: Any, shape: tuple) -> Any:
    return ops.reshape(ops.stack(parts), (*shape, *parts[0].shape))


def _in_shape_of(source: Any, gradient: Any, zeros: bool) -> Any:
    return ops.zeros_like(source) if gradient is None and zeros else gradient

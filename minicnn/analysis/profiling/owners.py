"""Which layer a kernel is called for, forward and backward.

Forward, the scopes of names that are open tell it: each layer's call opens one. Backward, it is the
layer in whose call the operation was recorded that is being differentiated. For this, the methods
that record and differentiate operations are replaced for the time of the measurement.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from unittest import mock

from minicnn.analysis.watched_calls import CallNames
from minicnn.common.name_scope import open_scopes
from minicnn.layers import Layer
from minicnn.ops.define.declared import Declared
from minicnn.ops.define.fused import Fused
from minicnn.ops.define.primitive import Primitive


class Owner(NamedTuple):
    """A row of the profile, and a part of the step: "forward" or "backward"."""

    row: str
    part: str


LOSS, METRICS, OPTIMIZER = "loss", "metrics", "optimizer"
INPUTS, OWN = "inputs", "model's own operations"
SUMS = Owner("sums of gradients", "backward")


class Owners:
    """Says who the present kernel belongs to; use it inside `observed`.

    Attributes:
        layers: the layers of each row that is a call of some: one, or two that are fused.
    """

    def __init__(self, model: Any):
        self._model = model
        self.layers: dict[str, tuple] = {}
        self.begin_step()

    def begin_step(self) -> None:
        """A new step begins, whose calls are counted from the first again."""
        self._names = CallNames()
        self._names_of_scopes: dict[int, tuple[str, Any]] = {}
        self._by_record: dict[int, str] = {}
        self._backward: str | None = None
        self._is_differentiating = self._has_begun = self._in_model = False
        self.after_update = False

    def now(self) -> Owner:
        """The owner of what is computed now."""
        if self._backward is not None:
            return Owner(self._backward, "backward")
        if self.after_update:
            return Owner(METRICS, "forward")
        row = self._row()
        if row == LOSS and self._is_differentiating:
            return SUMS
        return Owner(row, "forward")

    def _row(self) -> str:
        """The name of the innermost layer's call; outside of all layers another part."""
        self._in_model = False
        layer = self._layer()
        if layer is None and self._in_model:
            return OWN
        self._has_begun = self._has_begun or layer is not None
        return layer or (LOSS if self._has_begun else INPUTS)

    def _layer(self) -> str | None:
        """The name of the innermost layer's call; None outside of all layers of the model."""
        parent, found = "", None
        for scope in open_scopes.all:
            if scope.caller is self._model:
                self._in_model = self._has_begun = True
                continue
            if not isinstance(scope.caller, Layer):
                continue
            known = self._names_of_scopes.get(id(scope))
            if known is None:
                name = self._names.next(parent, scope.name)
                known = self._names_of_scopes[id(scope)] = name, scope  # the id is not used again
                self.layers[name] = getattr(scope.caller, "_pair", (scope.caller,))
            parent = found = known[0]
        return found

    @contextlib.contextmanager
    def observed(self) -> Iterator[None]:
        """Inside, operations are noted when they are recorded and differentiated."""
        with contextlib.ExitStack() as stack:
            record = mock.patch.object(Declared, "record", self._noting(Declared.record))
            stack.enter_context(record)
            for kind in (Primitive, Fused):
                pull_back = self._attributing(kind.pull_back)
                stack.enter_context(mock.patch.object(kind, "pull_back", pull_back))
            yield

    def _noting(self, record: Callable) -> Callable:
        @functools.wraps(record)
        def noting(declared: Any, tensors: Any, arrays: Any, outputs: Any, *rest: Any) -> None:
            record(declared, tensors, arrays, outputs, *rest)
            for y in outputs:
                if y.record is not None:
                    self._by_record[y.record.order] = self._row()

        return noting

    def _attributing(self, pull_back: Callable) -> Callable:
        @functools.wraps(pull_back)
        def attributing(declared: Any, record: Any, *rest: Any) -> list:
            self._is_differentiating = True
            before, self._backward = self._backward, self._by_record.get(record.order, LOSS)
            try:
                return pull_back(declared, record, *rest)
            finally:
                self._backward = before

        return attributing

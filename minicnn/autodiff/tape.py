"""Reverse-mode differentiation: walk the records backwards, one vector-Jacobian product each.

Given `y = f(x)` and a cotangent `ḡ` of the shape of y, the vector-Jacobian product is
`x̄ = ḡ · ∂f/∂x`. The gradient of a chain of operations is the chain of their products, taken from
the last to the first; where a tensor is used twice, its cotangents add up.
Source: Baydin et al., "Automatic differentiation in machine learning: a survey" (2018), 3.2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn import tree
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.recording import close_tape, open_tape
from minicnn.autodiff.tensor import LEAF, Record, Tensor
from minicnn.autodiff.variable import Variable
from minicnn.common.dtypes import is_inexact


class GradientTape:
    """Records what is computed inside its `with` block, to give gradients of it.

    Trainable variables are watched by themselves, other tensors after `watch`. Tapes nest: the
    gradient taken inside an outer tape's block is itself recorded, so gradients of gradients work.

    Args:
        persistent: whether `gradient` may be asked for more than once.

    Example:
        >>> import minicnn as keras
        >>> x = keras.ops.convert_to_tensor(3.0)
        >>> with keras.GradientTape() as tape:
        ...     tape.watch(x)
        ...     y = x**2
        >>> tape.gradient(y, x)
        Tensor(6., dtype=float32)
    """

    def __init__(self, persistent: bool = False):
        self.persistent = persistent
        self._used = False
        self._entered = False

    def __enter__(self) -> GradientTape:
        if self._entered:
            raise ValueError("This tape is recording already: a `with` block of it is open.")
        self._entered = True
        open_tape()
        return self

    def __exit__(self, *exception) -> None:
        self._entered = False
        close_tape()

    def watch(self, tensors: Any) -> None:
        """Asks for gradients to these tensors (or variables, or nested lists of them)."""
        for tensor in tree.flatten(tensors):
            tensor = getattr(tensor, "value", tensor)
            if not isinstance(tensor, Tensor):
                raise TypeError(
                    "GradientTape.watch takes tensors and variables, but got "
                    f"{type(tensor).__name__}. Make a tensor first: `x = ops.convert_to_tensor(x)`."
                )
            if not is_inexact(tensor.array.dtype):
                raise TypeError(
                    f"Only floating point tensors have gradients, but this one is {tensor.dtype}."
                    " Cast it first: `x = ops.cast(x, 'float32')`."
                )
            if tensor.record is None:
                tensor.record = LEAF

    def gradient(self, target: Any, sources: Any, output_gradients: Any = None) -> Any:
        """Cotangents of the sources: `output_gradients · ∂target/∂sources`.

        Args:
            target: the tensor, or nested tensors, to differentiate. Several are summed up.
            sources: variables or watched tensors, in any nested structure.
            output_gradients: cotangents of the targets; ones by default.

        Returns:
            The structure of `sources`, each replaced by its gradient, or by None where the
            target does not depend on it.
        """
        if self._used and not self.persistent:
            raise RuntimeError(
                "The gradient of this tape was already taken, and it is not persistent. "
                "Use `GradientTape(persistent=True)` to ask more than once."
            )
        self._used = True
        targets = tree.flatten(target)
        seeds = (
            [None] * len(targets) if output_gradients is None else tree.flatten(output_gradients)
        )
        if len(seeds) != len(targets):
            raise ValueError(f"Got {len(seeds)} output gradients for {len(targets)} targets.")
        flat = type(sources) is list and all(isinstance(x, (Variable, Tensor)) for x in sources)
        flat_sources = sources if flat else tree.flatten(sources)
        found = _backward(
            [_as_tensor(t) for t in targets], seeds, {id(_identity(s)) for s in flat_sources}
        )
        gradients = [found.get(id(_identity(source))) for source in flat_sources]
        return gradients if flat else tree.pack_sequence_as(sources, gradients)


def _as_tensor(x: Any) -> Tensor:
    x = getattr(x, "value", x)
    if not isinstance(x, Tensor):
        raise TypeError(f"The target of a gradient must be a tensor, but is {type(x).__name__}.")
    return x


def _identity(x: Any) -> Any:
    """What stands for a tensor: its variable if it has one, since assigning makes a new tensor."""
    variable = getattr(x, "variable", None)
    return x if variable is None else variable


def _backward(targets: list[Tensor], seeds: list, wanted: set[int]) -> dict[int, Tensor]:
    """Cotangents of the wanted tensors and variables, by the id of each."""
    cotangents: dict[int, Tensor] = {}
    kept_alive = []
    for target, seed in zip(targets, seeds, strict=True):
        if seed is None:
            seed = np.ones(target.shape, target.dtype)
        _accumulate(
            cotangents, target, seed if isinstance(seed, Tensor) else Tensor(np.asarray(seed))
        )
    with quiet():
        for record, needed in _records_leading_to(targets, wanted):
            outputs = record.outputs()
            arriving = [cotangents.get(id(output)) for output in outputs]
            if all(cotangent is None for cotangent in arriving):
                continue
            parts = record.primitive.pull_back(record, arriving, outputs, needed)
            kept_alive.append(outputs)
            for x, part in zip(record.inputs, parts, strict=True):
                if part is not None:
                    _accumulate(cotangents, x, part)
    return cotangents


def _accumulate(cotangents: dict[int, Tensor], x: Tensor, part: Tensor) -> None:
    key = id(_identity(x))
    before = cotangents.get(key)
    cotangents[key] = part if before is None else before + part


def _records_leading_to(targets: list[Tensor], wanted: set[int]) -> list[tuple[Record, list[bool]]]:
    """The records between the targets and the wanted leaves, last first, and of each the inputs
    whose cotangents are needed.

    Other branches are left out: a weight that nobody asked about costs nothing.
    """
    seen = set()
    stack = [t.record for t in targets if t.record is not None]
    while stack:
        record = stack.pop()
        if record in seen or record is LEAF:
            continue
        seen.add(record)
        stack += [x.record for x in record.inputs if x is not None and x.record is not None]
    leading: dict[Record, list[bool]] = {}

    def is_needed(x: Tensor | None) -> bool:
        if x is None or x.record is None:
            return False
        return x.record in leading or id(_identity(x)) in wanted

    for record in sorted(seen, key=lambda r: r.order):
        needed = [is_needed(x) for x in record.inputs]
        if any(needed):
            leading[record] = needed
    return list(leading.items())[::-1]

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
from minicnn.autodiff.array_like import ArrayLike
from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.recording import tapes
from minicnn.autodiff.tensor import LEAF, Record, Tensor


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
        tapes.open += 1
        return self

    def __exit__(self, *exception) -> None:
        self._entered = False
        tapes.open -= 1

    def watch(self, tensors: Any) -> None:
        """Asks for gradients to these tensors (or variables, or nested lists of them)."""
        for tensor in _listed(tensors):
            tensor = getattr(tensor, "value", tensor)
            if not isinstance(tensor, Tensor):
                raise TypeError(
                    "GradientTape.watch takes tensors and variables, but got "
                    f"{type(tensor).__name__}. Make a tensor first: `x = ops.convert_to_tensor(x)`."
                )
            if not tensor.is_inexact:
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
        targets, flat_sources = _listed(target), _listed(sources)
        seeds = [None] * len(targets) if output_gradients is None else _listed(output_gradients)
        if len(seeds) != len(targets):
            raise ValueError(f"Got {len(seeds)} output gradients for {len(targets)} targets.")
        wanted = list(map(_key, flat_sources))
        cotangents = _backward(targets, seeds, set(wanted))
        gradients = list(map(cotangents.get, wanted))
        return gradients if flat_sources is sources else tree.pack_sequence_as(sources, gradients)


def _listed(tensors: Any) -> list:
    """The tensors and variables of any nested structure, in a list."""
    if isinstance(tensors, ArrayLike):
        return [tensors]
    if type(tensors) is list and all(isinstance(x, ArrayLike) for x in tensors):
        return tensors
    return tree.flatten(tensors)


def _key(x: Any) -> int:
    """What a cotangent is kept under: a variable's tensors share one, as assigning makes more."""
    variable = getattr(x, "variable", None)
    return id(x if variable is None else variable)


def _backward(targets: list, seeds: list, wanted: set[int]) -> dict[int, Tensor]:
    """Cotangents of the wanted tensors and variables, by the key of each."""
    cotangents: dict[int, Tensor] = {}
    alive = []  # a key is an `id`, so whatever has a cotangent must live as long as it
    targets = [getattr(target, "value", target) for target in targets]
    for target, seed in zip(targets, seeds, strict=True):
        if not isinstance(target, Tensor):
            raise TypeError(
                f"The target of a gradient must be a tensor, but is {type(target).__name__}."
            )
        if seed is None:
            seed = np.ones(target.array.shape, target.array.dtype)
        seed = seed if isinstance(seed, Tensor) else Tensor(np.asarray(seed))
        _accumulate(cotangents, target, seed)
    with quiet():
        for record, needed in _records_leading_to(targets, wanted):
            outputs = record.outputs()
            keys = list(map(id, outputs))
            if cotangents.keys().isdisjoint(keys):
                continue
            arriving = list(map(cotangents.get, keys))
            parts = record.primitive.pull_back(record, arriving, outputs, needed)
            alive.append(outputs)
            for x, part in zip(record.inputs, parts, strict=True):
                if part is not None:
                    _accumulate(cotangents, x, part)
    return cotangents


def _accumulate(cotangents: dict[int, Tensor], x: Tensor, part: Tensor) -> None:
    key = _key(x)
    before = cotangents.get(key)
    cotangents[key] = part if before is None else before + part


def _records_leading_to(targets: list[Tensor], wanted: set[int]) -> list[tuple[Record, list[bool]]]:
    """The records between the targets and the wanted leaves, last first, and of each the inputs
    whose cotangents are needed.

    Other branches are left out: a weight whose gradient is unused costs nothing.
    """
    seen: dict[int, Record] = {}
    stack = list(targets)
    while stack:
        record = stack.pop().record
        if record is None or record is LEAF or record.order in seen:
            continue
        seen[record.order] = record
        stack += [x for x in record.inputs if x is not None]
    leading: dict[int, tuple[Record, list[bool]]] = {}
    for order in sorted(seen):
        record, needed = seen[order], []
        for x in record.inputs:
            origin = None if x is None else x.record
            needed.append(origin is not None and (origin.order in leading or _key(x) in wanted))
        if any(needed):
            leading[order] = record, needed
    return list(leading.values())[::-1]

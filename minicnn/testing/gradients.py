"""Checks the gradients of functions of tensors, layers, losses and models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn import GradientTape, Tensor, tree
from minicnn.testing.check import check
from minicnn.testing.differentiable import Differentiable
from minicnn.testing.errors import CannotCheck, WrongGradient
from minicnn.testing.report import GradientReport
from minicnn.testing.targets import Target, float64_on_numpy, target_of
from minicnn.testing.variants import variants


def check_gradients(
    function: Any,
    *inputs: Any,
    order: int = 2,
    truth: str = "auto",
    tolerance: float = 1e-7,
    floor: float = 1e-3,
    input_shape: Any = None,
    y: Any = None,
    loss: Any = None,
    also: str = "",
    seed: int = 0,
    **settings: Any,
) -> GradientReport:
    """Checks that the gradients of a function, layer, loss or model are its derivatives.

    Everything is computed in float64 on the NumPy backend, with a random cotangent (the gradient
    that comes from above). Layers and models are checked to their trainable variables, too, and
    are left as they were.

    Args:
        function: from tensors to a tensor or to nested tensors; a layer, a loss, or a model; or
            the class of a layer or loss, with its settings as keyword arguments.
        inputs: the arrays that it is called with. Those of floats (or nested lists of them) are
            differentiated; others are passed as they are. A loss is not differentiated by its
            labels.
        order: 2 checks, too, the derivatives of the gradient, to the inputs and to the cotangent.
        truth: "auto" takes the complex step where it works, else central differences; "taylor"
            takes the order of the Taylor remainder; "differences" always central differences.
        tolerance: how far a derivative may be off, relative to the largest one of that input.
        floor: norm that the gradients together must reach, so that nothing passes by being zero.
        input_shape: shape of a random input for a layer or model (a list of shapes for several).
        y: labels for a model with a loss.
        loss: its loss; by default the one that it was compiled with.
        also: words that add a second check: "ties" (equal inputs), "non_contiguous", "empty"
            (no sample at all).
        seed: draws the cotangents and directions.
        settings: keyword arguments passed on.

    Raises:
        WrongGradient: a gradient is wrong; the text says where, and what it looks like.
        CannotCheck: the function cannot be checked as it is.

    Example:
        >>> import numpy as np
        >>> from minicnn import layers, ops
        >>> from minicnn.testing import check_gradients
        >>> print(check_gradients(ops.exp, np.array([0.3, -1.2]), order=1))
        gradient to input 0: right, ...
        >>> report = check_gradients(layers.Dense, input_shape=(3, 2), units=4, name="dense")
        >>> [row.name for row in report.rows if row.what == "gradient"]
        ['input 0', 'variable dense/kernel', 'variable dense/bias']
    """
    options = {"truth": truth, "tolerance": tolerance, "seed": seed}
    with (
        float64_on_numpy(),
        target_of(function, inputs, settings, input_shape, y, loss, seed) as target,
    ):
        report = _check_target(target, order, floor, options)
        for name, changed in variants(also, tuple(target.arrays)):
            try:
                more = _check_target(target._replace(arrays=changed), 1, 0.0, options)
            except WrongGradient as error:
                raise WrongGradient(f"With {name}: {error}", error.mistakes) from None
            report.notes += [f"with {name}: {line}" for line in str(more).splitlines()]
    return report


def _check_target(target: Target, order: int, floor: float, options: dict) -> GradientReport:
    function, apply = differentiable(target)
    report = check(function, floor=floor, **options)
    if order > 1:
        second = _gradient_as_function(function, apply, options["seed"])
        options = {**options, "tolerance": 10 * options["tolerance"]}
        if options["truth"] == "auto":
            options["truth"] = "differences"
        report.rows += check(second, what="second derivative", **options).rows
    return report


def differentiable(target: Target) -> tuple[Differentiable, Callable]:
    """The target as a function of arrays, and as one of tensors."""
    leaves = [_in_float64(x) for x in tree.flatten(target.arrays)]
    active = [i for i, x in enumerate(leaves) if _is_floating(x)]
    if not active:
        raise CannotCheck(
            "There is nothing to differentiate: no input is an array of floats (got "
            f"{', '.join(str(getattr(x, 'dtype', type(x).__name__)) for x in leaves) or 'none'}). "
            "Integers have no gradient; pass floats, for example `x.astype(float)`."
        )

    def apply(*inputs: Any) -> list:
        merged = dict(enumerate(leaves)) | dict(zip(active, inputs, strict=True))
        called = tree.pack_sequence_as(target.arrays, [merged[i] for i in range(len(leaves))])
        return _floating_tensors(target.function(*called))

    def forward(arrays: Any) -> list:
        return [y.array for y in apply(*map(Tensor, arrays))]

    def pull_back(arrays: Any, cotangents: Any) -> list:
        found = pulled_back(apply, list(map(Tensor, arrays)), cotangents)
        return [None if g is None else g.array for g in found]

    names = [target.names[i] for i in active]
    return Differentiable([leaves[i] for i in active], names, forward, pull_back), apply


def pulled_back(function: Callable, inputs: list[Tensor], cotangents: Any) -> list:
    """The tape's gradients of a function of tensors."""
    # A fresh tensor each, so that an outer tape's records reach the inputs through it.
    with GradientTape() as tape:
        tape.watch(inputs)
        outputs = function(*inputs)
    seeds = [c if isinstance(c, Tensor) else Tensor(np.asarray(c)) for c in cotangents]
    return tape.gradient(outputs, inputs, output_gradients=seeds)


def _gradient_as_function(function: Differentiable, apply: Callable, seed: int) -> Differentiable:
    """The gradient is itself a function of inputs and cotangent: it is checked as one."""
    count = len(function.arrays)
    cotangents = function.draw(seed)

    def gradient(*both: Tensor) -> list[Tensor]:
        pulled = pulled_back(apply, list(both[:count]), list(both[count:]))
        return [g for g in pulled if g is not None]

    def forward(arrays: Any) -> list:
        return [g.array for g in gradient(*map(Tensor, arrays))]

    def pull_back(arrays: Any, seeds: Any) -> list:
        found = pulled_back(gradient, list(map(Tensor, arrays)), seeds)
        return [None if g is None else g.array for g in found]

    names = [*function.names, *(f"cotangent {i}" for i in range(len(cotangents)))]
    return Differentiable([*function.arrays, *cotangents], names, forward, pull_back)


def _floating_tensors(outputs: Any) -> list[Tensor]:
    found = tree.flatten(outputs)
    for y in found:
        if isinstance(y, np.ndarray) or y is None:
            raise CannotCheck(
                f"The function returned {'None' if y is None else 'a NumPy array'}, of which no "
                "gradient is recorded. Compute with `minicnn.ops`; a backward of your own, "
                "written with NumPy, is checked with check_backward(forward, backward, x)."
            )
    tensors = [getattr(y, "value", y) for y in found]
    kept = [y for y in tensors if isinstance(y, Tensor) and y.array.dtype.kind in "fc"]
    if not kept:
        raise CannotCheck("The function returned no tensor of floats, so there is no gradient.")
    return kept


def _is_floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


def _in_float64(x: Any) -> Any:
    x = x.array if isinstance(x, Tensor) else x
    x = np.asarray(x) if isinstance(x, np.floating) else x
    if not _is_floating(x) or (x.dtype == np.float64 and not x.flags.c_contiguous):
        return x
    return x.astype("float64")

"""The truth: minicnn's NumPy backend in float64, with gradients confirmed by differences."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import numpy as np

from compare.cases.values import generator
from compare.errors import UNIT
from compare.libraries.minicnn import MiniCNN
from compare.libraries.precision import FLOAT32, Precision
from compare.libraries.sums import errors_of_sums
from minicnn import config, ops, tree
from minicnn.autodiff import Tensor, Variable
from minicnn.ops.define.primitive import Primitive
from minicnn.ops.nn.activations import logistic
from minicnn.testing.differences import PLACES, fourth_order

STEP = 1e-4
DIRECTIONS = 2
MANY = 20_000  # comparisons of two numbers, from which on sorting is faster
LARGE, SAMPLED = 10_000, 10


Perturb = Callable[[np.ndarray], np.ndarray]
Numbers = np.ndarray | Tensor | Variable | float


class Truth(MiniCNN):
    """minicnn in float64, which checks its gradients by central differences.

    `disagreement` is the largest relative difference between a gradient and central differences
    so far.
    """

    run_eagerly = True  # a replayed step calls no operations, which are perturbed

    def __init__(self, confirm: bool = True, precision: Precision = FLOAT32):
        self.confirm = confirm
        self.precision = precision
        self.disagreement = 0.0

    @contextlib.contextmanager
    def settings(self) -> Iterator[None]:
        """Context in which minicnn computes in float64 on the NumPy backend, without fusion."""
        floatx, backend = config.floatx(), config.backend()
        policy, fusion = config.dtype_policy(), config.fusion()
        config.set_floatx("float64")
        config.set_dtype_policy("float64")
        config.set_backend("numpy")
        config.set_fusion(False)
        try:
            yield
        finally:
            config.set_floatx(floatx)
            config.set_dtype_policy(policy)
            config.set_backend(backend)
            config.set_fusion(fusion)

    def array(self, x: np.ndarray) -> np.ndarray:
        """Converts floats to float64, those that the precision has."""
        return self.precision.rounded(x.astype("float64")) if x.dtype.kind == "f" else x

    def symbol(self, shape: Sequence[int | None], dtype: str) -> Any:
        """None: there is nothing to perturb, and one look at minicnn's outlines is enough."""
        return None

    def narrowed(self, tensor: Any) -> Any:
        """The tensor itself: the truth computes in float64."""
        return tensor

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[np.ndarray | None]:
        """The tape's gradients, compared with central differences of the function's values."""
        gradients = super().differentiate(function, inputs, variables, cotangents)
        if not self.confirm or held_constant:
            return gradients
        points = [*inputs, *(v.numpy() for v in variables)]

        def combined(*points: np.ndarray) -> float:
            return self.combined_output(function, points, variables, cotangents)

        for i, gradient in enumerate(gradients):
            for k in range(DIRECTIONS if points[i].size > 1 else 1):
                direction = generator(f"direction {k}").standard_normal(points[i].shape)
                self._compare(combined, points, i, direction, gradient)
        for variable, value in zip(variables, points[len(inputs) :], strict=True):
            variable.assign(value)
        return gradients

    def _compare(
        self,
        combined: Callable[..., float],
        points: list[np.ndarray],
        i: int,
        direction: np.ndarray,
        gradient: np.ndarray | None,
    ) -> None:
        """Compare one derivative along a direction with central differences of fourth order."""

        def along(step: float) -> float:
            there = [x + step * direction if j == i else x for j, x in enumerate(points)]
            return combined(*there)

        measured = fourth_order(*(along(place * STEP) for place in PLACES), STEP)
        parts = np.zeros(1) if gradient is None else gradient * direction
        scale = max(np.abs(parts).sum(), abs(measured), 1e-3)
        self.disagreement = max(self.disagreement, float(abs(parts.sum() - measured) / scale))


@contextlib.contextmanager
def perturbed_arithmetic(seed: int, size: float = UNIT, sums: bool = False) -> Iterator[Perturb]:
    """Context in which every result and every assigned value is perturbed at random.

    The relative change has a random sign and is between 0.5 and 1.5 times `size`, by default that
    of rounding to float32. With equal changes, sums of few terms would often change by zero. How
    far such results differ is what rounding explains: the method CESTAC of La Porte and Vignes
    (1974). Whole numbers do not change, as float32 represents them exactly. Yields the function
    that perturbs an array.

    With `sums`, a sum of many terms changes by as much as rounding its partial sums to float32
    explains, if that is more.
    """
    random, exact, assign = np.random.default_rng(seed), Primitive.__call__, Variable.assign

    def perturb(array: np.ndarray, least: Any = 0.0) -> np.ndarray:
        if array.dtype.kind not in "fc":
            return array
        drawn = random.uniform(-1, 1, array.shape)
        changes = np.copysign(np.maximum(size * np.abs(array), UNIT * least), array)
        perturbed = array + changes * (drawn + np.copysign(0.5, drawn))
        return np.where(array == np.round(array), array, perturbed)

    def inexact(primitive: Primitive, *args: Any, **kwargs: Any) -> Any:
        result = exact(primitive, *args, **kwargs)
        given = _numbers([args, kwargs])
        found = [x for x in tree.flatten(result) if isinstance(x, Tensor) and x.dtype.kind in "fc"]
        least = [0.0] * len(found)
        if sums and found:
            least = errors_of_sums(primitive, args, kwargs, [x.array for x in found])
        for tensor, units in zip(found, least, strict=True):
            array = tensor.array
            tensor.array = np.where(_are_selected(array, given), array, perturb(array, units))
        return result

    def assign_inexactly(variable: Variable, value: Any) -> Any:
        return assign(variable, perturb(np.asarray(value)))

    with (
        mock.patch.object(Primitive, "__call__", inexact),
        mock.patch.object(Variable, "assign", assign_inexactly),
    ):
        yield perturb


@contextlib.contextmanager
def slopes_of_results() -> Iterator[None]:
    """Context in which the slopes of tanh and of the sigmoid y are `1 - y²` and `y (1 - y)`.

    So they are computed where only the results are stored, as in Keras and in the steps of
    recurrent layers. Where y is close to 1, its rounding is a large part of such a slope.
    """
    with (
        mock.patch.object(ops.tanh.primitive, "vjp", (lambda g, y, x: g * (1 - y * y),)),
        mock.patch.object(logistic.primitive, "vjp", (lambda g, y, x: g * (y * (1 - y)),)),
    ):
        yield


def _are_selected(array: np.ndarray, given: np.ndarray) -> np.ndarray | bool:
    """Which numbers are among those given. Of a large array a few are looked up: all or none."""
    if array.size * given.size <= MANY:
        return (array[..., None] == given).any(-1)
    if given.size < LARGE:
        return np.isin(array, given)
    few = array.flat[:: max(1, array.size // SAMPLED)]
    return any((given == x).any() for x in few if x)


def _numbers(arguments: Any) -> np.ndarray:
    """All numbers in the arguments of an operation.

    A result that is one of them was only selected (by a maximum, for example): it has no rounding
    error of its own.
    """
    flat = [np.asarray(x).ravel() for x in tree.flatten(arguments) if isinstance(x, Numbers)]
    return np.concatenate([np.zeros(1), *flat])


class PerturbedTruth(Truth):
    """The truth with perturbed data and settings. `perturbed_arithmetic` perturbs the rest.

    With `powers`, powers of an optimizer's settings are perturbed, too: Keras rounds them to
    float32, where 1 − 0.999ᵗ loses three digits; minicnn computes them as Python floats.
    """

    def __init__(self, perturb: Perturb, precision: Precision = FLOAT32, powers: bool = False):
        super().__init__(False, precision)
        self._perturb, self._powers = perturb, powers

    def array(self, x: np.ndarray) -> np.ndarray:
        """Converts floats to float64 and perturbs them; data in 16 bits are exact."""
        exact = super().array(x)
        return exact if self.precision.is_half else self._perturb(exact)

    def resolve(self, setting: Any) -> Any:
        """As in `Library`; floats that float32 must round are perturbed."""
        if isinstance(setting, float) and setting != np.float32(setting):
            return float(self._perturb(np.float64(setting)))
        return super().resolve(setting)

    def with_rounded_powers(self, optimizer: Any) -> Any:
        """The optimizer, with perturbed powers if these are wanted."""
        if not self._powers:
            return optimizer
        owner = getattr(optimizer, "inner_optimizer", optimizer)
        for each in getattr(owner, "optimizers", [owner]):
            for name, value in list(vars(each).items()):
                if name.startswith("beta_") and isinstance(value, float):
                    setattr(each, name, RoundedPowers(value, self._perturb))
        return optimizer


class RoundedPowers(float):
    """A float whose powers are perturbed.

    >>> RoundedPowers(3.0, lambda power: power + 0.5) ** 2
    9.5
    """

    def __new__(cls, value: float, perturb: Perturb) -> RoundedPowers:
        made = super().__new__(cls, value)
        made.perturb = perturb
        return made

    def __pow__(self, exponent: float) -> float:
        return float(self.perturb(np.float64(float(self) ** exponent)))

    def __rpow__(self, base: float) -> float:
        return float(self.perturb(np.float64(base ** float(self))))

    def __mul__(self, other: Any) -> Any:
        return float(self) * other  # by a tensor, too, which knows no subclasses of floats

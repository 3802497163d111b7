"""The truth: minicnn's NumPy backend in float64, its gradients confirmed by differences."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from unittest import mock

import numpy as np

from compare.errors import UNIT
from compare.libraries.minicnn import MiniCNN
from compare.values import generator
from minicnn import config, tree
from minicnn.autodiff import Tensor, Variable
from minicnn.ops.define.primitive import Primitive

STEPS = (1e-4, 2e-4)
DIRECTIONS = 2


Move = Callable[[np.ndarray], np.ndarray]
Numbers = np.ndarray | Tensor | Variable | float


class Truth(MiniCNN):
    """minicnn in float64.

    `disagreement` is the largest difference between a gradient and the differences of values,
    relative to what was compared, over all that was differentiated.
    """

    def __init__(self, confirm: bool = True):
        self.confirm = confirm
        self.disagreement = 0.0

    @contextlib.contextmanager
    def settings(self) -> Iterator[None]:
        """Inside, minicnn computes in float64 on the NumPy backend, each operation by itself."""
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
        """The numbers in float64."""
        return x.astype("float64") if x.dtype.kind == "f" else x

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held: bool = False,
    ) -> list[np.ndarray | None]:
        """The tape's gradients, after differences of the function's values have confirmed them."""
        gradients = super().differentiate(function, inputs, variables, cotangents)
        if not self.confirm or held:
            return gradients
        points = [*inputs, *(v.numpy() for v in variables)]

        def pulled(*point: np.ndarray) -> float:
            tensors = [Tensor(x) for x in point]
            for variable, value in zip(variables, tensors[len(inputs) :], strict=True):
                variable.assign(value)
            outputs = function(*tensors[: len(inputs)])
            return float(
                sum((c * y.numpy()).sum() for c, y in zip(cotangents, outputs, strict=True))
            )

        for i, gradient in enumerate(gradients):
            for k in range(DIRECTIONS if points[i].size > 1 else 1):
                direction = generator(f"direction {k}").standard_normal(points[i].shape)
                self._compare(pulled, points, i, direction, gradient)
        for variable, value in zip(variables, points[len(inputs) :], strict=True):
            variable.assign(value)
        return gradients

    def _compare(
        self,
        pulled: Callable[..., float],
        points: list[np.ndarray],
        i: int,
        direction: np.ndarray,
        gradient: np.ndarray | None,
    ) -> None:
        """One derivative along one direction, by central differences of the fourth order."""

        def along(step: float) -> float:
            there = [x + step * direction if j == i else x for j, x in enumerate(points)]
            return pulled(*there)

        near, far = ((along(h) - along(-h)) / (2 * h) for h in STEPS)
        measured = (4 * near - far) / 3
        parts = np.zeros(1) if gradient is None else gradient * direction
        scale = max(np.abs(parts).sum(), abs(measured), 1e-3)
        self.disagreement = max(self.disagreement, float(abs(parts.sum() - measured) / scale))


@contextlib.contextmanager
def rounding(seed: int, size: float = UNIT) -> Iterator[Move]:
    """Inside, every result and every assigned value is moved as far as float32 rounds, or by
    `size` relative to itself.

    What such computations differ by is what rounding explains: the method CESTAC of La Porte and
    Vignes (1974), in which the arithmetic itself is perturbed at random. Whole numbers stay, as
    float32 has them. Gives the function that moves an array.
    """
    random, exact, assign = np.random.default_rng(seed), Primitive.__call__, Variable.assign

    def move(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind not in "fc":
            return array
        moved = array * (1 + random.choice([-size, size], array.shape))
        return np.where(array == np.round(array), array, moved)

    def inexact(primitive: Primitive, *args: Any, **kwargs: Any) -> Any:
        result = exact(primitive, *args, **kwargs)
        given = _numbers([args, kwargs])
        for tensor in result if isinstance(result, (list, tuple)) else (result,):
            if isinstance(tensor, Tensor) and tensor.dtype.kind in "fc":
                array = tensor.array
                tensor.array = np.where(np.isin(array, given), array, move(array))
        return result

    def assign_inexactly(variable: Variable, value: Any) -> Any:
        return assign(variable, move(np.asarray(value)))

    with (
        mock.patch.object(Primitive, "__call__", inexact),
        mock.patch.object(Variable, "assign", assign_inexactly),
    ):
        yield move


def _numbers(arguments: Any) -> np.ndarray:
    """All numbers in the arguments of an operation. A result that is one of them was chosen, as a
    maximum is, and is as exact as they are.
    """
    flat = [np.asarray(x).ravel() for x in tree.flatten(arguments) if isinstance(x, Numbers)]
    return np.concatenate([np.zeros(1), *flat])


class Neighbour(Truth):
    """The truth, but for rounding: of the data and settings here, of the rest by `rounding`."""

    def __init__(self, move: Move):
        super().__init__(confirm=False)
        self._move = move

    def array(self, x: np.ndarray) -> np.ndarray:
        """The numbers, moved."""
        return self._move(super().array(x))

    def made(self, setting: Any) -> Any:
        """The setting, moved if it is a fraction."""
        if isinstance(setting, float):
            return float(self._move(np.float64(setting)))
        return super().made(setting)

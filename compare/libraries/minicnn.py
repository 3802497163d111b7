"""minicnn in float32 on the backend that is set."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import minicnn
from compare.libraries.library import Library, SharedRandomNumbers
from minicnn.autodiff import GradientTape, Tensor
from minicnn.backend import kernels


class MiniCNN(Library):
    """minicnn with its usual settings."""

    keras = minicnn
    run_eagerly = False

    def symbol(self, shape: Sequence[int | None], dtype: str) -> Any:
        """A symbolic tensor."""
        return minicnn.KerasTensor(shape, dtype)

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[np.ndarray | None]:
        """The tape's gradients."""
        tensors = [Tensor(x) for x in inputs]
        with GradientTape() as tape:
            tape.watch(tensors)
            outputs = function(*tensors)
        seeds = [Tensor(c.astype(y.dtype)) for c, y in zip(cotangents, outputs, strict=True)]
        sources = [*tensors, *variables]
        gradients = tape.gradient(outputs, sources, output_gradients=seeds)
        return [None if g is None else g.numpy() for g in gradients]

    def combined_output(
        self,
        function: Callable[..., list],
        points: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
    ) -> float:
        """⟨cotangents, outputs⟩ at these values of the inputs, then of the variables.

        Leaves the variables at these values.
        """
        tensors = [Tensor(x) for x in points]
        inputs, values = (
            tensors[: len(points) - len(variables)],
            tensors[len(points) - len(variables) :],
        )
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
        pairs = zip(cotangents, function(*inputs), strict=True)
        return float(sum((c * y.numpy()).sum() for c, y in pairs))

    @contextlib.contextmanager
    def layer_by_layer(self) -> Iterator[None]:
        """Context without fusion, which would compute two layers at once."""
        fusion = minicnn.config.fusion()
        minicnn.config.set_fusion(False)
        try:
            yield
        finally:
            minicnn.config.set_fusion(fusion)

    @contextlib.contextmanager
    def shared_random_numbers(self) -> Iterator[SharedRandomNumbers]:
        """Replaces the backend functions that draw; minicnn's own operations still run."""
        draws = SharedRandomNumbers()

        def keep(key: Any, shape: Any, rate: float, dtype: Any) -> np.ndarray:
            kept = draws.uniform(shape, np.asarray(key).tobytes()) >= np.float32(rate)
            return kept.astype(dtype) / np.asarray(1 - rate, dtype)

        replaced = {
            "dropout_mask": keep,
            "dropout": lambda x, rate, key: x * keep(key, x.shape, rate, x.dtype),
            "uniform": lambda key, shape, dtype: draws.uniform(shape, bytes(key)).astype(dtype),
            "normal": lambda key, shape, dtype: draws.normal(shape, bytes(key)).astype(dtype),
            "truncated_normal": lambda key, shape, dtype: draws.truncated_normal(
                shape, bytes(key)
            ).astype(dtype),
        }
        vars(kernels).update(replaced)
        try:
            yield draws
        finally:
            kernels.clear_cache()

"""minicnn in float32 on its fast backend."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

import minicnn
from compare.libraries.library import Draws, Library
from minicnn.autodiff import GradientTape, Tensor
from minicnn.backend import kernels


class MiniCNN(Library):
    """minicnn as its users run it."""

    keras = minicnn

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held: bool = False,
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

    @contextlib.contextmanager
    def shared_draws(self) -> Iterator[Draws]:
        """The kernels that draw are replaced, so that minicnn's own operations still run."""
        draws = Draws()

        def keep(key: Any, shape: Any, rate: float, dtype: Any) -> np.ndarray:
            kept = draws.uniform(shape, np.asarray(key).tobytes()) >= np.float32(rate)
            return kept.astype(dtype) / np.asarray(1 - rate, dtype)

        replaced = {
            "dropout_mask": keep,
            "dropout": lambda x, rate, key: x * keep(key, x.shape, rate, x.dtype),
            "uniform": lambda key, shape, dtype: draws.uniform(shape, bytes(key)).astype(dtype),
            "normal": lambda key, shape, dtype: draws.normal(shape, bytes(key)).astype(dtype),
        }
        vars(kernels).update(replaced)
        try:
            yield draws
        finally:
            kernels.clear_cache()

"""Real Keras on JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from compare.libraries.keras import Keras


class Jax(Keras):
    """Keras on JAX, with gradients by `jax.vjp` of the stateless function."""

    def differentiate(
        self,
        function: Callable[..., list],
        inputs: Sequence[np.ndarray],
        variables: Sequence[Any],
        cotangents: Sequence[np.ndarray],
        held_constant: bool = False,
    ) -> list[np.ndarray | None]:
        """The gradients; zeros where an output does not depend on an input."""

        def stateless(points: list, values: list) -> list:
            state = list(zip(variables, values, strict=True))
            with self.keras.StatelessScope(state_mapping=state):
                return function(*points)

        points = [jnp.asarray(x) for x in inputs]
        outputs, pull_back = jax.vjp(stateless, points, [v.value for v in variables])
        seeds = [jnp.asarray(c, y.dtype) for c, y in zip(cotangents, outputs, strict=True)]
        to_inputs, to_variables = pull_back(seeds)
        return [np.asarray(g) for g in [*to_inputs, *to_variables]]

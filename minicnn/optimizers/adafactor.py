"""Adafactor."""

from __future__ import annotations

from typing import Any

from minicnn import ops
from minicnn.optimizers.optimizer import Optimizer, settings_of


class Adafactor(Optimizer):
    """Adam without momentum that keeps, of a matrix of mean squares, the rows' and columns' means.

    A matrix then needs memory for its rows and columns only.

    β = 1 − t^d,  s = g² + ε₁,
    r ← β r + (1 − β) mean(s, columns),  c ← β c + (1 − β) mean(s, rows),
    v = r cᵀ / mean(r),  u = g / √v,  u ← u / max(1, rms(u) / clip_threshold),
    w ← w − max(ε₂, rms(w)) · min(lr, 1/√t) · u.

    Source: Shazeer and Stern, "Adafactor: adaptive learning rates with sublinear memory cost"
    (2018), algorithms 4 and 5. Of weights with more than two axes the last two are the matrix.

    Args:
        learning_rate: lr.
        beta_2_decay: d, negative.
        epsilon_1: ε₁, keeps v from 0.
        epsilon_2: ε₂, keeps the steps of small weights from 0.
        clip_threshold: the largest root mean square of u.
        relative_step: kept for Keras's files; as in Keras, min(lr, 1/√t) is taken in any case.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **shared: Any,
    ):
        super().__init__(learning_rate, **shared)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes r, c and v for each variable."""
        super().build(var_list)
        self._r, self._c, self._v = [], [], []
        for variable in self._trainable_variables:
            # Files of Keras have a whole number in the place of a vector's r and c.
            shapes, dtype = ((), ()), "int32"
            if variable.ndim > 1:
                shape, dtype = variable.shape, variable.dtype
                shapes = (shape[:-1], shape[:-2] + shape[-1:])
            for means, shape in zip((self._r, self._c), shapes, strict=True):
                means.append(self.add_variable(shape, dtype=dtype, name=variable.name))
            self._v.append(self.add_variable_from_reference(variable, "velocity"))

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        t, g = int(self.iterations) + 1, ops.cast(gradient, variable.dtype)
        rate = min(float(learning_rate), t**-0.5)
        self._update_mean_squares(
            variable, ops.square(g) + self.epsilon_1, 1 - t**self.beta_2_decay
        )
        u = g / ops.sqrt(self._v[self._get_variable_index(variable)])
        u = u / ops.maximum(_rms(u) / self.clip_threshold, 1)
        variable.assign(variable - ops.maximum(_rms(variable), self.epsilon_2) * rate * u)

    def _update_mean_squares(self, variable: Any, squares: Any, beta: float) -> None:
        i = self._get_variable_index(variable)
        r, c, v = self._r[i], self._c[i], self._v[i]
        if variable.ndim < 2:
            v.assign(beta * v + (1 - beta) * squares)
            return
        r.assign(beta * r + (1 - beta) * ops.mean(squares, axis=-1))
        c.assign(beta * c + (1 - beta) * ops.mean(squares, axis=-2))
        share = r / ops.mean(r, axis=-1, keepdims=True)
        v.assign(ops.expand_dims(share, -1) * ops.expand_dims(c, -2))


def _rms(x: Any) -> Any:
    """The root of the mean square."""
    return ops.sqrt(ops.mean(ops.square(x)))

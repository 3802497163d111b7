"""What no combination of branches explains of the difference of two steps.

Of each unit at a kink, each library takes one branch or the other, or a derivative between them.
So the difference of two right libraries is, but for rounding, Σ c_u D_u with −1 ≤ c_u ≤ 1, where
D_u is how the other branch of the unit u changes the step. The c_u are fitted to all quantities
together, by bounded least squares. A difference of one quantity alone remains, however many units
there are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
from scipy.optimize import lsq_linear

NEGLIGIBLE = 1e-12  # of the largest eigenvalue: a direction that others combine to


class Fit:
    """Fits directions `[unit][quantity]` to `found − wanted`, relative to their limits.

    The limits `(quantities, 2)` are of the norm of a difference, and of its part along the wanted
    change, as in `step.measure`. Only the products of the arrays with each other are kept, so that
    the fit of another multiple of `found` is fast.
    """

    def __init__(
        self,
        directions: Sequence[Sequence[np.ndarray]],
        found: Sequence[np.ndarray],
        wanted: Sequence[np.ndarray],
        limits: np.ndarray,
    ):
        self._units = len(directions)
        rows = [
            np.stack([*(d[q].ravel() for d in directions), (a - b).ravel(), a.ravel()])
            for q, (a, b) in enumerate(zip(found, wanted, strict=True))
        ]
        self._products = np.array([r @ r.T for r in rows])
        lengths = [np.linalg.norm(b) for b in wanted]
        self._unchanged = np.array(lengths) == 0
        self._along = np.array(
            [r @ b.ravel() / (n or 1) for r, b, n in zip(rows, wanted, lengths, strict=True)]
        )
        with np.errstate(divide="ignore"):
            norm, along = np.where(limits > 0, 1 / limits**2, 0).T[..., None, None]
        self._costs = self._products * norm
        self._costs += self._along[:, :, None] * self._along[:, None, :] * along
        self._root = _square_root(self._costs[:, : self._units, : self._units].sum(0))

    def distances(self, which: Collection[int] = (), factor: float = 1.0) -> np.ndarray:
        """The `step.measure` of what remains if the quantities `which` of `found` are multiplied.

        Shape `(quantities, 2)`.
        """
        multiplied = np.zeros(len(self._products))
        multiplied[list(which)] = factor - 1
        weights = np.empty((len(multiplied), self._units + 2))
        weights[:, -2], weights[:, -1] = 1, multiplied
        weights[:, :-2] = -self._shares(multiplied)
        squares = np.einsum("qi,qij,qj->q", weights, self._products, weights)
        norms = np.sqrt(np.maximum(squares, 0))
        along = np.abs((weights * self._along).sum(1))
        return np.stack([norms, np.where(self._unchanged, norms, along)], axis=1)

    def _shares(self, multiplied: np.ndarray) -> np.ndarray:
        """The c_u that fit best."""
        if not self._units:
            return np.zeros(0)
        wanted = self._costs[:, : self._units, -2].sum(0)
        wanted = wanted + multiplied @ self._costs[:, : self._units, -1]
        values, vectors = self._root
        matrix = np.sqrt(values)[:, None] * vectors.T
        return lsq_linear(matrix, vectors.T @ wanted / np.sqrt(values), (-1, 1), "bvls").x


def _square_root(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The eigenvalues that are not negligible, and their vectors."""
    if not matrix.size:
        return np.zeros(0), matrix
    values, vectors = np.linalg.eigh(matrix)
    kept = values > NEGLIGIBLE * values[-1]
    return values[kept], vectors[:, kept]

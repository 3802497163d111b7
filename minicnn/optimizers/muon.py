"""Muon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from minicnn import ops
from minicnn.autodiff import Variable
from minicnn.optimizers.adam import Adam
from minicnn.optimizers.clipping import global_norm
from minicnn.optimizers.optimizer import settings_of


class Muon(Adam):
    """Momentum for matrices, with steps made orthogonal, so that all directions move alike.

    M ← μ M + G,  O = NewtonSchulz(G + μ M),  W ← W − lr · rms_rate · √max(n, m) · O

    W is each matrix of n × m that is neither an embedding nor excluded. All other variables change
    by Adam's step.

    Sources: Jordan et al., "Muon: an optimizer for hidden layers in neural networks" (2024); for
    `rms_rate` and weight decay: Liu et al., "Muon is scalable for LLM training" (2025), §2.2.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> w = keras.Variable([[3.0, 0.0], [0.0, 1.0]])
        >>> muon = keras.optimizers.Muon(0.1, weight_decay=0.0, momentum=0.0, rms_rate=None)
        >>> muon.apply([[[5.0, 0.0], [0.0, 4.0]]], [w])  # both directions move by about 0.1
        >>> np.round(np.array(w, "float64"), 2).tolist()
        [[2.89, 0.0], [0.0, 0.91]]

    Args:
        learning_rate: lr.
        adam_beta_1: β₁ of Adam.
        adam_beta_2: β₂ of Adam.
        adam_weight_decay: the weight decay of variables that change by Adam's step.
        epsilon: ε of Adam.
        weight_decay: the weight decay of the matrices.
        exclude_layers: patterns; a variable with one of them in its path changes by Adam's step.
            It should name the last layer.
        exclude_embeddings: whether embeddings change by Adam's step.
        muon_a: a of the Newton-Schulz iteration.
        muon_b: b of it.
        muon_c: c of it.
        adam_lr_ratio: the learning rate of Adam's steps, as a multiple of lr.
        momentum: μ.
        ns_steps: the number of Newton-Schulz iterations.
        nesterov: whether O is made from G + μ M, else from M.
        rms_rate: see above; None leaves out `rms_rate · √max(n, m)`.
        **shared: the settings of every optimizer; see `Optimizer`.
    """

    def __init__(
        self,
        learning_rate: Any = 0.001,
        adam_beta_1: float = 0.9,
        adam_beta_2: float = 0.999,
        adam_weight_decay: float | None = 0.004,
        epsilon: float = 1e-7,
        weight_decay: float | None = 0.004,
        exclude_layers: Sequence[str] | None = None,
        exclude_embeddings: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.7750,
        muon_c: float = 2.0315,
        adam_lr_ratio: float = 1,
        momentum: float = 0.95,
        ns_steps: int = 5,
        nesterov: bool = True,
        rms_rate: float | None = 0.2,
        **shared: Any,
    ):
        super().__init__(
            learning_rate, adam_beta_1, adam_beta_2, epsilon, weight_decay=weight_decay, **shared
        )
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.exclude_layers = list(exclude_layers or ())
        self.exclude_embeddings = exclude_embeddings
        self.muon_a = muon_a
        self.muon_b = muon_b
        self.muon_c = muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    settings = settings_of(__init__)

    def build(self, var_list: Any) -> None:
        """Makes the momentum of each variable, and for Adam's step its velocity."""
        super(Adam, self).build(var_list)
        self._momentums, self._velocities = [], []
        for variable in var_list:
            adam = self._should_use_adamw(variable)
            self._momentums.append(self.add_variable_from_reference(variable, "momentum"))
            velocity = self.add_variable_from_reference(variable, "velocity") if adam else None
            self._velocities.append(velocity)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Changes one variable."""
        if self._velocities[self._get_variable_index(variable)] is not None:
            super().update_step(gradient, variable, float(learning_rate) * self.adam_lr_ratio)
            return
        lr, g = float(learning_rate), ops.cast(gradient, variable.dtype)
        m = self._momentums[self._get_variable_index(variable)]
        m.assign(self.momentum * m + g)
        u = g + self.momentum * m if self.nesterov else m.value
        o = self.zeropower_via_newtonschulz5(u, self.ns_steps)
        variable.assign(variable - self.lr_adjust(lr * o))

    def zeropower_via_newtonschulz5(self, x: Any, steps: int) -> Any:
        """A matrix with the singular vectors of `x` and singular values near 1.

        X ← a X + (b A + c A²) X, A = X Xᵀ, `steps` times, from X of norm 1.
        """
        a, b, c = self.muon_a, self.muon_b, self.muon_c
        tall = x.shape[-2] > x.shape[-1]
        x = ops.transpose(x) if tall else x
        x = x / ops.cast(global_norm([x]) + 1e-7, x.dtype)
        for _ in range(steps):
            A = x @ ops.transpose(x)
            x = a * x + (b * A + c * A @ A) @ x
        return ops.transpose(x) if tall else x

    def lr_adjust(self, x: Any) -> Any:
        """`rms_rate · √max(n, m) · x`: elements of about the size that Adam's steps have."""
        if self.rms_rate is None:
            return x
        return self.rms_rate * max(x.shape) ** 0.5 * x

    def _should_use_adamw(self, variable: Variable) -> bool:
        embedding = self.exclude_embeddings and "embedding" in variable.path.lower()
        excluded = any(re.search(pattern, variable.path) for pattern in self.exclude_layers)
        return len(variable.shape) != 2 or embedding or excluded

    def _apply_weight_decay(self, variables: list[Variable], learning_rate: Any) -> None:
        groups: dict[bool, list[Variable]] = {True: [], False: []}
        for variable in variables:
            groups[self._should_use_adamw(variable)].append(variable)
        self._decay(groups[True], self.adam_weight_decay, learning_rate)
        self._decay(groups[False], self.weight_decay, learning_rate)

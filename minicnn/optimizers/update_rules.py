"""Steps for all variables at once, by a kernel: faster than `update_step`, with the same results.

`Adam.update_rule` is `adam` of this file, and so on. The formulas are in the `update_step` of each
optimizer. `config.set_fusion(False)` switches all rules off, so that `update_step` is executed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minicnn import ops
from minicnn.autodiff import Tensor, Variable
from minicnn.backend import kernels
from minicnn.common import configuration


class UpdateRule(NamedTuple):
    """A kernel's step for many variables at once.

    Attributes:
        kernel: from the arrays of the variables, of their gradients and of each kind of state
            (a list of each), and the settings, to new arrays of the variables and of the state.
        state: for each kind of the optimizer's own variables a list, with one (or None) for each
            of the model's.
        settings: numbers.
    """

    kernel: Callable
    state: tuple[list, ...]
    settings: tuple


def sgd(optimizer: Any, learning_rate: Any) -> UpdateRule:
    """What `SGD.update_step` computes."""
    lr = float(learning_rate)
    if not optimizer.momentum:
        return UpdateRule(kernels.sgd_steps, (), (lr,))
    settings = (lr, optimizer.momentum, optimizer.nesterov)
    return UpdateRule(kernels.momentum_steps, (optimizer.momentums,), settings)


def adam(optimizer: Any, learning_rate: Any) -> UpdateRule:
    """What `Adam.update_step` computes."""
    beta_1, beta_2, t = optimizer.beta_1, optimizer.beta_2, int(optimizer.iterations) + 1
    alpha = float(learning_rate) * (1 - beta_2**t) ** 0.5 / (1 - beta_1**t)
    state = (optimizer._momentums, optimizer._velocities)
    settings = (alpha, beta_1, beta_2, optimizer.epsilon)
    if optimizer.amsgrad:
        return UpdateRule(kernels.amsgrad_steps, (*state, optimizer._velocity_hats), settings)
    return UpdateRule(kernels.adam_steps, state, settings)


def rmsprop(optimizer: Any, learning_rate: Any) -> UpdateRule:
    """What `RMSprop.update_step` computes."""
    nothing = [None] * len(optimizer._velocities)
    state = (
        optimizer._velocities,
        optimizer._average_gradients if optimizer.centered else nothing,
        optimizer._momentums if optimizer.momentum > 0 else nothing,
    )
    settings = (float(learning_rate), optimizer.rho, optimizer.momentum, optimizer.epsilon)
    return UpdateRule(kernels.rmsprop_steps, state, settings)


def replaces_step(optimizer: Any) -> bool:
    """Whether the optimizer has a rule, made for the `update_step` that it has, and may use it."""
    cls = type(optimizer)
    return cls.update_step is cls.accelerated_step and configuration.fusion()


def update_all(
    optimizer: Any, grads: list[Any], variables: list[Variable], learning_rate: Any
) -> None:
    """Changes all variables by the optimizer's rule."""
    kernel, state, settings = optimizer.update_rule(learning_rate)
    places = [optimizer._get_variable_index(variable) for variable in variables]
    columns = [variables, *([kind[i] for i in places] for kind in state)]
    weights, *others = (
        [None if v is None else v.snapshot().array for v in column] for column in columns
    )
    gradients = [_array_like(g, w) for g, w in zip(grads, weights, strict=True)]
    results = kernel(weights, gradients, *others, *settings)
    for column, arrays in zip(columns, results if state else [results], strict=True):
        for variable, array in zip(column, arrays, strict=True):
            if variable is not None:
                variable.replace(np.asarray(array))


def decay(variables: list[Variable], share: float) -> None:
    """`w ← w − share · w` for all variables."""
    decayed = kernels.decay_steps([v.snapshot().array for v in variables], share)
    for variable, array in zip(variables, decayed, strict=True):
        variable.assign(Tensor(np.asarray(array)))


def _array_like(gradient: Any, array: np.ndarray) -> np.ndarray:
    """The gradient as an array, of the type of another one."""
    if not isinstance(gradient, Tensor):
        gradient = ops.convert_to_tensor(gradient)
    return gradient.array.astype(array.dtype, copy=False)

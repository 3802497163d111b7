"""One step of each optimizer, from the old arrays to new arrays.

The old arrays stay unchanged, so a step that fails can be undone. Settings are Python or NumPy
numbers; they are rounded to the parameter's type first.

`adam_step` is for one parameter. `adam_steps` is the same for many: lists of arrays in, lists of
arrays out. `backend/numba` computes all of them by one compiled function.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray


def for_each(step: Callable, arrays: int) -> Callable:
    """Makes of `step`, for one parameter, the function for many parameters.

    The first `arrays` arguments of `step` are arrays, the others settings; the result takes a list
    for each array. It returns one list, or several if `step` returns several arrays. An array that
    is not used is None for all parameters.
    """

    def steps(*lists_and_settings) -> list[Array] | tuple[list[Array | None], ...]:
        lists, settings = lists_and_settings[:arrays], lists_and_settings[arrays:]
        results = [step(*row, *settings) for row in zip(*lists, strict=True)]
        if results and isinstance(results[0], tuple):
            return tuple(list(column) for column in zip(*results, strict=True))
        return results

    return steps


def decay_step(parameter: Array, rate: float) -> Array:
    """`w ← w − rate · w`: weight decay apart from the gradient (decoupled)."""
    return parameter - parameter.dtype.type(rate) * parameter


def sgd_step(parameter: Array, gradient: Array, learning_rate: float) -> Array:
    """`w ← w - lr · g`."""
    return parameter - parameter.dtype.type(learning_rate) * gradient


def momentum_step(
    parameter: Array,
    gradient: Array,
    velocity: Array,
    learning_rate: float,
    momentum: float,
    nesterov: bool = False,
) -> tuple[Array, Array]:
    """`v ← momentum · v - lr · g`, then `w ← w + v`; returns `(w, v)`.

    With `nesterov` (Nesterov's momentum): `w ← w + momentum · v - lr · g` with the new `v`.
    Source: Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in
    deep learning" (2013), eq. 1-4.
    """
    momentum = parameter.dtype.type(momentum)
    step = parameter.dtype.type(learning_rate) * gradient
    velocity = momentum * velocity - step
    if nesterov:
        return parameter + (momentum * velocity - step), velocity
    return parameter + velocity, velocity


def adam_step(
    parameter: Array,
    gradient: Array,
    momentum: Array,
    velocity: Array,
    alpha: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> tuple[Array, Array, Array]:
    """`m ← m + (g - m)(1 - β₁)`, `v ← v + (g² - v)(1 - β₂)`, `w ← w - α · m / (√v + ε)`.

    Returns `(w, m, v)`. `alpha = lr · √(1 - β₂ᵗ) / (1 - β₁ᵗ)` contains the bias correction, so ε
    is outside of it: the efficient form at the end of section 2 of Kingma, Ba, "Adam" (2015).
    """
    momentum, velocity = _adam_moments(gradient, momentum, velocity, beta_1, beta_2)
    return _adam_move(parameter, momentum, velocity, alpha, epsilon), momentum, velocity


def amsgrad_step(
    parameter: Array,
    gradient: Array,
    momentum: Array,
    velocity: Array,
    largest: Array,
    alpha: float,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> tuple[Array, Array, Array, Array]:
    """AMSGrad: Adam with the largest `v` so far in the step; returns `(w, m, v, largest)`.

    Source: Reddi, Kale, Kumar, "On the convergence of Adam and beyond" (2018), algorithm 2.
    """
    momentum, velocity = _adam_moments(gradient, momentum, velocity, beta_1, beta_2)
    largest = np.maximum(largest, velocity)
    return _adam_move(parameter, momentum, largest, alpha, epsilon), momentum, velocity, largest


def rmsprop_step(
    parameter: Array,
    gradient: Array,
    velocity: Array,
    average: Array | None,
    momentum: Array | None,
    learning_rate: float,
    rho: float,
    momentum_rate: float,
    epsilon: float,
) -> tuple[Array, Array, Array | None, Array | None]:
    """`v ← ρ v + (1 - ρ) g²`, `w ← w - lr · g / √(v + ε)`; returns `(w, v, average, momentum)`.

    With `average` (centered) `a ← ρ a + (1 - ρ) g`, and the step has the variance `v - a²` in
    place of `v`. With `momentum` the step is `m ← momentum_rate · m + lr · g / √(...)`, `w ← w -
    m`. Source: Hinton, "Neural networks for machine learning" (2012), lecture 6e; Graves,
    "Generating sequences with recurrent neural networks" (2013), eq. 38-45, for the centered form.
    """
    number = parameter.dtype.type
    rho, one_minus_rho = number(rho), number(1 - rho)
    velocity = rho * velocity + one_minus_rho * gradient * gradient
    spread = velocity
    if average is not None:
        average = rho * average + one_minus_rho * gradient
        spread = velocity - average * average
    step = number(learning_rate) * gradient / np.sqrt(spread + number(epsilon))
    if momentum is not None:
        step = momentum = number(momentum_rate) * momentum + step
    return parameter - step, velocity, average, momentum


def _adam_moments(
    gradient: Array, momentum: Array, velocity: Array, beta_1: float, beta_2: float
) -> tuple[Array, Array]:
    number = momentum.dtype.type
    momentum = momentum + (gradient - momentum) * number(1 - beta_1)
    velocity = velocity + (gradient * gradient - velocity) * number(1 - beta_2)
    return momentum, velocity


def _adam_move(
    parameter: Array, momentum: Array, velocity: Array, alpha: float, epsilon: float
) -> Array:
    number = parameter.dtype.type
    return parameter - number(alpha) * momentum / (np.sqrt(velocity) + number(epsilon))


sgd_steps = for_each(sgd_step, 2)
momentum_steps = for_each(momentum_step, 3)
adam_steps = for_each(adam_step, 4)
amsgrad_steps = for_each(amsgrad_step, 5)
rmsprop_steps = for_each(rmsprop_step, 5)
decay_steps = for_each(decay_step, 1)

"""One step of each optimizer: old arrays in, NEW arrays out, so that a step can be taken back.

Settings are Python or NumPy numbers; they are rounded to the parameter's type first.

`adam_step` is for one parameter. `adam_steps` is the same for many: lists of arrays in, lists of
arrays out. `backend/numba` does them all at once.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray


def for_each(step: Callable, arrays: int) -> Callable:
    """`step`, which takes so many arrays and then settings, for many parameters.

    An array may be None for all of them. Where `step` gives several arrays, so do the lists.
    """

    def steps(*lists_and_settings) -> list[Array] | tuple[list[Array | None], ...]:
        lists, settings = lists_and_settings[:arrays], lists_and_settings[arrays:]
        results = [step(*row, *settings) for row in zip(*lists, strict=True)]
        if results and isinstance(results[0], tuple):
            return tuple(list(column) for column in zip(*results, strict=True))
        return results

    return steps


def decay_step(parameter: Array, share: float) -> Array:
    """`w ← w − share · w`, weight decay that stands beside the gradient."""
    return parameter - parameter.dtype.type(share) * parameter


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

    With `nesterov` the step looks ahead: `w ← w + momentum · v - lr · g` with the new `v`.
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

    Returns `(w, m, v)`. `alpha = lr · √(1 - β₂ᵗ) / (1 - β₁ᵗ)` carries the bias correction, so ε
    stands outside it: the efficient form that ends section 2 of Kingma, Ba, "Adam" (2015).
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
    """Adam that divides by the largest `v` so far; returns `(w, m, v, largest)`.

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

    With `average` (centered) `a ← ρ a + (1 - ρ) g`, and `v - a²`, the variance, stands for `v` in
    the step. With `momentum` the step is `m ← momentum_rate · m + lr · g / √(...)`, `w ← w - m`.
    Source: Hinton, "Neural networks for machine learning" (2012), lecture 6e; Graves, "Generating
    sequences with recurrent neural networks" (2013), eq. 38-45, for the centered form.
    """
    number = parameter.dtype.type
    rho, fresh = number(rho), number(1 - rho)
    velocity = rho * velocity + fresh * gradient * gradient
    spread = velocity
    if average is not None:
        average = rho * average + fresh * gradient
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

"""Learning rates that depend on the step."""

from __future__ import annotations

import math


def exponential(initial_learning_rate, decay_steps, decay_rate, staircase=False, name=None):
    """The rate · decay_rate^(step / decay_steps); in stairs, of whole exponents."""

    def rate(step):
        part = step / decay_steps
        return initial_learning_rate * decay_rate ** (math.floor(part) if staircase else part)

    return rate


def inverse_time(initial_learning_rate, decay_steps, decay_rate, staircase=False, name=None):
    """The rate / (1 + decay_rate · step / decay_steps)."""

    def rate(step):
        part = step / decay_steps
        return initial_learning_rate / (1 + decay_rate * (math.floor(part) if staircase else part))

    return rate


def polynomial(
    initial_learning_rate,
    decay_steps,
    end_learning_rate=0.0001,
    power=1.0,
    cycle=False,
    name=None,
):
    """From one rate to the other, as (1 − step / decay_steps)^power; a cycle begins again."""

    def rate(step):
        length = decay_steps * (max(1, math.ceil(step / decay_steps)) if cycle else 1)
        left = 1 - min(step, length) / length
        return (initial_learning_rate - end_learning_rate) * left**power + end_learning_rate

    return rate


def piecewise_constant(boundaries, values, name=None):
    """The first value up to and with the first boundary, then the second, ..."""

    def rate(step):
        return values[sum(step > boundary for boundary in boundaries)]

    return rate


def cosine(
    initial_learning_rate, decay_steps, alpha=0.0, warmup_target=None, warmup_steps=0, name=None
):
    """A straight warm-up, then half a wave of the cosine down to the part alpha."""
    top = initial_learning_rate if warmup_target is None else warmup_target

    def rate(step):
        if warmup_target is not None and step < warmup_steps:
            return initial_learning_rate + (top - initial_learning_rate) * step / warmup_steps
        step = step - warmup_steps if warmup_target is not None else step
        wave = 0.5 * (1 + math.cos(math.pi * min(step / decay_steps, 1)))
        return top * ((1 - alpha) * wave + alpha)

    return rate


def cosine_restarts(
    initial_learning_rate, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name=None
):
    """Half waves of the cosine, each t_mul times as long and m_mul times as high as before."""

    def rate(step):
        start, length, height = 0, first_decay_steps, 1.0
        while step >= start + length:
            start, length, height = start + length, length * t_mul, height * m_mul
        wave = 0.5 * height * (1 + math.cos(math.pi * (step - start) / length))
        return initial_learning_rate * ((1 - alpha) * wave + alpha)

    return rate


DEFINITIONS = {
    "schedules.CosineDecay": cosine,
    "schedules.CosineDecayRestarts": cosine_restarts,
    "schedules.ExponentialDecay": exponential,
    "schedules.InverseTimeDecay": inverse_time,
    "schedules.PiecewiseConstantDecay": piecewise_constant,
    "schedules.PolynomialDecay": polynomial,
}

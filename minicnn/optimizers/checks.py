"""Errors for settings and gradients that no optimizer can use."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from minicnn import ops
from minicnn.autodiff import Variable


def check_unknown(settings: dict[str, Any]) -> None:
    """Refuse settings that nobody knows; `decay`, which Keras once had, is only warned about."""
    if settings.pop("decay", None) is not None:
        warnings.warn(
            "Argument `decay` is no longer supported and will be ignored. "
            "Use a schedule of `keras.optimizers.schedules` as `learning_rate`.",
            stacklevel=4,
        )
    if settings:
        hint = " The learning rate is called `learning_rate`." if "lr" in settings else ""
        raise ValueError(f"Argument(s) not recognized: {settings}.{hint}")


def check_learning_rate(learning_rate: Any) -> None:
    """Refuse what is neither a float nor a function."""
    if not (isinstance(learning_rate, float) or callable(learning_rate)):
        raise ValueError(
            "Argument `learning_rate` should be float, or an instance of LearningRateSchedule, or "
            "a callable that takes no arguments and returns the learning rate. "
            f"Received instead: learning_rate={learning_rate} "
            f"(of type {type(learning_rate).__name__})"
        )


def check_clipping(**settings: Any) -> None:
    """Refuse two ways to clip at once."""
    given = {name: value for name, value in settings.items() if value is not None}
    if len(given) > 1:
        raise ValueError(
            "Only one of `clipnorm`, `clipvalue` and `global_clipnorm` can be set. Received: "
            + ", ".join(f"{name}={value}" for name, value in given.items())
        )


def check_averaging(momentum: float, frequency: int | None) -> None:
    """Refuse a moving average that could not move."""
    if not 0 <= momentum <= 1:
        raise ValueError(
            f"`ema_momentum` must be in the range [0, 1]. Received: ema_momentum={momentum}"
        )
    if frequency and (not isinstance(frequency, int) or frequency < 1):
        raise ValueError(
            "`ema_overwrite_frequency` must be an integer >= 1 or None. "
            f"Received: ema_overwrite_frequency={frequency}"
        )


def check_accumulation(steps: int | None) -> None:
    """Refuse to accumulate over less than two steps."""
    if steps and (not isinstance(steps, (int, np.integer)) or steps < 2):
        raise ValueError(
            "`gradient_accumulation_steps` must be an integer >= 2. "
            f"Received: gradient_accumulation_steps={steps}"
        )


def without_missing(
    gradients: Sequence[Any], variables: Sequence[Variable]
) -> tuple[list[Any], list[Variable]]:
    """The gradients as tensors, and their variables, leaving out those that have no gradient."""
    pairs = [
        (ops.convert_to_tensor(gradient), variable)
        for gradient, variable in zip(gradients, variables, strict=True)
        if gradient is not None
    ]
    missing = [v.path for g, v in zip(gradients, variables, strict=True) if g is None]
    if not pairs:
        raise ValueError(
            f"No gradients provided for any variable. The variables are {missing}. "
            "Does the loss depend on them, and was it computed inside the GradientTape?"
        )
    if missing:
        warnings.warn(
            f"Gradients do not exist for variables {missing} when minimizing the loss. "
            "If using `model.compile()`, did you forget to provide a `loss` argument?",
            stacklevel=4,
        )
    for gradient, variable in pairs:
        if gradient.shape != variable.shape:
            raise ValueError(
                f"The gradient for the variable {variable.path} has shape {gradient.shape}, but "
                f"the variable has shape {variable.shape}. Give the gradients in the order of the "
                "variables."
            )
    return [gradient for gradient, _ in pairs], [variable for _, variable in pairs]

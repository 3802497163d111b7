"""Cases of optimizers: name, settings. Each updates the same three weights, same gradients.

The weights are small, as their rounding hides what is smaller in the updates; one begins so close
to zero that its rounding hides nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from compare.cases.case import Case, LibraryObject
from compare.cases.values import scaled

WEIGHTS = (scaled(0.01), scaled(1e-6, 7), scaled(0.01, 2, 3, 4))
MATRICES = (scaled(0.01, 7), scaled(0.01, 5, 3), scaled(0.01, 4, 6))
SGD = LibraryObject("optimizers.SGD", {"learning_rate": 0.5, "name": "slow"})
ADAM = LibraryObject("optimizers.Adam", {"learning_rate": 0.1, "name": "fast"})
RATE = "optimizers.schedules."


def optimizer(name: str, **settings: Any) -> Case:
    """A case of an optimizer."""
    return Case("optimizers", name, WEIGHTS, {"name": "case", **settings})


def muon(**settings: Any) -> Case:
    """A case of Muon, which treats matrices differently from other weights."""
    return replace(optimizer("Muon", **settings), inputs=MATRICES)


def several(**settings: Any) -> Case:
    """A case of two optimizers, one of them for the second weight."""
    choice = {"default_optimizer": SGD, "optimizer_map": {".*weight1": ADAM}}
    chosen = LibraryObject("optimizers.OptimizerMap", choice)
    return optimizer("MultiOptimizer", optimizer_map=chosen, **settings)


def schedule(name: str, **settings: Any) -> Case:
    """A case of a learning rate schedule, tested by the steps of SGD with it."""
    return optimizer("SGD", learning_rate=LibraryObject(f"{RATE}{name}", settings))


CASES = [
    optimizer("SGD"),
    optimizer("SGD", learning_rate=0.1, momentum=0.9),
    optimizer("SGD", learning_rate=0.1, momentum=0.9, nesterov=True),
    optimizer("SGD", clipnorm=0.5),
    optimizer("SGD", clipvalue=0.25),
    optimizer("SGD", global_clipnorm=2.0),
    optimizer("SGD", weight_decay=0.1),
    optimizer("SGD", use_ema=True, ema_momentum=0.8),
    optimizer("SGD", use_ema=True, ema_overwrite_frequency=3),
    optimizer("SGD", gradient_accumulation_steps=3),
    optimizer("Adam"),
    optimizer("Adam", learning_rate=0.1, beta_2=0.99, amsgrad=True),
    optimizer("Adam", beta_1=0.5, beta_2=0.7, epsilon=0.1),
    optimizer("Adam", weight_decay=0.1, clipnorm=1.0),
    optimizer("Adam", gradient_accumulation_steps=2),
    optimizer("AdamW"),
    optimizer("AdamW", learning_rate=0.02, weight_decay=0.1),
    optimizer("RMSprop"),
    optimizer("RMSprop", learning_rate=0.01, momentum=0.9),
    optimizer("RMSprop", rho=0.5, momentum=0.5, centered=True),
    optimizer("Adagrad"),
    optimizer("Adagrad", learning_rate=0.1, initial_accumulator_value=0.0),
    optimizer("Adadelta", learning_rate=1.0),
    optimizer("Adamax", learning_rate=0.1),
    optimizer("Nadam", learning_rate=0.1, beta_1=0.9, beta_2=0.99),
    optimizer("Ftrl", learning_rate=0.1),
    optimizer(
        "Ftrl",
        learning_rate=0.1,
        learning_rate_power=-0.7,
        l1_regularization_strength=0.1,
        l2_regularization_strength=0.2,
        l2_shrinkage_regularization_strength=0.05,
        beta=0.5,
    ),
    optimizer("Lion", learning_rate=0.01),
    optimizer("Lion", weight_decay=0.1),
    optimizer("Lamb", learning_rate=0.1),
    optimizer("Adafactor"),
    optimizer("Adafactor", learning_rate=0.1, beta_2_decay=-0.5, clip_threshold=0.7),
    optimizer("Adafactor", relative_step=False, learning_rate=0.1),
    optimizer(
        "LossScaleOptimizer", inner_optimizer=LibraryObject("optimizers.Adam", {"name": "inner"})
    ),
    muon(),
    muon(learning_rate=0.1, exclude_layers=["weight2"], nesterov=False),
    muon(learning_rate=0.1, momentum=0.5, ns_steps=2, rms_rate=None),
    optimizer("ScheduleFreeAdamW"),
    optimizer("ScheduleFreeAdamW", learning_rate=0.1, warmup_steps=4),
    optimizer("ScheduleFreeAdamW", beta_1=0.5, beta_2=0.7, epsilon=0.1, weight_decay=0.1),
    several(),
    several(loss_scale_factor=4.0),
    schedule("ExponentialDecay", initial_learning_rate=0.1, decay_steps=3, decay_rate=0.5),
    schedule(
        "ExponentialDecay", initial_learning_rate=0.1, decay_steps=3, decay_rate=0.5, staircase=True
    ),
    schedule("InverseTimeDecay", initial_learning_rate=0.1, decay_steps=3, decay_rate=0.5),
    schedule(
        "PolynomialDecay",
        initial_learning_rate=0.1,
        decay_steps=3,
        end_learning_rate=0.02,
        power=2.0,
    ),
    schedule("PolynomialDecay", initial_learning_rate=0.1, decay_steps=2, cycle=True),
    schedule("PiecewiseConstantDecay", boundaries=[2, 4], values=[0.1, 0.05, 0.01]),
    schedule("CosineDecay", initial_learning_rate=0.1, decay_steps=5, alpha=0.1),
    schedule(
        "CosineDecay",
        initial_learning_rate=0.0,
        decay_steps=3,
        warmup_target=0.1,
        warmup_steps=3,
    ),
    schedule("CosineDecayRestarts", initial_learning_rate=0.1, first_decay_steps=2, m_mul=0.8),
]

# The first steps after this number of steps, of which a training resumes or which it reaches late.
LATE = (10, 1000, 1_000_000)
OF_EACH = {
    name: {"learning_rate": 0.05}
    for name in "SGD Adam AdamW RMSprop Adagrad Adadelta Adamax Nadam Ftrl Lion Lamb".split()
}
OF_EACH["Nadam"]["beta_2"] = 0.99  # Keras computes 1 - beta_2 in float32, which takes digits
CASES += [
    replace(optimizer(name, **settings), call={"iterations": count})
    for name, settings in OF_EACH.items()
    for count in LATE
]
CASES += [
    replace(case, call={"iterations": 1000})
    for case in (
        optimizer("SGD", use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=4),
        optimizer("SGD", learning_rate=0.05, gradient_accumulation_steps=3),
        optimizer("Adafactor", learning_rate=0.05),
        schedule("CosineDecay", initial_learning_rate=0.1, decay_steps=1007, alpha=0.1),
        schedule("InverseTimeDecay", initial_learning_rate=0.1, decay_steps=300, decay_rate=0.5),
    )
]

"""Combinations of the arguments of optimizers and of learning rate schedules."""

from __future__ import annotations

from functools import partial

from compare.cases import pairwise
from compare.cases.case import Case, LibraryObject
from compare.cases.catalogue.optimizers import muon, optimizer, schedule

RATE = LibraryObject(
    "optimizers.schedules.InverseTimeDecay",
    {"initial_learning_rate": 0.05, "decay_steps": 2, "decay_rate": 0.5},
)
COMMON = {
    "learning_rate": [RATE],
    "weight_decay": [0.1],
    "clipnorm": [0.5],
    "clipvalue": [0.25],
    "global_clipnorm": [0.75],
    "use_ema": [True],
    "ema_momentum": [0.7],
    "ema_overwrite_frequency": [3],
    "loss_scale_factor": [4.0],
    "gradient_accumulation_steps": [3],
}
NEEDS = {"ema_momentum": "use_ema", "ema_overwrite_frequency": "use_ema"}
MOMENTS = {"beta_1": [0.6], "beta_2": [0.8], "epsilon": [0.05]}

OWN = {
    "SGD": {"momentum": [0.8], "nesterov": [True]},
    "Adam": {**MOMENTS, "amsgrad": [True]},
    "AdamW": {**MOMENTS, "amsgrad": [True]},
    "Adamax": MOMENTS,
    "Muon": {
        "adam_beta_1": [0.6],
        "adam_beta_2": [0.8],
        "adam_weight_decay": [0.2],
        "epsilon": [0.05],
        "exclude_layers": [["weight2"]],
        "muon_a": [3.4],
        "muon_b": [-4.7],
        "muon_c": [2.0],
        "adam_lr_ratio": [0.5],
        "momentum": [0.5],
        "ns_steps": [2],
        "nesterov": [False],
        "rms_rate": [None],
    },
    "ScheduleFreeAdamW": {**MOMENTS, "warmup_steps": [4]},
    "Nadam": {"beta_1": [0.6], "epsilon": [0.05]},
    "Lamb": MOMENTS,
    "Lion": {"beta_1": [0.6], "beta_2": [0.8]},
    "RMSprop": {"rho": [0.6], "momentum": [0.5], "epsilon": [0.05], "centered": [True]},
    "Adagrad": {"initial_accumulator_value": [0.5], "epsilon": [0.05]},
    "Adadelta": {"rho": [0.6], "epsilon": [0.05]},
    "Adafactor": {
        "beta_2_decay": [-0.5],
        "epsilon_1": [0.05],
        "epsilon_2": [2.0],
        "clip_threshold": [0.7],
        "relative_step": [False],
    },
    "Ftrl": {
        "learning_rate_power": [-0.7],
        "initial_accumulator_value": [0.5],
        "l1_regularization_strength": [0.1],
        "l2_regularization_strength": [0.2],
        "l2_shrinkage_regularization_strength": [0.05],
        "beta": [0.5],
    },
}
# Keras computes 1 - beta_2 in float32, which takes digits from Nadam's default, 0.999.
# Adafactor's relative step is smaller than the learning rate only if that is large.
# The defaults of Adadelta and Lamb change weights by less than their rounding shows.
ALWAYS = {
    "Nadam": {"beta_2": 0.99},
    "Adafactor": {"learning_rate": 0.9},
    "Adadelta": {"learning_rate": 1.0},
    "Lamb": {"learning_rate": 0.1},
}
SCHEDULES = {
    "ExponentialDecay": (
        {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5},
        {"staircase": [True]},
    ),
    "InverseTimeDecay": (
        {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5},
        {"staircase": [True]},
    ),
    "PolynomialDecay": (
        {"initial_learning_rate": 0.1, "decay_steps": 3, "end_learning_rate": 0.02},
        {"end_learning_rate": [0.01], "power": [2.0], "cycle": [True]},
    ),
    "CosineDecay": (
        {"initial_learning_rate": 0.05, "decay_steps": 4},
        {"alpha": [0.1], "warmup_target": [0.2], "warmup_steps": [2]},
    ),
    "CosineDecayRestarts": (
        {"initial_learning_rate": 0.1, "first_decay_steps": 2},
        {"t_mul": [1.5], "m_mul": [0.8], "alpha": [0.1]},
    ),
}


def _of_optimizers() -> list[Case]:
    return [
        (muon if name == "Muon" else partial(optimizer, name))(**{**ALWAYS.get(name, {}), **chosen})
        for name, own in OWN.items()
        for chosen in pairwise.settings(
            f"optimizers.{name}",
            {**COMMON, **own},
            {**NEEDS, **({"nesterov": "momentum"} if "nesterov" in own else {})},
        )
    ]


def _of_schedules() -> list[Case]:
    return [
        schedule(name, **(required | chosen))
        for name, (required, values) in SCHEDULES.items()
        for chosen in pairwise.settings(f"optimizers.schedules.{name}", values)
    ]


LOSS_SCALE = [
    optimizer(
        "LossScaleOptimizer",
        inner_optimizer=LibraryObject("optimizers.SGD", {"learning_rate": 2.0, "name": "inner"}),
        **chosen,
    )
    for chosen in pairwise.settings(
        "optimizers.LossScaleOptimizer", {"initial_scale": [64.0], "dynamic_growth_steps": [3]}
    )
]
CASES = [*_of_optimizers(), *_of_schedules(), *LOSS_SCALE]

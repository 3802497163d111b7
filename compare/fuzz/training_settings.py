"""Draws the loss, the labels, the metrics and the optimizer of a network."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st

from compare.cases.case import LibraryObject
from compare.fuzz.layer_settings import Draw, Shape, maybe


class Goal(NamedTuple):
    """A loss with its kind of labels and the activation that the output needs."""

    name: str
    labels: str
    head: str | None = None
    settings: dict[str, Any] = {}
    options: dict[str, Any] = {}
    classes: bool = False  # the last axis of the output has more than one entry
    by_row: bool = True  # each row has a loss, and may have a weight

    def loss(self, draw: Draw) -> LibraryObject:
        """The loss, with some settings."""
        return LibraryObject(f"losses.{self.name}", self.settings | maybe(draw, **self.options))


LOGITS = {"from_logits": True}
SMOOTH = {"label_smoothing": st.just(0.1)}
SUM = {"reduction": st.sampled_from(["sum", "mean", "mean_with_sample_weight"])}
GOALS = [
    Goal("MeanSquaredError", "numbers", options=SUM),
    Goal("MeanAbsoluteError", "numbers", options=SUM),
    Goal("Huber", "numbers", options={"delta": st.just(0.5)}),
    Goal("LogCosh", "numbers"),
    Goal("CosineSimilarity", "numbers", classes=True),
    Goal("MeanSquaredLogarithmicError", "positive", "softplus"),
    Goal("Poisson", "positive", "softplus"),
    Goal("Hinge", "signs"),
    Goal("SquaredHinge", "signs"),
    Goal("BinaryCrossentropy", "flags", None, LOGITS, SMOOTH | SUM),
    Goal("BinaryCrossentropy", "flags", "sigmoid", options=SMOOTH),
    Goal("BinaryFocalCrossentropy", "flags", "sigmoid"),
    Goal("Dice", "flags", "sigmoid", by_row=False),
    Goal("Tversky", "flags", "sigmoid", by_row=False),
    Goal("CategoricalCrossentropy", "one_hot", None, LOGITS, SMOOTH | SUM, classes=True),
    Goal("CategoricalCrossentropy", "one_hot", "softmax", {}, SMOOTH, classes=True),
    Goal("SparseCategoricalCrossentropy", "classes", None, LOGITS, SUM, classes=True),
    Goal("SparseCategoricalCrossentropy", "classes", "softmax", classes=True),
    Goal("CategoricalFocalCrossentropy", "one_hot", "softmax", classes=True),
    Goal("CategoricalHinge", "one_hot", classes=True),
    Goal("KLDivergence", "positive", "softmax", classes=True),
]


def goals(output: Shape) -> list[Goal]:
    """The goals that fit an output shape."""
    return [goal for goal in GOALS if output[-1] > 1 or not goal.classes]


MEAN_SQUARES = LibraryObject("metrics.MeanSquaredError")
MEAN_ERRORS = LibraryObject("metrics.MeanAbsoluteError")


def metrics(draw: Draw, goal: Goal, loss: LibraryObject) -> tuple[LibraryObject, ...]:
    """Metrics without kinks: one that knows no weights of rows, one that does; or none."""
    if draw(st.booleans()):
        return ()
    if goal.labels != "classes":
        return MEAN_ERRORS, MEAN_SQUARES
    logits = {k: v for k, v in loss.settings.items() if k == "from_logits"}
    names = {"name": "plain"}, {"name": "weighted"}
    return tuple(
        LibraryObject("metrics.SparseCategoricalCrossentropy", logits | name) for name in names
    )


COMMON = {
    "clipnorm": st.just(0.5),
    "clipvalue": st.just(0.1),
    "global_clipnorm": st.just(1.0),
}
BETAS = {"beta_1": st.just(0.5), "beta_2": st.just(0.9), "epsilon": st.just(1e-3)}
OPTIMIZERS = {
    "SGD": {"momentum": st.just(0.9), "nesterov": st.just(True)},
    "Adam": BETAS | {"amsgrad": st.just(True)},
    "RMSprop": {
        "rho": st.just(0.5),
        "momentum": st.just(0.5),
        "centered": st.just(True),
        "epsilon": st.just(1e-3),
    },
    "Adagrad": {"initial_accumulator_value": st.just(0.5), "epsilon": st.just(1e-2)},
    "AdamW": BETAS | {"weight_decay": st.just(0.1), "amsgrad": st.just(True)},
    "Nadam": BETAS,
    "Adamax": BETAS,
    "Adadelta": {"rho": st.just(0.5), "epsilon": st.just(1e-3)},
    "Ftrl": {
        "learning_rate_power": st.just(-0.75),
        "initial_accumulator_value": st.just(0.5),
        "l1_regularization_strength": st.just(0.05),
        "l2_regularization_strength": st.just(0.1),
        "l2_shrinkage_regularization_strength": st.just(0.1),
        "beta": st.just(0.1),
    },
    "Lion": {"beta_1": st.just(0.5), "beta_2": st.just(0.9)},
    "Lamb": BETAS,
    "Adafactor": {
        "beta_2_decay": st.just(-0.5),
        "epsilon_2": st.just(1e-2),
        "clip_threshold": st.just(0.5),
        "relative_step": st.just(False),
    },
}
RATES = st.sampled_from([0.01, 0.1])
SCHEDULES = {
    "ExponentialDecay": {"decay_steps": 3, "decay_rate": 0.5},
    "InverseTimeDecay": {"decay_steps": 2, "decay_rate": 0.5, "staircase": True},
    "PolynomialDecay": {"decay_steps": 7, "power": 2.0},
    "CosineDecay": {"decay_steps": 9, "alpha": 0.1, "warmup_target": 0.05, "warmup_steps": 4},
    "CosineDecayRestarts": {"first_decay_steps": 4, "m_mul": 0.5},
}
SHARED = {
    "weight_decay": st.just(0.01),
    "gradient_accumulation_steps": st.integers(2, 4),
    "loss_scale_factor": st.just(8.0),
}
SETS_IN_STEPS = ("gradient_accumulation_steps", "inner_optimizer")


def optimizer(draw: Draw, embedding: bool = False, plain: bool = True) -> LibraryObject:
    """An optimizer with some settings, at most one of them for clipping.

    Networks with an Embedding are trained by plain SGD: if a row of the Embedding occurs twice in a
    batch, optimizers of Keras on TensorFlow square and clip its two gradients, not their sum.
    `plain` says that half of the networks have only the settings of the optimizer itself.
    """
    if embedding:
        return LibraryObject("optimizers.SGD", {"learning_rate": draw(RATES)})
    name = draw(st.sampled_from(list(OPTIMIZERS)))
    settings = {"learning_rate": _rate(draw), **maybe(draw, **OPTIMIZERS[name])}
    if plain and draw(st.booleans()):
        return LibraryObject(f"optimizers.{name}", settings)
    clip = draw(st.sampled_from([None, *COMMON]))
    settings = maybe(draw, **SHARED) | _averaging(draw) | settings
    settings |= {clip: draw(COMMON[clip])} if clip else {}
    inner = LibraryObject(f"optimizers.{name}", settings)
    if "loss_scale_factor" in settings or draw(st.integers(0, 7)) < 7:
        return inner
    scaling = {"inner_optimizer": inner, "initial_scale": 64.0, "dynamic_growth_steps": 3}
    return LibraryObject("optimizers.LossScaleOptimizer", scaling)


def _averaging(draw: Draw) -> dict[str, Any]:
    """The settings of the moving average of the weights, or none."""
    if not draw(st.booleans()):
        return {}
    more = maybe(draw, ema_momentum=st.just(0.5), ema_overwrite_frequency=st.integers(1, 4))
    return {"use_ema": True} | more


def _rate(draw: Draw) -> Any:
    """A learning rate, seldom a schedule."""
    start = draw(RATES)
    if draw(st.integers(0, 4)) < 4:
        return start
    name = draw(st.sampled_from(list(SCHEDULES)))
    first = {"initial_learning_rate": start}
    return LibraryObject(f"optimizers.schedules.{name}", first | SCHEDULES[name])

"""Draws the loss, the labels and the optimizer of a network."""

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


COMMON = {
    "clipnorm": st.just(0.5),
    "clipvalue": st.just(0.1),
    "global_clipnorm": st.just(1.0),
}
OPTIMIZERS = {
    "SGD": {"momentum": st.just(0.9), "nesterov": st.just(True)},
    "Adam": {"beta_1": st.just(0.5), "amsgrad": st.just(True), "epsilon": st.just(1e-3)},
    "RMSprop": {"momentum": st.just(0.5), "centered": st.just(True)},
    "Adagrad": {"initial_accumulator_value": st.just(0.5)},
    "AdamW": {"weight_decay": st.just(0.1)},
    "Nadam": {"beta_1": st.just(0.5)},
    "Adamax": {"beta_2": st.just(0.9)},
    "Adadelta": {"rho": st.just(0.5)},
    "Ftrl": {"l2_regularization_strength": st.just(0.1)},
    "Lion": {"beta_1": st.just(0.5)},
    "Lamb": {},
    "Adafactor": {},
}
RATES = st.sampled_from([0.01, 0.1])
AVERAGED = {
    "weight_decay": st.just(0.01),
    "use_ema": st.just(True),
    "gradient_accumulation_steps": st.just(2),
}


def optimizer(draw: Draw, embedding: bool = False) -> LibraryObject:
    """An optimizer with some settings, at most one of them for clipping.

    Networks with an Embedding are trained by plain SGD: if a row of the Embedding occurs twice in a
    batch, optimizers of Keras on TensorFlow square and clip its two gradients, not their sum.
    """
    if embedding:
        return LibraryObject("optimizers.SGD", {"learning_rate": draw(RATES)})
    name = draw(st.sampled_from(list(OPTIMIZERS)))
    clip = draw(st.sampled_from([None, *COMMON]))
    settings = {"learning_rate": draw(RATES), **maybe(draw, **AVERAGED | OPTIMIZERS[name])}
    return LibraryObject(
        f"optimizers.{name}", settings | ({clip: draw(COMMON[clip])} if clip else {})
    )

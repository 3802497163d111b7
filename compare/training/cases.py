"""The list of trainings: a network and an optimizer each."""

from __future__ import annotations

from typing import Any, NamedTuple

from compare.cases.case import LibraryObject
from compare.cases.catalogue.known_differences import LINES
from minicnn import optimizers


class Case(NamedTuple):
    """A network and the optimizer that trains it."""

    network: str
    optimizer: LibraryObject

    @property
    def label(self) -> str:
        """The name in tables."""
        return f"{self.network}, {self.optimizer!r}"


def optimizer(name: str, **settings: Any) -> LibraryObject:
    """An optimizer. Most learning rates are far above the defaults: 200 steps change a lot."""
    return LibraryObject(f"optimizers.{name}", settings)


SCHEDULE = LibraryObject(
    "optimizers.schedules.CosineDecay", {"initial_learning_rate": 0.02, "decay_steps": 150}
)
CHOSEN = LibraryObject(
    "optimizers.OptimizerMap",
    {
        "default_optimizer": optimizer("SGD", learning_rate=0.1),
        "optimizer_map": {".*kernel": optimizer("Adam", learning_rate=0.01)},
    },
)
OPTIMIZERS = [
    optimizer("SGD", learning_rate=0.1),
    optimizer("SGD", learning_rate=0.02, momentum=0.9),
    optimizer("SGD", learning_rate=0.02, momentum=0.9, nesterov=True, weight_decay=0.01),
    optimizer("Adam"),
    optimizer("Adam", learning_rate=SCHEDULE),
    optimizer("Adam", learning_rate=0.01, amsgrad=True, beta_2=0.9),
    optimizer("Adam", learning_rate=0.01, clipnorm=0.1, use_ema=True, ema_overwrite_frequency=50),
    optimizer("AdamW", learning_rate=0.01, weight_decay=0.01),
    optimizer("Adamax", learning_rate=0.01),
    optimizer("Nadam", learning_rate=0.01),
    optimizer("RMSprop", learning_rate=0.003),
    optimizer("RMSprop", learning_rate=0.001, momentum=0.9, centered=True),
    optimizer("Adagrad", learning_rate=0.1),
    optimizer("Adadelta", learning_rate=1.0),
    optimizer("Adafactor", learning_rate=0.03),
    optimizer("Ftrl", learning_rate=0.1, l1_regularization_strength=1e-3, beta=0.1),
    optimizer("Lamb", learning_rate=0.01),
    optimizer("Lion", learning_rate=0.001, weight_decay=0.01),
    optimizer("Muon", learning_rate=0.01, exclude_layers=["dense_1"]),
    optimizer("ScheduleFreeAdamW", learning_rate=0.01, warmup_steps=50),
    optimizer("MultiOptimizer", optimizer_map=CHOSEN),
    optimizer("LossScaleOptimizer", inner_optimizer=optimizer("SGD", learning_rate=0.1)),
]
TRAINERS = [optimizer("Adam"), optimizer("SGD", learning_rate=0.01, momentum=0.9)]
NETWORKS = ("mlp", "convnet", "residual", "deep", "mobile")

ALL = [
    *(Case("tiny", each) for each in OPTIMIZERS),
    *(Case(network, each) for network in NETWORKS for each in TRAINERS),
]
QUICK = [
    *(Case("tiny", each) for each in {each.name: each for each in OPTIMIZERS}.values()),
    *(Case(network, TRAINERS[0]) for network in ("mlp", "convnet", "residual")),
]


def known_difference(case: Case, backend: str) -> str | None:
    """Why Keras on this backend is known to make other steps than the optimizer's definition."""
    known = {name: why for name, what, why in LINES[backend] if what == "update"}
    return known.get(case.optimizer.name)


def missing() -> list[str]:
    """The public optimizers that no training uses."""
    tried = {case.optimizer.name.rpartition(".")[2] for case in ALL}
    return sorted(
        name
        for name, value in vars(optimizers).items()
        if isinstance(value, type)
        and issubclass(value, optimizers.Optimizer)
        and name not in {"Optimizer", *tried}
    )

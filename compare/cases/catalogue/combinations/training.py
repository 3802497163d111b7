"""Combinations of the arguments of compile, fit, evaluate, predict and the steps on a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from compare.cases import pairwise
from compare.cases.case import Case, LibraryObject
from compare.cases.values import Values, apart, one_hot, whole, within

ROWS, MORE_ROWS = 11, 7  # of the training and of the validation; no multiples of the batch sizes


def thing(path: str, **settings: Any) -> LibraryObject:
    """An object of the library."""
    return LibraryObject(path, settings)


def program(name: str, model: str, arguments: Mapping[str, Any], **more: bool) -> Case:
    """The case of calls; `arguments` have the names `method:argument`."""
    calls: dict[str, dict[str, Any]] = {}
    for key, value in arguments.items():
        method, argument = key.split(":")
        calls.setdefault(method, {})[argument] = value
    described = {method: LibraryObject(f"Model.{method}", given) for method, given in calls.items()}
    settings = {"model": model, **described, **more}
    return Case("training", name, settings=settings)


def combined(
    model: str,
    always: Mapping[str, Any],
    values: Mapping[str, Sequence[Any]],
    needs: Mapping[str, str] | None = None,
) -> Iterator[Case]:
    """The cases of a model, in which each two values occur together."""
    for number, chosen in enumerate(pairwise.settings("Model", values, needs), 1):
        more = {name: chosen.pop(name) for name in ("saved", "frozen") if name in chosen}
        chosen |= chosen.pop("weights", {})
        if chosen.get("fit:shuffle"):  # the order is random: weights that stay can be compared
            chosen["compile:optimizer"] = STANDING
        yield program(f"{model}: combination {number}", model, {**always, **chosen}, **more)


def labels(values: Values) -> Values:
    """The values as labels or weights, which are not perturbed."""
    return values._replace(fixed=True)


STANDING = thing("optimizers.SGD", learning_rate=0.0, use_ema=True, ema_momentum=0.5)
SGD = thing("optimizers.SGD", learning_rate=0.25, momentum=0.5, use_ema=True, ema_momentum=0.5)
ADAM = thing(
    "optimizers.Adam", learning_rate=0.0625, epsilon=0.125, use_ema=True, ema_momentum=0.75
)
ACCUMULATING = thing(
    "optimizers.SGD",
    learning_rate=0.25,
    use_ema=True,
    ema_momentum=0.75,
    gradient_accumulation_steps=2,
)
RMSPROP = thing("optimizers.RMSprop", learning_rate=0.0625, epsilon=0.25)
SWAP = thing("callbacks.SwapEMAWeights")
CROSS_ENTROPY = thing("losses.SparseCategoricalCrossentropy", from_logits=True)
CLASS_WEIGHT = {0: 0.5, 1: 1.5, 2: 3.0}
SURPRISE = thing("metrics.SparseCategoricalCrossentropy", from_logits=True, name="surprise")
STOP = thing("callbacks.EarlyStopping", monitor="loss", min_delta=100.0, restore_best_weights=True)
REDUCE = thing(
    "callbacks.ReduceLROnPlateau", monitor="loss", factor=0.5, patience=1, min_delta=100.0
)

X, X_VALIDATION = apart(ROWS, 4), apart(MORE_ROWS, 4)
X_BATCH = apart(5, 4)
CLASSES, CLASSES_VALIDATION, CLASSES_BATCH = (whole(0, 3, n) for n in (ROWS, MORE_ROWS, 5))
WEIGHTS, WEIGHTS_VALIDATION, WEIGHTS_BATCH = (
    labels(within(0.25, 2.0, n)) for n in (ROWS, MORE_ROWS, 5)
)

CALLS = {
    "saved": [True],
    "compile:run_eagerly": [True],
    "compile:auto_scale_loss": [False],  # has an effect under a policy only, see UNDER_POLICY
    "fit:batch_size": [4],
    "evaluate:return_dict": [True],
    "train_on_batch:return_dict": [True],
    "test_on_batch:return_dict": [True],
    "compile:steps_per_execution": [2],
    "fit:validation_split": [0.25],
    "fit:validation_steps": [1],
    "fit:validation_batch_size": [2],
    "fit:validation_freq": [2, [1, 3]],
    "fit:initial_epoch": [1],
    "fit:steps_per_epoch": [2],
    "fit:callbacks": [STOP, REDUCE],
    "evaluate:batch_size": [3],
    "evaluate:steps": [2],
    "predict:batch_size": [4],
    "predict:steps": [1],
}
VALIDATION = apart(ROWS, 4), apart(MORE_ROWS, 4)
X_BATCH = apart(5, 4)
CLASSES, CLASSES_VALIDATION, CLASSES_BATCH = (whole(0, 3, n) for n in (ROWS, MORE_ROWS, 5))
WEIGHTS, WEIGHTS_VALIDATION, WEIGHTS_BATCH = (
    labels(within(0.25, 2.0, n)) for n in (ROWS, MORE_ROWS, 5)
)

EVERYWHERE = {
    "saved": [True],
    "compile:run_eagerly": [True],
    "compile:steps_per_execution": [2],
    "fit:batch_size": [4],
    "fit:validation_split": [0.25],
    "fit:validation_steps": [1],
    "fit:validation_batch_size": [2],
    "fit:validation_freq": [2, [1, 3]],
    "fit:initial_epoch": [1],
    "fit:steps_per_epoch": [2],
    "fit:callbacks": [STOP, REDUCE],
    "evaluate:batch_size": [3],
    "evaluate:steps": [2],
    "evaluate:return_dict": [True],
    "predict:batch_size": [4],
    "predict:steps": [1],
    "train_on_batch:return_dict": [True],
    "test_on_batch:return_dict": [True],
}
VALIDATION = "fit:validation_split fit:validation_data"
NEEDS = {
    **{f"fit:validation_{what}": VALIDATION for what in ("steps", "batch_size", "freq")},
    **{f"{method}:steps": f"{method}:batch_size" for method in ("evaluate", "predict")},
    "fit:steps_per_epoch": "fit:batch_size",
}
ONE_OUTPUT = combined(
    "one output",
    {
        "compile:optimizer": SGD,
        "compile:loss": CROSS_ENTROPY,
        "fit:x": X,
        "fit:y": CLASSES,
        "fit:epochs": 3,
        "fit:shuffle": False,
        "evaluate:x": X_VALIDATION,
        "evaluate:y": CLASSES_VALIDATION,
        "predict:x": X_VALIDATION,
        "train_on_batch:x": X_BATCH,
        "train_on_batch:y": CLASSES_BATCH,
        "test_on_batch:x": X_BATCH,
        "test_on_batch:y": CLASSES_BATCH,
    },
    {
        **CALLS,
        "compile:optimizer": [ADAM, ACCUMULATING],
        "compile:loss_weights": [[0.5]],
        "compile:metrics": [["accuracy", SURPRISE]],
        "compile:weighted_metrics": [["accuracy"], [SURPRISE]],
        "fit:validation_data": [
            (X_VALIDATION, CLASSES_VALIDATION),
            (X_VALIDATION, CLASSES_VALIDATION, WEIGHTS_VALIDATION),
        ],
        "fit:shuffle": [True, "batch"],
        "fit:class_weight": [CLASS_WEIGHT],
        "fit:sample_weight": [WEIGHTS],
        "evaluate:sample_weight": [WEIGHTS_VALIDATION],
        "evaluate:callbacks": [SWAP],
        "predict:callbacks": [SWAP],
        "train_on_batch:sample_weight": [WEIGHTS_BATCH],
        "train_on_batch:class_weight": [CLASS_WEIGHT],
        "test_on_batch:sample_weight": [WEIGHTS_BATCH],
    },
    NEEDS,
)

NUMBERS = {n: labels(apart(n, 3)) for n in (ROWS, MORE_ROWS, 5)}
CHOICES = {n: one_hot(n, 3) for n in (ROWS, MORE_ROWS, 5)}
SECOND = {n: labels(within(0.5, 3.0, n)) for n in (ROWS, MORE_ROWS, 5)}
FIRST = {ROWS: WEIGHTS, MORE_ROWS: WEIGHTS_VALIDATION, 5: WEIGHTS_BATCH}
ERROR, SQUARE = thing("metrics.MeanAbsoluteError"), thing("losses.MeanSquaredError")
CHOICE = thing("losses.CategoricalCrossentropy", label_smoothing=0.25)


def several(model: str, both: Any, values: Mapping[str, Sequence[Any]]) -> Iterator[Case]:
    """The cases of a model with two outputs; `both` makes a list or a dict of two things."""
    y, weights = (
        {n: both(a[n], b[n]) for n in a} for a, b in ((NUMBERS, CHOICES), (FIRST, SECOND))
    )
    return combined(
        model,
        {
            "compile:optimizer": RMSPROP,
            "compile:loss": both("mse", "categorical_crossentropy"),
            "fit:x": X,
            "fit:y": y[ROWS],
            "fit:epochs": 2,
            "fit:shuffle": False,
            "evaluate:x": X_VALIDATION,
            "evaluate:y": y[MORE_ROWS],
            "predict:x": X_VALIDATION,
            "train_on_batch:x": X_BATCH,
            "train_on_batch:y": y[5],
            "test_on_batch:x": X_BATCH,
            "test_on_batch:y": y[5],
        },
        {
            "saved": [True],
            "frozen": [True],
            "fit:batch_size": [4],
            "compile:loss": [both(SQUARE, CHOICE)],
            "compile:loss_weights": [both(0.25, 2.0)],
            "fit:validation_data": [(X_VALIDATION, y[MORE_ROWS], weights[MORE_ROWS])],
            "weights": [
                {
                    "fit:sample_weight": weights[ROWS],
                    "evaluate:sample_weight": weights[MORE_ROWS],
                    "train_on_batch:sample_weight": weights[5],
                    "test_on_batch:sample_weight": weights[5],
                }
            ],
            **values,
        },
    )


TWO_OUTPUTS = several(
    "two outputs",
    lambda a, b: [a, b],
    {
        "compile:metrics": [[["mae"], ["accuracy", "mse"]]],
        "compile:weighted_metrics": [["mse", None]],
    },
)
NAMED_OUTPUTS = several(
    "named outputs",
    lambda a, b: {"a": a, "b": b},
    {
        "compile:metrics": [{"b": ["accuracy", "mse"]}],
        "compile:weighted_metrics": [{"a": ERROR, "b": ["accuracy"]}],
    },
)


def stopping(callback: str, values: Mapping[str, Sequence[Any]], **always: Any) -> Iterator[Case]:
    """The cases of a callback that looks at losses, some of which rise again."""
    for number, chosen in enumerate(pairwise.settings(f"callbacks.{callback}", values), 1):
        arguments = {
            "compile:optimizer": OSCILLATING,
            "compile:loss": CROSS_ENTROPY,
            "compile:metrics": ["accuracy"],
            "fit:x": X,
            "fit:y": CLASSES,
            "fit:epochs": 7,
            "fit:shuffle": False,
            "fit:validation_data": (X_VALIDATION, CLASSES_VALIDATION),
            "fit:callbacks": thing(f"callbacks.{callback}", **always, **chosen),
        }
        yield program(f"{callback}: combination {number}", "one output", arguments)


OSCILLATING = thing("optimizers.SGD", learning_rate=0.75, momentum=0.75)
WATCHED = {"monitor": ["loss"], "mode": ["max"], "min_delta": [0.125], "patience": [2]}
CALLBACKS = [
    *stopping(
        "EarlyStopping",
        {
            **WATCHED,
            "baseline": [1.25],
            "restore_best_weights": [True],
            "start_from_epoch": [2],
        },
    ),
    *stopping(
        "ReduceLROnPlateau",
        {**WATCHED, "factor": [0.5], "patience": [1], "cooldown": [2], "min_lr": [0.25]},
    ),
    *(
        program(
            f"SwapEMAWeights: {swap_on_epoch}",
            "one output",
            {
                "compile:optimizer": SGD,
                "compile:loss": CROSS_ENTROPY,
                "fit:x": X,
                "fit:y": CLASSES,
                "fit:epochs": 2,
                "fit:shuffle": False,
                "fit:validation_split": 0.25,
                "fit:callbacks": thing("callbacks.SwapEMAWeights", swap_on_epoch=swap_on_epoch),
            },
        )
        for swap_on_epoch in (False, True)
    ),
]
# The weights after it are the averages: none are restored.
ENDING = thing("callbacks.EarlyStopping", monitor="loss", min_delta=100.0)
# How a training ends: by a stop, with averages, validated or not, gradients collected or not.
ENDS = [
    program(
        f"an early stop, {collected} steps collected, validated: {bool(validated)}",
        "one output",
        {
            "compile:optimizer": thing(
                "optimizers.SGD",
                learning_rate=0.25,
                use_ema=True,
                ema_momentum=0.75,
                gradient_accumulation_steps=collected,
            ),
            "compile:loss": CROSS_ENTROPY,
            "fit:x": X,
            "fit:y": CLASSES,
            "fit:epochs": 3,
            "fit:batch_size": 4,
            "fit:shuffle": False,
            "fit:callbacks": ENDING,
            **validated,
        },
    )
    for collected in (None, 2)
    for validated in ({}, {"fit:validation_data": (X_VALIDATION, CLASSES_VALIDATION)})
]
UNDER_POLICY = [
    Case(
        "training",
        f"mixed_float16: {optimizer}, {more}",
        settings={
            "model": "one output",
            "policy": "mixed_float16",
            "compile": LibraryObject("Model.compile", {"optimizer": optimizer, **more}),
        },
    )
    for optimizer in ("sgd", ADAM, thing("optimizers.LossScaleOptimizer", inner_optimizer=SGD))
    for more in ({}, {"auto_scale_loss": False})
]
CASES = [*ONE_OUTPUT, *TWO_OUTPUTS, *NAMED_OUTPUTS, *CALLBACKS, *ENDS, *UNDER_POLICY]

"""Gives wrong values to each argument: which of them a layer, loss, metric or optimizer refuses.

An error counts as a refusal, whichever it is and wherever it is raised: in the constructor, or in
the first use.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from compare.cases.case import Case
from compare.libraries.library import Library

REFUSED, TAKEN = "refused", "taken"
WRONG = (-1, 0, 2.5, "nonsense")
# Arguments of the base classes, and others that are only kept.
NOT_TRIED = "self args kwargs name dtype trainable activity_regularizer seed".split()
# Where Keras takes what it cannot use, or ends the process, and minicnn refuses; or the reverse.
LEFT_OUT: dict[tuple[str, str], str] = {
    ("layers.CategoryEncoding", "sparse"): "there are no sparse tensors here",
    ("layers.Equalization", "bins"): "Keras takes negative numbers, and returns no picture",
    ("layers.RandomFlip", "mode"): "Keras takes any text and does nothing",
    ("layers.Bidirectional", "weights"): "Keras takes no notice of it",
    ("optimizers.Adam", "beta_2"): "Keras computes roots of negative numbers",
    ("optimizers.AdamW", "beta_2"): "Keras computes roots of negative numbers",
    **{
        (f"metrics.{name}", "ignore_class"): "Keras takes numbers that no class has"
        for name in ("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")
    },
    **{
        (f"layers.Adaptive{kind}Pooling{rank}D", argument): reason
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
        for argument, reason in (
            ("output_size", "0 ends the process in TensorFlow"),
            ("data_format", "Keras takes 0 for None"),
        )
    },
    **{
        (f"layers.Global{kind}Pooling{rank}D", "keepdims"): "Keras asks only whether it is true"
        for kind in ("Average", "Max")
        for rank in (1, 2, 3)
    },
}


def run(library: Library, case: Case) -> dict[str, Any]:
    """Whether each wrong value is refused. The name of the case is that of a class."""
    make = library.find(case.name)
    use = USES[case.name.partition(".")[0]]
    inputs = library.values(case.inputs, case.label)
    found = {}
    for argument, value in trials(case.name):
        settings = library.resolve({**case.settings, argument: value})
        found[f"{argument}={value!r}"] = _outcome(make, settings, use, library, inputs)
    return found


def trials(name: str) -> Iterator[tuple[str, Any]]:
    """The arguments of a class, each with each wrong value."""
    import minicnn  # not above: what the definitions import must not import it

    kind, _, class_name = name.partition(".")
    for argument in inspect.signature(getattr(getattr(minicnn, kind), class_name)).parameters:
        if argument not in NOT_TRIED and (name, argument) not in LEFT_OUT:
            yield from ((argument, value) for value in WRONG)


def _outcome(make: Any, settings: dict, use: Callable, library: Library, inputs: Any) -> str:
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            use(library, make(**settings), inputs)
        except Exception:
            return REFUSED
    return TAKEN


def _call_layer(library: Library, layer: Any, inputs: Any) -> None:
    tensors = library.keras.tree.map_structure(library.tensor, list(inputs))
    layer(tensors[0] if len(tensors) == 1 else tensors)


def _call_loss(library: Library, loss: Any, inputs: Any) -> None:
    loss(*map(library.tensor, inputs))


def _update_metric(library: Library, metric: Any, inputs: Any) -> None:
    metric.update_state(*map(library.tensor, inputs))
    metric.result()


def _apply_optimizer(library: Library, optimizer: Any, inputs: Any) -> None:
    weights = [library.keras.Variable(x, dtype=str(x.dtype)) for x in inputs]
    optimizer.apply([library.tensor(x) for x in inputs], weights)


USES = {
    "layers": _call_layer,
    "losses": _call_loss,
    "metrics": _update_metric,
    "optimizers": _apply_optimizer,
}

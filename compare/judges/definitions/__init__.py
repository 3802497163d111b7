"""The mathematical definitions of what the library computes, in plain NumPy and float64.

Nothing here imports minicnn. A definition says what a function or layer is, in the fewest lines,
without regard to speed: loops over positions and windows, sums over what the formula sums. It has
the name and the arguments of Keras, and `kinds.run` runs it as it runs a library. Its gradients
are central differences of its values.
"""

from __future__ import annotations

from typing import Any

from compare.cases import kinds
from compare.cases.case import Case
from compare.judges.definitions.library import Defined
from compare.judges.definitions.operations import pooling
from compare.judges.definitions.undefined import Undefined
from compare.judges.opinion import DOUBLE, Opinion

JUDGE = "definition"
# Defined with positions in float32, so that their numbers are determined only so far.
IN_SINGLE = ("ops.image.affine_transform", "layers.RandomTranslation")
# These have no definition of their own, and random numbers none that all libraries share.
WITHOUT = ("networks", "random", "training", "masks", "refusals")
NOT_DEFINED = ("config", "initial ")
# Where the gradient is by convention that of a point beside the inputs.
BESIDE = {"ops.max_pool": pooling.first_is_largest}


def opinion(case: Case) -> Opinion | None:
    """What the definition says about a case; None if there is no definition."""
    if case.kind in WITHOUT or (case.kind == "optimizers" and case.call):
        return None
    name = f"{case.kind}.{case.name}"
    beside = BESIDE.get(name) if case.held_constant else None
    unknown = NOT_DEFINED + (("gradient",) if case.held_constant and not beside else ())
    try:
        found = kinds.run(Defined("float64", beside), case)
        texts = kinds.run(Defined("float32"), case)
    except Undefined:
        return None
    said = {
        quantity: _chosen(x, texts[quantity])
        for quantity, x in found.items()
        if not any(word in quantity for word in unknown)
    }
    return Opinion(JUDGE, said, None if name in IN_SINGLE else DOUBLE)


def _chosen(double: Any, single: Any) -> Any:
    """The text of the run in float32 (types of results), or the numbers of that in float64."""
    return single if isinstance(single, str) else double

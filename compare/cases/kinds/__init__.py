"""Runs a case of each kind, with the same code for every library.

`run(library, case)` returns named quantities: arrays, and texts that must be equal.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.cases.case import Case
from compare.cases.kinds import (
    layers,
    losses,
    masks,
    metrics,
    networks,
    operations,
    optimizers,
    random,
    refusals,
    training,
)
from compare.libraries import Library

RUN = {
    "layers": layers.run,
    "losses": losses.run,
    "masks": masks.run,
    "metrics": metrics.run,
    "optimizers": optimizers.run,
    "ops": operations.run,
    "networks": networks.run,
    "random": random.run,
    "training": training.run,
    "refusals": refusals.run,
}


def run(library: Library, case: Case) -> dict[str, Any]:
    """All quantities of a case, computed by a library."""
    with np.errstate(all="ignore"):
        return RUN[case.kind](library, case)

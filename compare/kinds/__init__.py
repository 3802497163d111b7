"""How a case of each kind is run: the same lines for every library.

`run(library, case)` returns what was found: arrays, and texts that must be the same word by word.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.case import Case
from compare.kinds import layers, losses, metrics, networks, operations, optimizers
from compare.libraries import Library

RUN = {
    "layers": layers.run,
    "losses": losses.run,
    "metrics": metrics.run,
    "optimizers": optimizers.run,
    "ops": operations.run,
    "networks": networks.run,
}


def run(library: Library, case: Case) -> dict[str, Any]:
    """All that the library says about a case."""
    with np.errstate(all="ignore"):
        return RUN[case.kind](library, case)

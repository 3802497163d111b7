"""What is compared: one line a case, in a file for each kind."""

from __future__ import annotations

from collections import Counter

import minicnn
from compare.case import Case
from compare.catalogue import layers, losses, metrics, operations, optimizers

# The kinds in which every public class must have a case: the base class of each, and classes that
# are there to be inherited from only.
BASES = {
    "layers": ("Layer", ()),
    "losses": ("Loss", ("LossFunctionWrapper",)),
    "metrics": ("Metric", ("MeanMetricWrapper",)),
    "optimizers": ("Optimizer", ()),
}


def cases() -> list[Case]:
    """All cases. No two have the same label."""
    everything = [
        *layers.CASES,
        *losses.CASES,
        *metrics.CASES,
        *optimizers.CASES,
        *operations.CASES,
    ]
    twice = [key for key, n in Counter((c.kind, c.label) for c in everything).items() if n > 1]
    if twice:
        raise ValueError(f"The catalogue has these cases twice: {twice}.")
    return everything


def missing() -> list[str]:
    """The public classes without a case. A class that has a case under another name has one."""
    lacking: dict[type, str] = {}
    for kind, (base, inherited) in BASES.items():
        module = getattr(minicnn, kind)
        base = getattr(module, base)
        done = {base, *(getattr(module, name) for name in inherited)}
        done |= {getattr(module, case.name) for case in cases() if case.kind == kind}
        for name, thing in vars(module).items():
            if isinstance(thing, type) and issubclass(thing, base) and thing not in done:
                lacking.setdefault(thing, f"{kind}.{name}")
    return sorted(lacking.values())

"""The list of all cases, one line each, in a file for each kind."""

from __future__ import annotations

import functools
from collections import Counter
from types import FunctionType

import minicnn
from compare.cases.case import Case, LibraryObject
from compare.cases.catalogue import (
    attention,
    channels_first,
    combinations,
    cut_in_pieces,
    kernels,
    layers,
    losses,
    masks,
    metrics,
    operations,
    optimizers,
    preprocessing,
    random,
    recurrent,
    refusals,
)
from compare.cases.catalogue.known_differences import with_known_differences
from compare.cases.left_out import WITHOUT_CASES

# The kinds in which every public class must have a case: the base class of each kind, and further
# classes that exist only to be subclassed.
BASES = {
    "layers": ("Layer", ()),
    "losses": ("Loss", ("LossFunctionWrapper",)),
    "metrics": ("Metric", ("MeanMetricWrapper",)),
    "optimizers": ("Optimizer", ()),
}


def cases() -> list[Case]:
    """All cases. No two have the same label."""
    return list(_everything())


@functools.cache
def _everything() -> tuple[Case, ...]:
    everything = [
        *layers.CASES,
        *channels_first.CASES,
        *recurrent.CASES,
        *attention.CASES,
        *preprocessing.CASES,
        *losses.CASES,
        *metrics.CASES,
        *optimizers.CASES,
        *operations.CASES,
        *random.CASES,
        *kernels.CASES,
        *cut_in_pieces.CASES,
    ]
    twice = [key for key, n in Counter((c.kind, c.label) for c in everything).items() if n > 1]
    if twice:
        raise ValueError(f"The catalogue has these cases twice: {twice}.")
    listed = {(c.kind, c.label) for c in everything}
    further = {(c.kind, c.label): c for c in combinations.cases()}
    everything += masks.masked(everything)
    everything += [case for key, case in further.items() if key not in listed]
    everything += refusals.refusals(everything)
    return tuple(with_known_differences(everything))


def missing() -> list[str]:
    """The public classes and operations that have no case under any of their names."""
    lacking: dict[type, str] = {}
    for kind, (base, inherited) in BASES.items():
        module = getattr(minicnn, kind)
        base = getattr(module, base)
        done = {base, *(getattr(module, name) for name in inherited)}
        done |= {getattr(module, case.name) for case in cases() if case.kind == kind}
        done |= {getattr(module, name) for name in _inside(kind) if hasattr(module, name)}
        for name, thing in vars(module).items():
            if isinstance(thing, type) and issubclass(thing, base) and thing not in done:
                lacking.setdefault(thing, f"{kind}.{name}")
    return sorted(lacking.values()) + [f"ops.{name}" for name in _functions_without_a_case()]


def _inside(kind: str) -> set[str]:
    """The classes of the objects inside others, such as the cell of a recurrent layer."""
    found: set[str] = set()
    waiting = [value for case in cases() if case.kind == kind for value in case.settings.values()]
    while waiting:
        value = waiting.pop()
        if isinstance(value, LibraryObject):
            section, _, name = value.name.rpartition(".")
            found |= {name} if section == kind else set()
            waiting += value.settings.values()
        elif isinstance(value, list):
            waiting += value
    return found


def _functions_without_a_case() -> list[str]:
    sections = {"": minicnn.ops, "image.": minicnn.ops.image}
    names = {
        prefix + name
        for prefix, section in sections.items()
        for name, thing in vars(section).items()
        if isinstance(thing, FunctionType) and _is_public(thing)
    }
    return sorted(
        names - WITHOUT_CASES.keys() - {case.name for case in cases() if case.kind == "ops"}
    )


def _is_public(thing: FunctionType) -> bool:
    return thing.__module__.startswith("minicnn.ops.") and "declare" not in thing.__module__

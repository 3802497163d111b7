"""The list of all cases, one line each, in a file for each kind."""

from __future__ import annotations

from collections import Counter
from types import FunctionType

import minicnn
from compare.cases.case import Case
from compare.cases.catalogue import (
    channels_first,
    cut_in_pieces,
    kernels,
    layers,
    losses,
    metrics,
    operations,
    optimizers,
    preprocessing,
    random,
)
from compare.cases.catalogue.known_differences import with_known_differences

# The kinds in which every public class must have a case: the base class of each kind, and further
# classes that exist only to be subclassed.
BASES = {
    "layers": ("Layer", ()),
    "losses": ("Loss", ("LossFunctionWrapper",)),
    "metrics": ("Metric", ("MeanMetricWrapper",)),
    "optimizers": ("Optimizer", ()),
}

_FUNCTIONS = "takes or returns functions: tests/ops compares it with calls of these functions"
_SHAPES = "computes shapes, not numbers"
_FREE = "its result is not unique: tests/ops checks what it must satisfy"
_BITS = "depends on the bits of a float type, so float64 is no reference"
# Functions of `ops` whose results cannot be compared as numbers, and why.
EXEMPT = {
    **dict.fromkeys("cond fori_loop while_loop scan associative_scan switch".split(), _FUNCTIONS),
    **dict.fromkeys("map vectorize vectorized_map custom_gradient jvp".split(), _FUNCTIONS),
    **dict.fromkeys(
        (
            "compute_conv_output_shape compute_conv_transpose_output_shape "
            "compute_conv_transpose_padding_args_for_jax compute_pooling_output_shape "
            "dtype is_tensor rearrange"
        ).split(),
        _SHAPES,
    ),
    **dict.fromkeys("eig eigh argpartition empty empty_like unique".split(), _FREE),
    **dict.fromkeys("nextafter view view_as_complex view_as_real".split(), _BITS),
    "stop_gradient": "its gradient is not its derivative",
}


def cases() -> list[Case]:
    """All cases. No two have the same label."""
    everything = [
        *layers.CASES,
        *channels_first.CASES,
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
    return list(with_known_differences(everything))


def missing() -> list[str]:
    """The public classes and operations that have no case under any of their names."""
    lacking: dict[type, str] = {}
    for kind, (base, inherited) in BASES.items():
        module = getattr(minicnn, kind)
        base = getattr(module, base)
        done = {base, *(getattr(module, name) for name in inherited)}
        done |= {getattr(module, case.name) for case in cases() if case.kind == kind}
        for name, thing in vars(module).items():
            if isinstance(thing, type) and issubclass(thing, base) and thing not in done:
                lacking.setdefault(thing, f"{kind}.{name}")
    return sorted(lacking.values()) + [f"ops.{name}" for name in _functions_without_a_case()]


def _functions_without_a_case() -> list[str]:
    sections = {"": minicnn.ops, "image.": minicnn.ops.image}
    names = {
        prefix + name
        for prefix, section in sections.items()
        for name, thing in vars(section).items()
        if isinstance(thing, FunctionType) and _is_public(thing)
    }
    return sorted(names - EXEMPT.keys() - {case.name for case in cases() if case.kind == "ops"})


def _is_public(thing: FunctionType) -> bool:
    return thing.__module__.startswith("minicnn.ops.") and "declare" not in thing.__module__

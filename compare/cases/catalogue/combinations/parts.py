"""Combinations of the arguments of initializers, regularizers and constraints, in layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compare.cases import pairwise
from compare.cases.case import BACKENDS, Case, LibraryObject
from compare.cases.catalogue.layers import layer
from compare.cases.catalogue.marks import without_keras

GAIN = "Keras's configuration leaves out gain"
AXES = {"input_axes": [[2]], "output_axes": [[0, 1]]}
SCALING = {
    "scale": [2.5],
    "mode": ["fan_out", "fan_avg"],
    "distribution": ["uniform", "untruncated_normal"],
    **AXES,
}
INITIALIZERS = {
    "Constant": {"value": [0.4]},
    "RandomNormal": {"mean": [0.3], "stddev": [0.2]},
    "RandomUniform": {"minval": [-0.3], "maxval": [0.2]},
    "TruncatedNormal": {"mean": [0.3], "stddev": [0.2]},
    "VarianceScaling": SCALING,
    "Orthogonal": {"gain": [1.5]},
    **{f"{who}{how}": AXES for who in ("Glorot", "He", "Lecun") for how in ("Normal", "Uniform")},
}
STFT = {
    "side": ["imag"],
    "window": ["hamming"],
    "scaling": ["spectrum"],
    "periodic": [True],
}
REGULARIZERS = {
    "L1": {"l1": [0.2]},
    "L2": {"l2": [0.2]},
    "L1L2": {"l1": [0.2], "l2": [0.3]},
    "OrthogonalRegularizer": {"factor": [0.2], "mode": ["columns"]},
}
NEEDS = {"min_value": "max_value"}  # the largest norm is 1 otherwise
CONSTRAINTS = {
    "MaxNorm": {"max_value": [0.7], "axis": [1, [0, 1]]},
    "UnitNorm": {"axis": [1, [0, 1]]},
    "MinMaxNorm": {
        "min_value": [2.1],
        "max_value": [2.5],
        "rate": [0.5],
        "axis": [1, [0, 1]],
    },
    "NonNeg": {},
}


def parts(module: str, table: Mapping[str, Mapping[str, list]]) -> Iterator[LibraryObject]:
    """The objects of a module with every combination of their settings."""
    for name, values in table.items():
        needs = {a: b for a, b in NEEDS.items() if a in values}
        combined = pairwise.settings(f"{module}.{name}", values, needs) if values else ()
        for chosen in ({}, *combined):
            yield LibraryObject(f"{module}.{name}", chosen)


CASES: list[Case] = [
    *(
        layer("Conv1D", (2, 5, 4), filters=3, kernel_size=2, kernel_initializer=part)
        for part in parts("initializers", INITIALIZERS)
    ),
    *(
        without_keras(
            layer("Dense", (2, 3), units=4, kernel_initializer=part), GAIN, BACKENDS, "config"
        )
        for part in parts("initializers", {"Identity": {"gain": [1.5]}})
    ),
    *(
        layer("Conv1D", (2, 9, 1), filters=10, kernel_size=8, kernel_initializer=part)
        for part in parts("initializers", {"STFT": STFT})
    ),
    *(
        layer("Dense", (2, 3), units=4, kernel_regularizer=part)
        for part in parts("regularizers", REGULARIZERS)
    ),
    *(
        layer("Dense", (2, 3), units=4, kernel_constraint=part)
        for part in parts("constraints", CONSTRAINTS)
    ),
]

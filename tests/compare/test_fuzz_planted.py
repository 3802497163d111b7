"""What `compare fuzz` looks at: bugs planted in what happens around a step must be seen."""

import contextlib
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

import minicnn
from compare.cases import kinds
from compare.cases.case import Case, LibraryObject
from compare.cases.network import Event, Network, Step
from compare.fuzz import network_verdict
from compare.fuzz.network_verdict import DIFFERS, HOLDS
from compare.fuzz.reference import Reference
from compare.fuzz.variants import USUAL, Variant, configured
from compare.libraries.minicnn import MiniCNN
from minicnn.replay.reachable import Reachable
from minicnn.trainers import steps
from minicnn.trainers.data_adapters import array_data_adapter

ADAM = {"learning_rate": 0.01, "use_ema": True}
MASKED = Network(
    inputs=((5, 4),),
    steps=(
        Step("Masking"),
        Step("SpatialDropout1D", {"rate": 1e-9}, (1,)),
        Step("Dense", {"units": 3, "name": "frozen"}, (2,)),
        Step("GlobalAveragePooling1D", {}, (3,)),
        Step("Dense", {"units": 3}, (4,)),
    ),
    output=(3,),
    batch=4,
    loss=LibraryObject("losses.SparseCategoricalCrossentropy", {"from_logits": True}),
    labels="classes",
    optimizer=LibraryObject("optimizers.Adam", ADAM),
    padded=True,
    rows=19,
    events=(
        Event("start", {"iterations": 1000}),
        Event("fit", {"watched": True}),
        Event("freeze"),
        Event("save"),
        Event("fit", {"class_weight": True}),
        Event("evaluate"),
    ),
)
ACCUMULATED = replace(
    MASKED,
    optimizer=LibraryObject("optimizers.Adam", {**ADAM, "gradient_accumulation_steps": 3}),
    events=MASKED.events[1:2],
)
CHANGED = replace(
    MASKED,
    optimizer=LibraryObject("optimizers.Adam"),
    events=(Event("fit", {"watched": True, "freeze": True}),),
)
WIDE = Network(
    inputs=((27, 26, 8),),
    steps=(Step("Conv2D", {"filters": 9, "kernel_size": 3, "padding": "same"}),),
    output=(27, 26, 9),
    batch=68,
    loss=LibraryObject("losses.MeanSquaredError"),
    labels="numbers",
    optimizer=LibraryObject("optimizers.SGD"),
    rows=68,
)


def verdict(network, backend, planted):
    """The verdict of a network whose other judges are minicnn without the bug."""
    usual = Variant("", True, {"backend": backend})
    case = Case("networks", "network", settings={"network": network})
    with configured(usual):
        right = kinds.run(MiniCNN(), case)
    known = Reference(right, dict.fromkeys(right, 1e-4))
    settings = {**USUAL.settings, "backend": backend}
    with (
        planted,
        mock.patch.multiple(network_verdict, VARIANTS=(), USUAL=USUAL._replace(settings=settings)),
    ):
        return network_verdict.examine(network, lambda case: right, known)


def instead(owner, name, wrong):
    """Replaces a method by `wrong(right, self, ...)`."""
    right = getattr(owner, name)
    return mock.patch.object(owner, name, lambda *a, **k: wrong(right, *a, **k))


def one_step_later(right, optimizer, *arguments):
    steps = optimizer.gradient_accumulation_steps
    optimizer.gradient_accumulation_steps = steps + 1
    try:
        return right(optimizer, *arguments)
    finally:
        optimizer.gradient_accumulation_steps = steps


def stopped_counter(right, optimizer, *arguments):
    optimizer._iterations.assign(min(int(optimizer._iterations), 1000))
    return right(optimizer, *arguments)


ADAM_CLASS = minicnn.optimizers.Adam
BUGS = {
    "a change between two steps is not seen by replay": (
        CHANGED,
        lambda: instead(Reachable, "changed", lambda right, self: False),
    ),
    "averages are not put in the weights' place": (
        MASKED,
        lambda: instead(ADAM_CLASS, "finalize_variable_values", lambda *a: None),
    ),
    "gradients are collected for one step too many": (
        ACCUMULATED,
        lambda: instead(ADAM_CLASS, "_accumulate", one_step_later),
    ),
    "the step counter stops at 1000": (
        MASKED,
        lambda: instead(ADAM_CLASS, "apply", stopped_counter),
    ),
    "class weights are dropped": (
        MASKED,
        lambda: mock.patch.object(
            array_data_adapter, "class_weight_to_sample_weights", lambda y, w: np.ones(len(y), "f")
        ),
    ),
    "SpatialDropout drops the mask": (
        MASKED,
        lambda: mock.patch.object(
            minicnn.layers.SpatialDropout1D,
            "supports_masking",
            property(lambda layer: False, lambda layer, value: None),
        ),
    ),
    "saving loses what is frozen": (
        MASKED,
        lambda: instead(
            minicnn.layers.Dense, "get_config", lambda right, s: {**right(s), "trainable": True}
        ),
    ),
    "all batches count the same in an evaluation": (
        MASKED,
        lambda: mock.patch.object(steps, "number_of_rows", lambda x: 1),
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BUGS)
def test_a_bug_around_the_step_is_seen(name):
    network, planted = BUGS[name]
    assert verdict(network, "numpy", planted()).what == DIFFERS


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("network", [MASKED, ACCUMULATED, CHANGED])
def test_right_code_holds(network):
    assert verdict(network, "numpy", contextlib.nullcontext()).what == HOLDS


def test_a_kernel_that_adds_only_its_first_pieces_is_seen():
    pytest.importorskip("numba")
    from minicnn.backend.numba.conv.winograd import four

    planted = instead(type(four), "_unpacked", lambda right, s, sums, *a: right(s, sums[:4], *a))
    assert verdict(WIDE, "numba", contextlib.nullcontext()).what == HOLDS
    assert verdict(WIDE, "numba", planted).what == DIFFERS

"""Makes a case of a network."""

from __future__ import annotations

from typing import Any

from compare.cases.case import Case, LibraryObject
from compare.cases.network import Event, Network, Step


def step(name: str, *sources: int, **settings: Any) -> Step:
    """A layer of a network, called on the tensors of these numbers."""
    return Step(name, settings, sources)


def chain(name: str, batch: int, shape: tuple, *layers: Step, units: int = 3) -> Case:
    """The case of layers one after the other, then Flatten and Dense."""
    layers = (*layers, step("Flatten"), step("Dense", units=units))
    steps = tuple(Step(each.name, each.settings, (i,)) for i, each in enumerate(layers))
    return network(name, batch, shape, steps, units)


def network(name: str, batch: int, shape: tuple, steps: tuple[Step, ...], units: int) -> Case:
    """The case of a network that is trained for a step, to give random numbers."""
    described = Network(
        inputs=(shape,),
        steps=steps,
        output=(units,),
        batch=batch,
        loss=LibraryObject("losses.MeanSquaredError"),
        labels="numbers",
        optimizer=LibraryObject("optimizers.SGD", {"learning_rate": 0.01}),
        rows=batch,
        events=(Event("train", {"steps": 1}),),
    )
    return Case("networks", name, settings={"network": described})

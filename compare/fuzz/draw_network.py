"""Draws random networks. Hypothesis removes the steps and settings that a failure does not need."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st

import minicnn
from compare.cases.network import Network, Step
from compare.fuzz import layer_settings, training_settings
from compare.fuzz.layer_settings import Draw, Shape

MOST_STEPS = 6
LARGEST = 500  # numbers in a layer's output for one row, at most
SIDES = {1: 12, 2: 9, 3: 8, 4: 5}  # the longest side of an input, by its rank


class NetworkBuilder:
    """Builds a random network. `tensors` are symbolic tensors of minicnn, which have the shapes."""

    def __init__(self, draw: Draw):
        self.draw = draw
        self.steps: list[Step] = []
        self.layers: list[Any] = []
        self.vocabulary = 0
        self.inputs: list[Shape] = []
        self.tensors: list[Any] = []

    def add_inputs(self) -> None:
        """Draw the inputs, all of the same rank."""
        rank = self.draw(st.sampled_from([1, 2, 3, 3, 4]))
        shape = layer_settings.each(self.draw, (1,) * (rank - 1), 1, SIDES[rank])
        shape = (*shape, self.draw(st.integers(1, 6)))
        words = rank == 1 and self.draw(st.integers(0, 4)) == 4
        self.vocabulary = 7 if words else 0
        self.inputs = [shape] * self.draw(st.integers(1, 1 if words else 2))
        self.tensors = [minicnn.Input(s, dtype="int32" if words else None) for s in self.inputs]
        if words:
            self.call("Embedding", {"input_dim": 7, "output_dim": self.draw(st.integers(1, 4))})

    def call(
        self, name: str, settings: dict, *sources: int, shared_with: int | None = None
    ) -> bool:
        """Add a step, by default on the last tensor. False if its output is too large."""
        sources = sources or (len(self.tensors) - 1,)
        called_on = [self.tensors[i] for i in sources]
        if shared_with is None:
            layer = getattr(minicnn.layers, name)(**settings)
        else:
            layer = self.layers[shared_with]
        result = layer(called_on[0] if len(called_on) == 1 else called_on)
        if not 0 < prod(result.shape[1:]) <= LARGEST:
            return False
        self.layers.append(layer)
        self.tensors.append(result)
        self.steps.append(Step(name, settings, sources, shared_with))
        return True

    def shape(self, i: int) -> Shape:
        """The shape of a tensor, without the batch."""
        return tuple(self.tensors[i].shape[1:])

    def add_step(self) -> None:
        """Add a step of a random kind."""
        how = self.draw(
            st.sampled_from(
                [self.add_layer, self.add_layer, self.add_layer, self.add_merge, self.add_shared]
            )
        )
        how()

    def add_layer(self) -> None:
        """Add a layer on the last tensor, sometimes on another."""
        last = len(self.tensors) - 1
        back = self.draw(st.integers(0, min(2, last - len(self.inputs) + 1)))
        source = last if back < 2 else self.draw(st.integers(0, last))
        if self.vocabulary and source < len(self.inputs):
            return
        shape = self.shape(source)
        fitting = [kind for kind in layer_settings.ONE_INPUT if len(shape) in kind.ranks]
        kind = self.draw(st.sampled_from(fitting))
        settings = kind.settings(self.draw, shape)
        if settings is not None:
            self.call(kind.name.format(n=len(shape) - 1), settings, source)

    def add_merge(self) -> None:
        """Add a merging layer on the last tensor and others with shapes that fit."""
        last, first = len(self.tensors) - 1, len(self.inputs) if self.vocabulary else 0
        shape = self.shape(last)
        alike = [i for i in range(first, last) if self.shape(i) == shape]
        if alike and self.draw(st.booleans()):
            names = (
                layer_settings.ELEMENTWISE_MERGES
                if len(alike) == 1
                else layer_settings.ELEMENTWISE_MERGES[:-1]
            )
            others = alike[-1:] if len(alike) == 1 else alike[-2:]
            self.call(self.draw(st.sampled_from(names)), {}, *others, last)
            return
        joined = [i for i in range(first, last) if self._differing_axes(self.shape(i), shape) < 2]
        if not joined:
            return
        other = self.draw(st.sampled_from(joined))
        pairs = zip(self.shape(other), shape, strict=True)
        axis = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), len(shape))
        self.call("Concatenate", {"axis": axis} if axis < len(shape) else {}, other, last)

    def add_shared(self) -> None:
        """Call a layer with weights again, if the last tensor has the shape of its first input."""
        last = len(self.tensors) - 1
        offset = len(self.inputs)
        fitting = [
            i
            for i, step in enumerate(self.steps)
            if len(step.sources) == 1 and self.shape(step.sources[0]) == self.shape(last)
            if self.layers[i].weights and not (self.vocabulary and step.sources[0] < offset)
        ]
        if not fitting:
            return
        self.call(self.steps[fitting[-1]].name, {}, last, shared_with=fitting[-1])

    @staticmethod
    def _differing_axes(a: Shape, b: Shape) -> int:
        """The number of axes in which two shapes differ; 9 if their ranks differ."""
        return sum(x != y for x, y in zip(a, b, strict=True)) if len(a) == len(b) else 9

    def used_part(self) -> tuple[tuple[Shape, ...], tuple[Step, ...]]:
        """The inputs and steps that the last tensor depends on."""
        offset = len(self.inputs)
        wanted = {len(self.tensors) - 1}
        for i in range(len(self.steps) - 1, -1, -1):
            if i + offset in wanted:
                wanted.update(self.steps[i].sources)
                if self.steps[i].shared_with is not None:
                    wanted.add(self.steps[i].shared_with + offset)
                    wanted.update(self.steps[self.steps[i].shared_with].sources)
        number = {old: new for new, old in enumerate(sorted(wanted))}
        inputs = tuple(shape for i, shape in enumerate(self.inputs) if i in wanted)
        shift = offset, len(inputs)
        return inputs, tuple(
            Step(
                step.name,
                step.settings,
                tuple(number[s] for s in step.sources),
                None
                if step.shared_with is None
                else number[step.shared_with + shift[0]] - shift[1],
            )
            for i, step in enumerate(self.steps)
            if i + offset in wanted
        )


@st.composite
def networks(draw: Draw) -> Network:
    """A random network with its loss, optimizer and labels."""
    builder = NetworkBuilder(draw)
    builder.add_inputs()
    for _ in range(MOST_STEPS):
        if builder.steps and not draw(st.integers(0, 7)):
            break
        builder.add_step()
    if not builder.steps:
        builder.call("Dense", {"units": 1})
    goal = draw(st.sampled_from(training_settings.goals(builder.shape(-1))))
    if goal.head:
        builder.call("Activation", {"activation": goal.head})
    inputs, steps = builder.used_part()
    chain = all(s.sources == (i,) and s.shared_with is None for i, s in enumerate(steps))
    return Network(
        inputs=inputs,
        steps=steps,
        output=builder.shape(-1),
        batch=draw(st.integers(1, 4)),
        loss=goal.loss(draw),
        labels=goal.labels,
        optimizer=training_settings.optimizer(draw, embedding=bool(builder.vocabulary)),
        weighted=goal.by_row and len(builder.shape(-1)) == 1 and draw(st.booleans()),
        sequential=len(inputs) == 1 and chain and draw(st.booleans()),
        vocabulary=builder.vocabulary,
    )

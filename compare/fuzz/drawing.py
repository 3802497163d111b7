"""Random networks. What a failure does not need, hypothesis takes away again: steps, settings."""

from __future__ import annotations

from math import prod
from typing import Any

from hypothesis import strategies as st

import minicnn
from compare.fuzz import choices, training
from compare.fuzz.choices import Draw, Shape
from compare.fuzz.network import Network, Step

MOST_STEPS = 6
LARGEST = 500  # numbers that a layer may put out for one row
SIDES = {1: 12, 2: 9, 3: 8, 4: 5}  # the longest side of an input, by its rank


class Drawn:
    """A network that grows. `tensors` are minicnn's symbolic ones, from which shapes come."""

    def __init__(self, draw: Draw):
        self.draw = draw
        self.steps: list[Step] = []
        self.layers: list[Any] = []
        self.words = 0
        self.inputs: list[Shape] = []
        self.tensors: list[Any] = []

    def begin(self) -> None:
        """Draw the inputs, of one rank."""
        rank = self.draw(st.sampled_from([1, 2, 3, 3, 4]))
        shape = choices.each(self.draw, (1,) * (rank - 1), 1, SIDES[rank])
        shape = (*shape, self.draw(st.integers(1, 6)))
        words = rank == 1 and self.draw(st.integers(0, 4)) == 4
        self.words = 7 if words else 0
        self.inputs = [shape] * self.draw(st.integers(1, 1 if words else 2))
        self.tensors = [minicnn.Input(s, dtype="int32" if words else None) for s in self.inputs]
        if words:
            self.call("Embedding", {"input_dim": 7, "output_dim": self.draw(st.integers(1, 4))})

    def call(self, name: str, settings: dict, *sources: int, again: int | None = None) -> bool:
        """Add a step, unless what it puts out is too large. Without sources: on the last."""
        sources = sources or (len(self.tensors) - 1,)
        called_on = [self.tensors[i] for i in sources]
        if again is None:
            layer = getattr(minicnn.layers, name)(**settings)
        else:
            layer = self.layers[again]
        result = layer(called_on[0] if len(called_on) == 1 else called_on)
        if not 0 < prod(result.shape[1:]) <= LARGEST:
            return False
        self.layers.append(layer)
        self.tensors.append(result)
        self.steps.append(Step(name, settings, sources, again))
        return True

    def shape(self, i: int) -> Shape:
        """The shape of a tensor, without the batch."""
        return tuple(self.tensors[i].shape[1:])

    def grow(self) -> None:
        """Add a step of a random kind."""
        how = self.draw(st.sampled_from([self.one, self.one, self.one, self.merge, self.again]))
        how()

    def one(self) -> None:
        """A layer on the last tensor, or now and then on another."""
        last = len(self.tensors) - 1
        back = self.draw(st.integers(0, min(2, last - len(self.inputs) + 1)))
        source = last if back < 2 else self.draw(st.integers(0, last))
        if self.words and source < len(self.inputs):
            return
        shape = self.shape(source)
        fitting = [kind for kind in choices.ALONE if len(shape) in kind.ranks]
        kind = self.draw(st.sampled_from(fitting))
        settings = kind.settings(self.draw, shape)
        if settings is not None:
            self.call(kind.name.format(n=len(shape) - 1), settings, source)

    def merge(self) -> None:
        """A layer on the last tensor and others that fit it."""
        last, first = len(self.tensors) - 1, len(self.inputs) if self.words else 0
        shape = self.shape(last)
        alike = [i for i in range(first, last) if self.shape(i) == shape]
        if alike and self.draw(st.booleans()):
            names = choices.SUMS if len(alike) == 1 else choices.SUMS[:-1]
            others = alike[-1:] if len(alike) == 1 else alike[-2:]
            self.call(self.draw(st.sampled_from(names)), {}, *others, last)
            return
        joined = [i for i in range(first, last) if self._differ(self.shape(i), shape) < 2]
        if not joined:
            return
        other = self.draw(st.sampled_from(joined))
        pairs = zip(self.shape(other), shape, strict=True)
        axis = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), len(shape))
        self.call("Concatenate", {"axis": axis} if axis < len(shape) else {}, other, last)

    def again(self) -> None:
        """A layer with weights once more, on the last tensor if that has the shape it had."""
        last = len(self.tensors) - 1
        offset = len(self.inputs)
        fitting = [
            i
            for i, step in enumerate(self.steps)
            if len(step.sources) == 1 and self.shape(step.sources[0]) == self.shape(last)
            if self.layers[i].weights and not (self.words and step.sources[0] < offset)
        ]
        if not fitting:
            return
        self.call(self.steps[fitting[-1]].name, {}, last, again=fitting[-1])

    @staticmethod
    def _differ(a: Shape, b: Shape) -> int:
        """In how many axes; all, if they have not as many."""
        return sum(x != y for x, y in zip(a, b, strict=True)) if len(a) == len(b) else 9

    def needed(self) -> tuple[tuple[Shape, ...], tuple[Step, ...]]:
        """The inputs and steps that the last tensor depends on."""
        offset = len(self.inputs)
        wanted = {len(self.tensors) - 1}
        for i in range(len(self.steps) - 1, -1, -1):
            if i + offset in wanted:
                wanted.update(self.steps[i].sources)
                if self.steps[i].again is not None:
                    wanted.add(self.steps[i].again + offset)
                    wanted.update(self.steps[self.steps[i].again].sources)
        number = {old: new for new, old in enumerate(sorted(wanted))}
        inputs = tuple(shape for i, shape in enumerate(self.inputs) if i in wanted)
        shift = offset, len(inputs)
        return inputs, tuple(
            Step(
                step.name,
                step.settings,
                tuple(number[s] for s in step.sources),
                None if step.again is None else number[step.again + shift[0]] - shift[1],
            )
            for i, step in enumerate(self.steps)
            if i + offset in wanted
        )


@st.composite
def networks(draw: Draw) -> Network:
    """A network with its loss, its optimizer and its labels."""
    drawn = Drawn(draw)
    drawn.begin()
    for _ in range(MOST_STEPS):
        if drawn.steps and not draw(st.integers(0, 7)):
            break
        drawn.grow()
    if not drawn.steps:
        drawn.call("Dense", {"units": 1})
    goal = draw(st.sampled_from(training.goals(drawn.shape(-1))))
    if goal.head:
        drawn.call("Activation", {"activation": goal.head})
    inputs, steps = drawn.needed()
    chain = all(s.sources == (i,) and s.again is None for i, s in enumerate(steps))
    return Network(
        inputs=inputs,
        steps=steps,
        output=drawn.shape(-1),
        batch=draw(st.integers(1, 4)),
        loss=goal.loss(draw),
        labels=goal.labels,
        optimizer=training.optimizer(draw, words=bool(drawn.words)),
        weighted=goal.by_row and len(drawn.shape(-1)) == 1 and draw(st.booleans()),
        sequential=len(inputs) == 1 and chain and draw(st.booleans()),
        words=drawn.words,
    )

"""Draws random networks. Hypothesis removes the steps and settings that a failure does not need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod
from typing import Any

from hypothesis import strategies as st

import minicnn
from compare.cases.network import Network, Step
from compare.fuzz import event_settings, layer_settings, training_settings
from compare.fuzz.layer_settings import Draw, LayerChoice, Shape
from compare.fuzz.themes import NUMBERED, THEMES, Theme
from compare.libraries.minicnn import MiniCNN

LEAST = 72  # multiplications for each number of an input, of a small convolution


class NetworkBuilder:
    """Builds a random network. `tensors` are symbolic tensors of minicnn, which have the shapes.

    `rows` is how many rows are trained on in all events together.
    """

    def __init__(self, draw: Draw, theme: Theme, rows: int):
        self.draw = draw
        self.theme = theme
        self.steps: list[Step] = []
        self.layers: list[Any] = []
        self.vocabulary = 0
        self.inputs: list[Shape] = []
        self.tensors: list[Any] = []
        self._work = theme.work / rows

    def add_inputs(self, batch: int) -> None:
        """Draw the inputs, all of the same rank."""
        theme, draw = self.theme, self.draw
        rank = draw(st.sampled_from(theme.ranks))
        for _ in range(30):
            shape = layer_settings.each(draw, (1,) * (rank - 1), 1, theme.sides.get(rank, 1))
            shape = (*shape, draw(st.integers(*theme.channels)))
            few = prod(shape[:-1]) * batch < theme.places
            if not theme.first or (prod(shape) * LEAST < self._work and not few):
                break
        words = rank == 1 and not theme.is_wide
        words = words and (theme.name == "masks" or draw(st.integers(0, 4)) == 4)
        self.vocabulary = 7 if words else 0
        most = 1 if words or theme.first else 2
        self.inputs = [shape] * draw(st.integers(1, most))
        self.tensors = [minicnn.Input(s, dtype="int32" if words else None) for s in self.inputs]
        if words:
            settings: dict[str, Any] = {"input_dim": 7, "output_dim": draw(st.integers(1, 4))}
            masked = {"mask_zero": True} if theme.name == "masks" else {}
            self.call("Embedding", settings | masked)
        elif theme.first:
            any(self.add_layer_of(theme.first) for _ in range(8))

    def call(
        self, name: str, settings: dict, *sources: int, shared_with: int | None = None
    ) -> bool:
        """Add a step, by default on the last tensor. False if its output is too large."""
        sources = sources or (len(self.tensors) - 1,)
        called_on = [self.tensors[i] for i in sources]
        if shared_with is None:
            (layer,) = MiniCNN().layer(name, settings)
        else:
            layer = self.layers[shared_with]
        result = layer(called_on[0] if len(called_on) == 1 else called_on)
        work = multiplications(layer, called_on[0], result)
        if not 0 < prod(result.shape[1:]) <= self.theme.largest or work > self._work:
            return False
        self._work -= work
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
        self.add_layer_of(self.theme.layers, source)

    def add_layer_of(self, kinds: Sequence[LayerChoice], source: int = -1) -> bool:
        """Add one of these layers, on the last tensor by default. False if it does not fit."""
        source %= len(self.tensors)
        shape = self.shape(source)
        fitting = [kind for kind in kinds if len(shape) in kind.ranks]
        if not fitting:
            return False
        kind = self.draw(st.sampled_from(fitting))
        settings = kind.settings(self.draw, shape)
        if settings is None:
            return False
        return self.call(kind.name.format(n=len(shape) - 1), settings, source)

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


def multiplications(layer: Any, x: Any, y: Any) -> float:
    """About how many multiplications a layer with a kernel does for one row."""
    places = max(prod(x.shape[1:-1]), prod(y.shape[1:-1]))
    return places * sum(prod(w.shape) for w in layer.weights if len(w.shape) > 1)


def _drawn_layers(draw: Draw, theme: Theme, batch: int, rows: int) -> NetworkBuilder:
    builder = NetworkBuilder(draw, theme, rows)
    builder.add_inputs(batch)
    for _ in range(theme.most_steps):
        if builder.steps and not draw(st.integers(0, 7)):
            break
        builder.add_step()
    if not builder.steps or not any(_has_weights(s, builder) for s in builder.used_part()[1]):
        builder.call("Dense", {"units": 2})
    if "freeze" in theme.must:
        builder.call("Dense", {"units": 3})
    return builder


@st.composite
def networks(draw: Draw, theme: Theme = THEMES[0]) -> Network:
    """A random network of a theme with its data, loss, optimizer and events."""
    few, many = theme.batch
    batch = draw(st.integers(few, draw(st.sampled_from([many, (few + many) // 2]))))
    rows = event_settings.rows(draw, batch)
    builder = _drawn_layers(draw, theme, batch, rows * (1 if theme.is_wide else 4))
    if theme.goals and len(builder.shape(-1)) > 1:
        builder.call("Flatten", {})
    if theme.goals and builder.shape(-1)[-1] < 2:
        builder.call("Dense", {"units": draw(st.integers(2, 12))})
    goals = training_settings.goals(builder.shape(-1))
    goal = draw(st.sampled_from([g for g in goals if not theme.goals or g.labels in theme.goals]))
    if goal.head:
        builder.call("Activation", {"activation": goal.head})
    inputs, steps = builder.used_part()
    by_row = goal.by_row and len(builder.shape(-1)) == 1
    chain = all(s.sources == (i,) and s.shared_with is None for i, s in enumerate(steps))
    optimizer = training_settings.optimizer(draw, bool(builder.vocabulary), theme.plain)
    loss = goal.loss(draw)
    steps, freezable = _with_frozen(draw, steps, builder, "freeze" in theme.must)
    by_class = goal.labels in NUMBERED and len(builder.shape(-1)) == 1 and goal.by_row
    return Network(
        inputs=inputs,
        steps=steps,
        output=builder.shape(-1),
        batch=batch,
        loss=loss,
        labels=goal.labels,
        optimizer=optimizer,
        weighted=by_row and draw(st.booleans()),
        sequential=len(inputs) == 1 and chain and draw(st.booleans()),
        vocabulary=builder.vocabulary,
        padded=theme.name == "masks" and not builder.vocabulary,
        rows=rows,
        metrics=training_settings.metrics(draw, goal, loss),
        events=event_settings.events(draw, theme, optimizer, loss, by_class, freezable),
        theme=theme.name,
    )


def _with_frozen(
    draw: Draw, steps: tuple[Step, ...], builder: NetworkBuilder, always: bool
) -> tuple[tuple[Step, ...], bool]:
    """The steps, one of them named "frozen", if another one has weights, too."""
    shared = {step.shared_with for step in steps}
    weighted = [
        i
        for i, step in enumerate(steps)
        if step.shared_with is None and _has_weights(step, builder)
    ]
    free = [i for i in weighted if i not in shared]
    if len(weighted) < 2 or not free or not (always or draw(st.booleans())):
        return steps, False
    chosen = draw(st.sampled_from(free))
    named = replace(steps[chosen], settings={**steps[chosen].settings, "name": "frozen"})
    return (*steps[:chosen], named, *steps[chosen + 1 :]), True


def _has_weights(step: Step, builder: NetworkBuilder) -> bool:
    return any(
        layer.trainable_weights
        for layer, other in zip(builder.layers, builder.steps, strict=True)
        if other.name == step.name and other.settings == step.settings
    )

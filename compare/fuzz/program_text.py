"""Writes a network as a short program that runs with real Keras and with minicnn."""

from __future__ import annotations

import re
from typing import Any

from compare.cases import network_data
from compare.cases.case import LibraryObject
from compare.cases.kinds.networks import STEPS
from compare.cases.network import Network, Step

BEGIN = '''\
"""{title}"""

import json

import keras
import numpy as np


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


{model}
for i, w in enumerate(model.weights):
    value = numbers({weights} + i, *w.shape) / np.float32(max(1, np.prod(w.shape[:-1])) ** 0.5)
    w.assign(np.abs(value) if "variance" in w.name else value)
{data}
'''
TAPE = """
try:
    from keras import GradientTape, ops
except ImportError:
    from tensorflow import GradientTape
    from keras import ops

x = {tensors}
with GradientTape() as tape:{watch}
    y = model(x, training=True)
cotangent = ops.convert_to_tensor(numbers({cotangent}, *y.shape))
found = tape.gradient(y, {source}, output_gradients=cotangent)
"""
TRAIN = """labels = {labels}
model.compile(
    optimizer={optimizer},
    loss={loss},
    run_eagerly=True,
)
for step in range({steps}):
    loss = model.train_on_batch(x, labels{weighted})
"""
END = "print(json.dumps({{{quantity!r}: np.asarray({found}).tolist()}}))\n"
LABELS = {
    "numbers": "{}",
    "positive": "np.abs({})",
    "signs": "np.sign({})",
    "flags": "np.float32({} > 0)",
    "one_hot": "{0}\nlabels = np.float32(labels == labels.max(-1, keepdims=True))",
    "classes": "{}.argmax(-1)",
}


def program(network: Network, quantity: str, title: str) -> str:
    """The program that prints this quantity as JSON in its last line."""
    begin = BEGIN.format(
        title=title.replace("\\", "\\\\").replace('"""', "'''"),
        model=_sequential(network) if network.sequential else _functional(network),
        weights=network_data.WEIGHTS,
        data=_data(network),
    )
    return begin + _rest(network, quantity)


def _rest(network: Network, quantity: str) -> str:
    if quantity == "weights":
        return END.format(quantity=quantity, found="[w.path for w in model.weights]")
    if quantity == "output shape":
        return END.format(quantity=quantity, found="model.output_shape[1:]")
    if quantity in ("output", "output in training"):
        found = f"model(x, training={quantity != 'output'})"
        return END.format(quantity=quantity, found=found)
    gradient = re.match(r"gradient to (input|trainable weight) (\d+)", quantity)
    if gradient:
        return _gradient(network, *gradient.groups()) + END.format(quantity=quantity, found="found")
    step = re.search(r"step (\d)", quantity)
    weight = re.match(r"weight (\d+)", quantity)
    found = f"model.weights[{weight[1]}]" if weight else "loss"
    return _training(network, int(step[1]) if step else STEPS) + END.format(
        quantity=quantity, found=found
    )


def _call(thing: LibraryObject) -> str:
    settings = ", ".join(f"{key}={value!r}" for key, value in thing.settings.items())
    return f"keras.{thing.name}({settings})"


def _layer(step: Step) -> str:
    return _call(LibraryObject(f"layers.{step.name}", step.settings))


def _inputs(network: Network) -> list[str]:
    kind = ', dtype="int32"' if network.vocabulary else ""
    return [f"keras.Input({shape!r}{kind})" for shape in network.inputs]


def _sequential(network: Network) -> str:
    lines = [*_inputs(network), *map(_layer, network.steps)]
    return "model = keras.Sequential([\n" + "".join(f"    {line},\n" for line in lines) + "])"


def _functional(network: Network) -> str:
    lines = [f"t{i} = {line}" for i, line in enumerate(_inputs(network))]
    offset = len(lines)
    shared = {step.shared_with for step in network.steps}
    for i, step in enumerate(network.steps):
        called = _layer(step) if step.shared_with is None else f"layer{step.shared_with}"
        if i in shared and step.shared_with is None:
            lines.append(f"layer{i} = {called}")
            called = f"layer{i}"
        on = ", ".join(f"t{s}" for s in step.sources)
        lines.append(f"t{i + offset} = {called}({on if len(step.sources) == 1 else f'[{on}]'})")
    inputs = ", ".join(f"t{i}" for i in range(offset))
    last = f"t{len(network.steps) + offset - 1}"
    lines.append(f"model = keras.Model({inputs if offset == 1 else f'[{inputs}]'}, {last})")
    return "\n".join(lines)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"


def _numbers(seed: int, *shape: int) -> str:
    return f"numbers({', '.join(map(str, (seed, *shape)))})"


def _data(network: Network) -> str:
    parts = [_numbers(i, network.batch, *shape) for i, shape in enumerate(network.inputs)]
    if network.vocabulary:
        parts = [f"np.int32(np.abs({x}) * 100) % {network.vocabulary}" for x in parts]
    return f"x = {_listed(parts)}"


def _gradient(network: Network, what: str, number: str) -> str:
    inputs = len(network.inputs)
    tensors = "ops.convert_to_tensor(x)" if inputs == 1 else "[*map(ops.convert_to_tensor, x)]"
    source = f"model.trainable_weights[{number}].value"
    if what == "input":
        source = "x" if inputs == 1 else f"x[{number}]"
    watch = "\n    tape.watch(x)" if what == "input" else ""
    return TAPE.format(
        tensors=tensors, cotangent=network_data.COTANGENT, source=source, watch=watch
    )


def _training(network: Network, steps: int) -> str:
    shape = (network.batch, *network.output)
    weights = f"np.abs({_numbers(network_data.SAMPLE_WEIGHTS, network.batch)})"
    return TRAIN.format(
        labels=LABELS[network.labels].format(_numbers(network_data.LABELS, *shape)),
        optimizer=_call(network.optimizer),
        loss=_call(network.loss),
        steps=steps,
        weighted=f", sample_weight={weights}" if network.weighted else "",
    )


def in_one_line(value: Any) -> str:
    """A description of a network in one line."""
    names = [
        step.name if step.shared_with is None else f"{step.name} again" for step in value.steps
    ]
    inputs = " and ".join(str(shape) for shape in value.inputs)
    return f"{' → '.join(names)} on {inputs}, {_short(value.loss)}, {_short(value.optimizer)}"


def _short(thing: LibraryObject) -> str:
    return thing.name.rpartition(".")[2]

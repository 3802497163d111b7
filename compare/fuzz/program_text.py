"""Writes a network as a short program that runs with real Keras and with minicnn."""

from __future__ import annotations

import re
from typing import Any

from compare.cases import network_data
from compare.cases.case import LibraryObject
from compare.cases.network import Network, Step
from compare.fuzz import program_events
from compare.fuzz.program_events import called, setting

BEGIN = '''\
"""{title}"""

import json

import keras
import numpy as np

keras.utils.set_random_seed(0)


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def renew(seed):
    for i, w in enumerate(model.weights):
        value = numbers(seed + i, *w.shape) / np.float32(max(1, np.prod(w.shape[:-1])) ** 0.5)
        w.assign(np.abs(value) if "variance" in w.name else value)


{more}{model}
renew({weights})
x = {data}
'''
CHANNELS_FIRST = '''\
def channels_first(name, /, **settings):
    """A convolution as layers. TensorFlow computes it on a processor in channels last only."""
    layer, n = getattr(keras.layers, name), int(name[4])
    if keras.config.backend() != "tensorflow":
        return [layer(data_format="channels_first", **settings)]
    before = keras.layers.Permute((*range(2, n + 2), 1))
    return [before, layer(**settings), keras.layers.Permute((n + 1, *range(1, n + 1)))]


'''
PADDED = """\
def padded(x, seed):
    left_out = numbers(seed, *x.shape[:2]) > 0.5
    return np.where(left_out.reshape(left_out.shape + (1,) * (x.ndim - 2)), np.float32(0), x)


"""
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
END = "print(json.dumps({{{quantity!r}: np.asarray({found}).tolist()}}))\n"


def program(network: Network, quantity: str, title: str) -> str:
    """The program that prints this quantity as JSON in its last line."""
    first = any(_is_in_channels_first(step) for step in network.steps)
    begin = BEGIN.format(
        title=title.replace("\\", "\\\\").replace('"""', "'''"),
        more=CHANNELS_FIRST * first + PADDED * network.padded,
        model=_sequential(network) if network.sequential else _functional(network),
        weights=network_data.WEIGHTS,
        data=_data(network),
    )
    return begin + _rest(network, quantity)


def _rest(network: Network, quantity: str) -> str:
    if quantity[0].isdigit():
        text, found = program_events.text(network, quantity)
        return text + END.format(quantity=quantity, found=found)
    if quantity == "weights":
        found = '" ".join(f"{w.name}{tuple(w.shape)}" for w in model.weights)'
        return END.format(quantity=quantity, found=found)
    if quantity == "output shape":
        return END.format(quantity=quantity, found="str(model.output_shape)")
    rows = f"x = {program_events.first_rows(network, 'x', network.batch)}\n"
    if quantity in ("output", "output in training"):
        found = f"model(x, training={quantity != 'output'})"
        return rows + END.format(quantity=quantity, found=found)
    gradient = re.match(r"gradient to (input|trainable weight) (\d+)", quantity)
    if gradient:
        text = _gradient(network, *gradient.groups())
        return rows + text + END.format(quantity=quantity, found="found")
    return program_events.text(network, f"{len(network.events)} all: output")[0]


def _is_in_channels_first(step: Step) -> bool:
    """Whether it is a convolution that TensorFlow does not compute in this format."""
    found = re.fullmatch(r"Conv\dD(Transpose)?", step.name)
    return bool(found) and step.settings.get("data_format") == "channels_first"


def _layer(step: Step) -> str:
    if not _is_in_channels_first(step):
        return called(LibraryObject(f"layers.{step.name}", step.settings))
    settings = {key: value for key, value in step.settings.items() if key != "data_format"}
    listed = "".join(f", {key}={setting(value)}" for key, value in settings.items())
    return f"channels_first({step.name!r}{listed})"


def _inputs(network: Network) -> list[str]:
    kind = ', dtype="int32"' if network.vocabulary else ""
    return [f"keras.Input({shape!r}{kind})" for shape in network.inputs]


def _sequential(network: Network) -> str:
    layers = ["*" * _is_in_channels_first(step) + _layer(step) for step in network.steps]
    lines = [*_inputs(network), *layers]
    return "model = keras.Sequential([\n" + "".join(f"    {line},\n" for line in lines) + "])"


def _functional(network: Network) -> str:
    lines = [f"t{i} = {line}" for i, line in enumerate(_inputs(network))]
    offset = len(lines)
    shared = {step.shared_with for step in network.steps}
    for i, step in enumerate(network.steps):
        layer = _layer(step) if step.shared_with is None else f"layer{step.shared_with}"
        if i in shared and step.shared_with is None:
            lines.append(f"layer{i} = {layer}")
            layer = f"layer{i}"
        on = _listed([f"t{s}" for s in step.sources])
        if _is_in_channels_first(_first_call(network, step)):
            lines += [f"t{i + offset} = {on}", f"for layer in {layer}:"]
            lines.append(f"    t{i + offset} = layer(t{i + offset})")
        else:
            lines.append(f"t{i + offset} = {layer}({on})")
    inputs = _listed([f"t{i}" for i in range(offset)])
    lines.append(f"model = keras.Model({inputs}, t{len(network.steps) + offset - 1})")
    return "\n".join(lines)


def _first_call(network: Network, step: Step) -> Step:
    return step if step.shared_with is None else network.steps[step.shared_with]


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"


def _numbers(seed: int, *shape: int) -> str:
    return f"numbers({', '.join(map(str, (seed, *shape)))})"


def _data(network: Network) -> str:
    parts = [_numbers(i, network.rows, *shape) for i, shape in enumerate(network.inputs)]
    if network.vocabulary:
        parts = [f"np.int32(np.abs({x}) * 100) % {network.vocabulary}" for x in parts]
    if network.padded:
        parts = [f"padded({x}, {network_data.PADDING + i})" for i, x in enumerate(parts)]
    return _listed(parts)


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


def in_one_line(value: Any) -> str:
    """A description of a network in one line."""
    names = [
        step.name if step.shared_with is None else f"{step.name} again" for step in value.steps
    ]
    inputs = " and ".join(str((value.batch, *shape)) for shape in value.inputs)
    return f"{' → '.join(names)} on {inputs}, {_short(value.loss)}, {_short(value.optimizer)}"


def _short(thing: LibraryObject) -> str:
    inner = thing.settings.get("inner_optimizer", thing)
    return inner.name.rpartition(".")[2]

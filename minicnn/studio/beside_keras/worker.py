"""What the process with real Keras on TensorFlow runs.

Questions and answers are pickled, `(function, arguments)` on standard input and `(kind, answer)` on
standard output. It ends when its input does.
"""

from __future__ import annotations

import os
import pickle
import sys
from typing import Any

import numpy as np


def layer(
    name: str, settings: dict[str, Any], x: np.ndarray, weights: list, cotangent: np.ndarray
) -> dict[str, np.ndarray]:
    """The output of a layer in training, and its gradients: `output`, `input`, `weight 0`, ..."""
    import keras
    import tensorflow as tf

    made = getattr(keras.layers, name)(**settings)
    made.build(x.shape)
    for variable, value in zip(made.trainable_weights, weights, strict=True):
        variable.assign(value)
    variables = [v.value for v in made.trainable_weights]
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = made(x, training=True)
        total = tf.reduce_sum(y * cotangent)
    gradients = tape.gradient(total, [x, *variables])
    found = {"output": y, "input": gradients[0]}
    found |= {f"weight {i}": g for i, g in enumerate(gradients[1:])}
    return {k: tf.convert_to_tensor(v).numpy() for k, v in found.items() if v is not None}


def network(path: str, x: np.ndarray, class_index: int) -> dict[str, Any]:
    """The outputs of a saved model's layers, and the gradients of the score of a class to them.

    The score is the value before a last softmax or sigmoid.
    """
    import keras
    import tensorflow as tf

    model = keras.models.load_model(path, compile=False)
    names, tensors = _layer_outputs(model)
    inside = keras.Model(model.inputs, tensors)
    if isinstance(model, keras.Sequential):
        names, inside = [one.name for one in model.layers], _one_by_one(model.layers)
    outputs = _as_list(inside(x, training=False))
    last = model.layers[-1]
    softmaxes = (keras.activations.softmax, keras.activations.sigmoid)
    scores = names.index(last.name)
    if getattr(last, "activation", None) in softmaxes and hasattr(last, "kernel"):
        last.activation = keras.activations.linear
    elif isinstance(last, keras.layers.Softmax) or getattr(last, "activation", None) in softmaxes:
        scores = names.index(model.layers[-2].name)
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = _as_list(inside(x, training=False))
        score = tf.reduce_sum(values[scores][:, class_index])
    gradients = tape.gradient(score, [x, *values])
    found = dict(zip(["input", *names], gradients, strict=True))
    found = {k: tf.convert_to_tensor(g).numpy() for k, g in found.items() if g is not None}
    return {
        "version": keras.__version__,
        "outputs": {name: y.numpy() for name, y in zip(names, outputs, strict=True)},
        "gradients": {
            k: tf.convert_to_tensor(g).numpy() for k, g in found.items() if g is not None
        },
    }


def _one_by_one(layers: list) -> Any:
    """A function to the outputs of layers that follow each other."""

    def outputs(x: Any, training: bool) -> list:
        found = []
        for one in layers:
            x = one(x, training=training) if one._call_has_training_arg else one(x)
            found.append(x)
        return found

    return outputs


def _layer_outputs(model: Any) -> tuple[list[str], list]:
    """Names and outputs of the layers that have one output."""
    found = {}
    for one in model.layers:
        try:
            output = one.output
        except (AttributeError, ValueError):  # called several times
            continue
        if not isinstance(output, (list, tuple, dict)) and type(one).__name__ != "InputLayer":
            found[one.name] = output
    return list(found), list(found.values())


def _as_list(values: Any) -> list:
    return list(values) if isinstance(values, (list, tuple)) else [values]


def _serve() -> None:
    """Answers until the input ends. What libraries print goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    functions = {"layer": layer, "network": network}
    while True:
        try:
            question, content = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        try:
            answer = ("value", functions[question](**content))
        except Exception as error:  # whatever Keras refuses is told to the person
            answer = ("error", f"{type(error).__name__}: {str(error).partition(chr(10))[0]}")
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    _serve()

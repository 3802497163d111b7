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
    name: str, config: dict[str, Any], xs: list[np.ndarray], weights: list, y: np.ndarray
) -> dict[str, np.ndarray]:
    """The output of a layer in training, and its gradients: `output`, `input 0`, `weight 0`, ...

    y is the cotangent of the output.
    """
    import keras
    import tensorflow as tf

    made = getattr(keras.layers, name).from_config(config)
    apart = len(xs) == 1 or name == "MultiHeadAttention"
    shapes = [x.shape for x in xs]
    made.build(*(shapes if apart else [shapes]))
    for variable, value in zip(made.trainable_weights, weights, strict=True):
        variable.assign(value)
    variables = [v.value for v in made.trainable_weights]
    inputs = [tf.constant(x) for x in xs]
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        output = made(*(inputs if apart else [inputs]), training=True)
        total = tf.reduce_sum(output * y)
    found = tape.gradient(total, [inputs, variables])
    answer = {"output": output}
    for kind, gradients in zip(("input", "weight"), found, strict=True):
        answer |= {f"{kind} {i}": g for i, g in enumerate(gradients) if g is not None}
    return {k: tf.convert_to_tensor(v).numpy() for k, v in answer.items()}


def loss(
    name: str, settings: dict[str, Any], target: np.ndarray, scores: np.ndarray
) -> dict[str, np.ndarray]:
    """A loss and its gradient to the scores."""
    import keras
    import tensorflow as tf

    made = getattr(keras.losses, name)(**settings)
    x = tf.constant(scores)
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = made(target, x)
    return {
        "loss": value.numpy(),
        "gradient": tf.convert_to_tensor(tape.gradient(value, x)).numpy(),
    }


def optimizer(
    name: str, config: dict[str, Any], start: np.ndarray, gradients: list
) -> dict[str, np.ndarray]:
    """Weights after a step for each gradient."""
    import keras
    import tensorflow as tf

    made = getattr(keras.optimizers, name).from_config(config)
    w = keras.Variable(start)
    made.build([w])
    for g in gradients:
        made.apply([tf.constant(g)], [w])
    return {"weights": w.numpy()}


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
    gradients = [
        None if g is None else tf.convert_to_tensor(g).numpy()
        for g in tape.gradient(score, [x, *values])
    ]
    return {
        "version": keras.__version__,
        "input": x.numpy(),
        "outputs": {name: y.numpy() for name, y in zip(names, outputs, strict=True)},
        "to_input": gradients[0],
        "gradients": dict(zip(names, gradients[1:], strict=True)),
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
    functions = {one.__name__: one for one in (layer, loss, optimizer, network)}
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

"""Models that are made alike of minicnn and of Keras: `make(keras)` takes either module."""

from __future__ import annotations

import numpy as np


def convnet(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((8, 9, 2)),
            layers.Conv2D(4, 3, activation="relu", padding="same", kernel_regularizer="l2"),
            layers.BatchNormalization(),
            layers.MaxPooling2D((2, 3)),
            layers.DepthwiseConv2D(2, use_bias=False, depthwise_constraint="non_neg"),
            layers.ReLU(max_value=6.0),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(5, activation="softmax", kernel_initializer="he_normal"),
        ],
        name="convnet",
    )


def branches(keras):
    layers = keras.layers
    a, b = keras.Input((6,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(4, activation="tanh", name="shared")
    inner = keras.Sequential([layers.Dense(3), layers.LayerNormalization()], name="inner")
    x = layers.Concatenate()([shared(layers.Dense(4)(a)), shared(b), b])
    y = inner(x)
    first = x[:, :1] - x[:, -1:]
    z = first * keras.ops.sum(y * 2.0 + 1.0, axis=-1, keepdims=True)
    return keras.Model({"a": a, "b": b}, {"y": y, "z": z}, name="branches")


def nested(keras):
    layers = keras.layers
    image = keras.Input((8, 8, 1))
    features = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 3, strides=2), layers.GlobalAveragePooling2D()],
        name="features",
    )
    head_input = keras.Input((2,))
    head = keras.Model(head_input, layers.Dense(3)(layers.Rescaling(0.5)(head_input)), name="head")
    return keras.Model(image, layers.Add()([head(features(image)), head(features(image * 0.5))]))


def words(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((7,), dtype="int32"),
            layers.Embedding(11, 5),
            layers.Reshape((7, 5, 1)),
            layers.ZeroPadding2D(1),
            layers.AveragePooling2D(2),
            layers.Flatten(),
            layers.Dense(2),
            layers.Activation("softplus"),
        ]
    )


def mixed(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((3,)),
            layers.Dense(4, dtype="mixed_float16", activation="relu"),
            layers.Dense(2, dtype="float32"),
        ]
    )


MODELS = {make.__name__: make for make in (convnet, branches, nested, words, mixed)}


def subclassed(keras):
    """A model of one's own, with layers as attributes and in lists and dicts."""

    class Block(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.dense = keras.layers.Dense(units)
            self.scale = None

        def build(self, input_shape):
            self.dense.build(input_shape)
            self.scale = self.add_weight(shape=(self.units,), initializer="ones", name="scale")

        def call(self, x):
            return self.dense(x) * self.scale

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    class Own(keras.Model):
        def __init__(self, width=3, **kwargs):
            super().__init__(**kwargs)
            self.width = width
            self.blocks = [Block(width), [Block(width), Block(width)], (keras.layers.Dense(4),)]
            self.heads = {"b": keras.layers.Dense(2), "a": keras.layers.Dense(2)}
            self._hidden = keras.layers.Dense(width)
            self.offset = self.add_weight(shape=(2,), initializer="ones", name="offset")
            self.mean = keras.metrics.Mean(name="mean")

        def call(self, x):
            x = self.blocks[1][1](self.blocks[1][0](self.blocks[0](x)))
            x = self.blocks[2][0](self._hidden(x))
            return self.heads["a"](x) + self.heads["b"](x) * self.offset

        def get_config(self):
            return {**super().get_config(), "width": self.width}

    model = Own()
    model(np.zeros((1, 3), "float32"))
    return model, {"Own": Own, "Block": Block}


def inputs_for(model, rng):
    """A batch for the model, from `model.inputs`."""
    batch = {}
    for tensor in model.inputs:
        shape = (4, *tensor.shape[1:])
        if str(tensor.dtype).startswith("int"):
            batch[tensor.name] = rng.integers(0, 11, shape).astype("int32")
        else:
            batch[tensor.name] = rng.normal(size=shape).astype("float32")
    return next(iter(batch.values())) if len(batch) == 1 else batch

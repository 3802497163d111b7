"""Forecasts a series from windows over it, as courses do; the last line is what it found."""

import json

import numpy as np
import tensorflow as tf

WINDOW = 12
time = np.arange(90, dtype="float32")
series = np.sin(time / 6) + 0.3 * np.cos(time / 2)
options = tf.data.Options()
options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
options.threading.private_threadpool_size = 1
options.deterministic = True


def windowed(series, size, batch_size, shuffle_buffer):
    dataset = tf.data.Dataset.from_tensor_slices(tf.expand_dims(series, axis=-1))
    dataset = dataset.window(size + 1, shift=1, drop_remainder=True)
    dataset = dataset.flat_map(lambda window: window.batch(size + 1))
    dataset = dataset.shuffle(shuffle_buffer)
    dataset = dataset.map(lambda window: (window[:-1], window[-1]), tf.data.AUTOTUNE)
    return dataset.with_options(options).batch(batch_size).prefetch(1)


def ramp(shape, dtype=None):
    """Weights that do not depend on random numbers."""
    return tf.reshape(tf.sin(tf.range(int(np.prod(shape)), dtype="float32")), shape) * 0.3


def forecaster(first):
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input((WINDOW, 1)),
            first,
            tf.keras.layers.Dense(1, kernel_initializer=ramp),
        ]
    )
    # Not Adam: with data of unknown length, TensorFlow's graphs count one step more in each epoch.
    sgd = tf.keras.optimizers.SGD(0.1, momentum=0.9)
    model.compile(sgd, tf.keras.losses.Huber(), metrics=["mae"])
    return model


# One batch has all windows, so that their order does not matter.
train, valid = windowed(series[:60], WINDOW, 64, 1000), windowed(series[60:], WINDOW, 8, 1)
size_known = train.apply(tf.data.experimental.assert_cardinality(1))
lstm = forecaster(tf.keras.layers.LSTM(4, kernel_initializer=ramp, recurrent_initializer=ramp))
dense = forecaster(tf.keras.layers.Reshape((WINDOW,)))
histories = [
    model.fit(data, validation_data=valid, epochs=4, verbose=0).history
    for model, data in ((lstm, train), (dense, size_known))
]

inputs = tf.data.Dataset.from_tensor_slices(series[:, np.newaxis])
inputs = inputs.window(WINDOW, shift=1, drop_remainder=True)
inputs = inputs.flat_map(lambda w: w.batch(WINDOW)).batch(32)
forecast = lstm.predict(inputs, verbose=0)


def positive(x):
    return x > 0


found = [
    histories,
    forecast[:, 0].tolist(),
    [[item.numpy().item() for item in w] for w in tf.data.Dataset.range(7).window(3, 2, 2)],
    [
        x.shape.as_list() if hasattr(x.shape, "as_list") else list(x.shape)
        for x in train.element_spec
    ],
    len(size_known),
    [int(x) for x in tf.data.Dataset.range(5, -5, -1).take_while(positive)],
    [int(x) for x in tf.data.Dataset.range(5).interleave(tf.data.Dataset.range, 2, 2)],
]
print(json.dumps(found))

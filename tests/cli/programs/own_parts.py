"""A layer, a loss, a metric, a callback and a model of one's own."""

import json

import keras
import numpy as np
from keras import ops


class Scaled(keras.layers.Layer):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
        self.scale = self.add_weight(shape=(), initializer="ones", name="scale")

    def call(self, inputs):
        self.add_loss(1e-3 * ops.sum(ops.square(self.kernel)))
        return self.scale * ops.tanh(inputs @ self.kernel)


class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.hidden = Scaled(5)
        self.normalization = keras.layers.LayerNormalization()
        self.out = keras.layers.Dense(2)

    def call(self, inputs, training=False):
        x = self.normalization(self.hidden(inputs))
        return self.out(x + 1.0 if training else x)


class WorstError(keras.metrics.Metric):
    def __init__(self, name="worst", **kwargs):
        super().__init__(name=name, **kwargs)
        self.worst = self.add_variable((), initializer="zeros", name="worst")

    def update_state(self, y_true, y_pred, sample_weight=None):
        error = ops.max(ops.abs(ops.cast(y_true, y_pred.dtype) - y_pred))
        self.worst.assign(ops.maximum(self.worst, error))

    def result(self):
        return self.worst

    def reset_state(self):
        self.worst.assign(0.0)


class Epochs(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append([epoch, sorted(logs)])


def cubic(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)


rng = np.random.default_rng(5)
x = rng.normal(size=(64, 7)).astype("float32")
y = np.stack([x[:, 0] * x[:, 1], x[:, 2:].max(-1)], axis=-1).astype("float32")

model = Net()
model(x[:1])
model.set_weights([rng.normal(0, 0.5, weight.shape) for weight in model.get_weights()])
model.compile(optimizer=keras.optimizers.RMSprop(0.02), loss=cubic, metrics=[WorstError()])
epochs = Epochs()
history = model.fit(x, y, epochs=3, batch_size=16, shuffle=False, callbacks=[epochs], verbose=0)

print(
    json.dumps(
        {
            "names": [weight.path.split("/", 1)[1] for weight in model.weights],
            "seen": epochs.seen,
            "history": history.history,
            "evaluated": model.evaluate(x, y, verbose=0, return_dict=True),
            "predicted": model.predict(x[:2], verbose=0).tolist(),
        }
    )
)

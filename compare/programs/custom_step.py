"""A user-defined training step, with mixed labels, an added loss and two metrics."""

import json

import keras
import numpy as np
from keras import layers, ops

keras.utils.set_random_seed(13)
rng = np.random.default_rng(13)
centres = rng.normal(0, 2, (3, 6))
labels = rng.integers(0, 3, 300)
points = (centres[labels] + rng.normal(0, 0.7, (300, 6))).astype("float32")


class Spread(layers.Layer):
    """Returns its inputs, and adds a loss that is small if they differ from each other."""

    def call(self, inputs):
        self.add_loss(0.01 * ops.mean(ops.exp(-ops.var(inputs, axis=0))))
        return inputs


class Smoothed(keras.Model):
    """A classifier that is trained with smoothed labels."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(16, activation="relu")
        self.spread = Spread()
        self.dropout = layers.Dropout(0.1)
        self.scores = layers.Dense(3)
        self.seen = keras.metrics.Mean(name="seen")
        self.right = keras.metrics.SparseCategoricalAccuracy(name="right")

    def call(self, inputs, training=False):
        return self.scores(self.dropout(self.spread(self.hidden(inputs)), training=training))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        target = 0.9 * ops.one_hot(y, 3) + 0.1 / 3
        loss = ops.mean(ops.categorical_crossentropy(target, y_pred, from_logits=True))
        self.seen.update_state(loss)
        self.right.update_state(y, y_pred)
        return loss + sum(self.losses)

    @property
    def metrics(self):
        return [self.seen, self.right]

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        return self.get_metrics_result()


model = Smoothed()
model(points[:1])
model.set_weights([rng.normal(0, 0.3, w.shape) for w in model.weights])  # the same for both
model.compile(keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True))
history = model.fit(points, labels, epochs=10, batch_size=25, shuffle=False, verbose=0)
found = model.evaluate(points, labels, verbose=0, return_dict=True)
keys = sorted(history.history)
print(json.dumps({"right": float(found["right"]), "logs": keys, "weights": len(model.weights)}))

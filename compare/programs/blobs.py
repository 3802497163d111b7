"""A small convnet that classifies the place of a bright square; trained with two rates."""

import json

import keras
import numpy as np

keras.utils.set_random_seed(3)
rng = np.random.default_rng(3)
labels = rng.integers(0, 2, 256)
images = rng.normal(0, 0.1, (256, 8, 8, 1)).astype("float32")
images[labels == 0, 2:4, 2:4] += 1
images[labels == 1, 4:6, 4:6] += 1

model = keras.Sequential(
    [
        keras.Input((8, 8, 1)),
        keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.Flatten(),
        keras.layers.Dense(2, activation="softmax"),
    ]
)
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.optimizer.learning_rate = 0.01
model.fit(images, labels, epochs=5, batch_size=32, validation_split=0.25, verbose=0)
model.optimizer.learning_rate = 0.001
model.fit(images, labels, epochs=1, batch_size=32, verbose=0)
loss, accuracy = model.evaluate(images, labels, verbose=0)
shapes = [list(w.shape) for w in model.weights]
print(json.dumps({"accuracy": accuracy, "parameters": model.count_params(), "shapes": shapes}))

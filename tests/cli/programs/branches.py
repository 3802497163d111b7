"""Two branches, merged, from fixed weights: every number is the same wherever this runs."""

import json
import sys

import keras
import numpy as np
from keras import layers
from keras.models import Model

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 4
rng = np.random.default_rng(0)
images = rng.normal(size=(32 * steps, 12, 12, 1)).astype("float32")
labels = (images.mean(axis=(1, 2, 3)) > 0).astype("int32")

inputs = keras.Input((12, 12, 1), name="image")
fine = layers.Conv2D(4, 3, padding="same", activation="relu")(inputs)
coarse = layers.Conv2D(4, (5, 5), padding="same", activation="tanh")(inputs)
x = layers.Concatenate()([fine, coarse])
x = layers.MaxPooling2D()(x)
x = layers.BatchNormalization(name="normal")(x)
x = layers.Add()([x, layers.Conv2D(8, 1)(x)])
outputs = layers.Dense(2, activation="softmax")(layers.GlobalAveragePooling2D()(x))
model = Model(inputs, outputs)
model.set_weights(
    [
        rng.normal(0, 0.3, w.shape) ** (2 if i in (6, 7) else 1)
        for i, w in enumerate(model.get_weights())
    ]
)
model.compile(
    optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 2 * steps)),
    loss="sparse_categorical_crossentropy",
    metrics=["accuracy"],
)
history = model.fit(images, labels, batch_size=32, epochs=2, shuffle=False, verbose=0)
loss, accuracy = model.evaluate(images, labels, verbose=0)

model.save("branches.keras")
restored = keras.saving.load_model("branches.keras")
maps = Model(restored.inputs, restored.get_layer("normal").output)

print(
    json.dumps(
        {
            "parameters": model.count_params(),
            "weights": [list(weight.shape) for weight in model.weights],
            "losses": history.history["loss"],
            "loss": loss,
            "accuracy": accuracy,
            "maps": float(np.abs(maps.predict(images[:8], verbose=0)).mean()),
            "predictions": restored.predict(images[:3], verbose=0).tolist(),
        }
    )
)

"""An autoencoder of striped images, of convolutions and transposed convolutions."""

import json

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(7)
rng = np.random.default_rng(7)
phase, pitch = rng.uniform(0, 6.28, (2, 160, 1, 1, 1))
rows = np.arange(12).reshape(1, 12, 1, 1)
stripes = 0.5 + 0.5 * np.sin(rows * (0.4 + pitch / 6) + phase)
images = np.broadcast_to(stripes, (160, 12, 12, 1)).astype("float32")
noisy = (images + rng.normal(0, 0.2, images.shape)).astype("float32")

encoder = keras.Sequential(
    [
        keras.Input((12, 12, 1)),
        layers.Conv2D(8, 3, strides=2, padding="same", activation="relu"),
        layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
    ],
    name="encoder",
)
decoder = keras.Sequential(
    [
        keras.Input((3, 3, 4)),
        layers.Conv2DTranspose(8, 3, strides=2, padding="same", activation="relu"),
        layers.UpSampling2D(2),
        layers.Conv2D(1, 3, padding="same", activation="sigmoid"),
    ],
    name="decoder",
)
inputs = keras.Input((12, 12, 1))
model = keras.Model(inputs, decoder(encoder(inputs)))
model.compile(keras.optimizers.RMSprop(0.005), "mse", metrics=["mae"])
model.fit(noisy, images, epochs=12, batch_size=16, validation_split=0.2, verbose=0)
code = encoder.predict(noisy[:2], verbose=0)
error, _ = model.evaluate(noisy, images, verbose=0)
print(json.dumps({"error": error, "code": list(code.shape), "weights": len(model.weights)}))

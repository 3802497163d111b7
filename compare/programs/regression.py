"""A dense network fits a curve, with callbacks, sample weights, a schedule and a saved file."""

import json

import keras
import numpy as np
from keras import callbacks, layers, optimizers, regularizers

keras.utils.set_random_seed(11)
rng = np.random.default_rng(11)
x = rng.uniform(-3, 3, (400, 1)).astype("float32")
y = np.sin(x) + 0.3 * x + rng.normal(0, 0.05, x.shape).astype("float32")
weights = np.where(np.abs(x[:, 0]) < 2, 1.0, 0.5).astype("float32")

model = keras.Sequential(
    [
        keras.Input((1,)),
        layers.Dense(32, activation="tanh", kernel_regularizer=regularizers.L2(1e-5)),
        layers.LayerNormalization(),
        layers.Dense(32, activation="gelu"),
        layers.Dense(1),
    ]
)
# The same start in each library: what follows then differs by rounding only.
model.set_weights([rng.normal(0, 0.2, w.shape) + ("gamma" in w.path) for w in model.weights])
rate = optimizers.schedules.CosineDecay(0.02, decay_steps=500)
model.compile(optimizers.AdamW(rate, weight_decay=1e-4, clipnorm=1.0), keras.losses.Huber(0.1))
rates = []
history = model.fit(
    x[:320],
    y[:320],
    sample_weight=weights[:320],
    validation_data=(x[320:], y[320:], weights[320:]),
    epochs=60,
    batch_size=32,
    shuffle=False,
    verbose=0,
    callbacks=[
        callbacks.EarlyStopping(patience=60, restore_best_weights=True),
        callbacks.ModelCheckpoint("best.keras", save_best_only=True),
        callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate))
        ),
    ],
)
best = keras.models.load_model("best.keras")
same = float(np.abs(best.predict(x, verbose=0) - model.predict(x, verbose=0)).max())
error = best.evaluate(x[320:], y[320:], verbose=0)
found = {"error": error, "same": same < 1e-3, "epochs": len(history.epoch), "rates": rates[::10]}
print(json.dumps(found))

"""A Keras program as TensorFlow's users write it."""

import json

import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.callbacks import EarlyStopping, LearningRateScheduler
from tensorflow.keras.models import Sequential
from tensorflow.keras.utils import to_categorical

tf.random.set_seed(1)
np.random.seed(2)
first_draw = np.random.rand()

images = np.random.rand(96, 8, 8, 3).astype("float32")
labels = to_categorical(np.arange(96) % 3, 3)

model = Sequential()
model.add(tf.keras.layers.Conv2D(6, (3, 3), input_shape=(8, 8, 3), padding="SAME"))
model.add(layers.Activation("relu"))
model.add(layers.AveragePooling2D(2))
model.add(layers.Flatten())
model.add(layers.Dense(3, kernel_regularizer=tf.keras.regularizers.l2(0.01)))
model.add(layers.Softmax())
weights = [np.random.normal(0, 0.2, weight.shape) for weight in model.get_weights()]
model.set_weights(weights)
model.compile(
    loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
    optimizer=tf.keras.optimizers.SGD(learning_rate=0.05, momentum=0.9, nesterov=True),
    metrics=[tf.keras.metrics.CategoricalAccuracy(name="right")],
)
history = model.fit(
    images,
    labels,
    epochs=3,
    validation_split=0.25,
    shuffle=False,
    callbacks=[LearningRateScheduler(lambda epoch, rate: rate * 0.5), EarlyStopping(patience=9)],
    verbose=0,
)

print(
    json.dumps(
        {
            "same_draw": first_draw,
            "parameters": model.count_params(),
            "history": history.history,
            "keras_3": tf.keras.__version__.startswith("3"),
        }
    )
)

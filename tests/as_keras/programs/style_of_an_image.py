"""A program of a public kind."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

net = keras.Sequential(
    [
        keras.Input((None, None, 3)),
        keras.layers.Conv2D(6, 3, activation="relu", name="b1"),
        keras.layers.AveragePooling2D(2),
        keras.layers.Conv2D(8, 3, activation="relu", name="b2"),
    ]
)
features = keras.Model(net.inputs, {l.name: l.output for l in net.layers if l.name.startswith("b")})
features.trainable = False


def gram_matrix(x):
    x = tf.transpose(x, (2, 0, 1))
    f = tf.reshape(x, (tf.shape(x)[0], -1))
    return tf.matmul(f, tf.transpose(f))


def gram(t):
    result = tf.linalg.einsum("bijc,bijd->bcd", t, t)
    s = tf.shape(t)
    return result / tf.cast(s[1] * s[2], tf.float32)


def total_variation_loss(x):
    a = tf.square(x[:, :-1, :-1, :] - x[:, 1:, :-1, :])
    b = tf.square(x[:, :-1, :-1, :] - x[:, :-1, 1:, :])
    return tf.reduce_sum(tf.pow(a + b, 1.25))


content = tf.constant(np.random.rand(1, 20, 24, 3).astype("float32"))
style = tf.random.uniform((1, 20, 24, 3))
cf, sf = features(content), features(style)
image = tf.Variable(content)
opt = keras.optimizers.Adam(learning_rate=0.02, beta_1=0.99, epsilon=1e-1)


@tf.function()
def step(image):
    with tf.GradientTape() as tape:
        out = features(image)
        loss = tf.zeros(shape=())
        loss += 2.5e-1 * tf.reduce_mean(tf.square(out["b2"] - cf["b2"]))
        loss = loss + tf.add_n([tf.reduce_mean((gram(out[n]) - gram(sf[n])) ** 2) for n in out])
        loss += 1e-2 * tf.reduce_mean(
            tf.square(gram_matrix(out["b1"][0]) - gram_matrix(sf["b1"][0]))
        )
        loss += 1e-4 * total_variation_loss(image) + 1e-4 * tf.image.total_variation(image)[0]
    grad = tape.gradient(loss, image)
    opt.apply_gradients([(grad, image)])
    image.assign(tf.clip_by_value(image, clip_value_min=0.0, clip_value_max=1.0))
    return loss


first = step(image)
for _ in range(15):
    last = step(image)
assert last < first
print("loss fell", float(first), float(last))

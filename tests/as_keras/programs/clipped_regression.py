"""A program of a public kind."""

import tensorflow as tf

X = tf.random.normal((200, 3), seed=1)
true_w = tf.constant([[2.0], [-3.4], [1.1]])
y = tf.matmul(X, true_w) + 4.2 + tf.random.normal((200, 1), stddev=0.01)
w = tf.Variable(tf.random.normal((3, 1), stddev=0.01), trainable=True, name="w")
b = tf.Variable(tf.zeros(1), trainable=True)


def squared_loss(y_hat, y):
    return (y_hat - tf.reshape(y, y_hat.shape)) ** 2 / 2


@tf.function(
    jit_compile=True,
    input_signature=[
        tf.TensorSpec(shape=[None, 3], dtype=tf.float32),
        tf.TensorSpec([None, 1], tf.float32),
    ],
)
def step(xb, yb):
    with tf.GradientTape(persistent=True) as g:
        l = tf.reduce_mean(squared_loss(tf.matmul(xb, w) + b, yb))
    grads = g.gradient(l, [w, b])
    del g
    grads, norm = tf.clip_by_global_norm(grads, 1.0)
    for p, gr in zip([w, b], grads, strict=False):
        p.assign_sub(0.3 * gr)
    return l, norm


for _epoch in range(60):
    idx = tf.random.shuffle(tf.range(tf.shape(X)[0]))
    for i in range(0, 200, 50):
        j = tf.constant(idx[i : min(i + 50, 200)])
        l, n = step(tf.gather(X, j), tf.gather(y, j))
print("loss", float(l), w.numpy().ravel(), b.numpy(), n.numpy())
assert float(l) < 1e-3

"""Programs of public kinds that train with TensorFlow's names, run unchanged."""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("clipped_regression", "loss "),
        ("gradient_penalty", "d_loss: "),
        ("style_of_an_image", "loss fell"),
        ("variational_autoencoder", "kl_loss: "),
    ],
)
def test_a_program_runs_to_its_end(name, shown, tmp_path):
    command = [sys.executable, "-m", "minicnn", "run", str(PROGRAMS / f"{name}.py")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert shown in done.stdout


TENSORS = """
import numpy as np
import tensorflow as tf
v = tf.Variable([0.2, 0.8])
with tf.GradientTape() as tape:
    p = tf.nn.softmax(tf.expand_dims(v, 0))
    flat = np.squeeze(p)
    np.random.choice(2, p=flat)
    y = tf.math.log(p[0, 1])
label = tf.argmax(v).numpy()
print({0: "no", 1: "yes"}[label], type(flat).__name__, p.get_shape().as_list(),
      tape.gradient(y, v).numpy().round(2), f"{y.numpy():.2f}")
"""

REPLAYED = """
import keras, numpy as np, tensorflow as tf
class Noisy(keras.Model):
    def train_step(self, data):
        x, y = data
        noise = tf.random.normal((tf.shape(x)[0], 3))
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(self(x + noise, training=True) - y))
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables))
        return {"loss": loss, "noise": tf.reduce_sum(noise)}
def logs(**settings):
    keras.utils.set_random_seed(1)
    inputs, found = keras.Input((3,)), []
    model = Noisy(inputs, keras.layers.Dense(1)(inputs))
    model.compile("sgd", **settings)
    add = lambda _, logs: found.append(dict(logs))
    keep = keras.callbacks.LambdaCallback(on_train_batch_end=add)
    model.fit(np.ones((24, 3)), np.ones((24, 1)), batch_size=4, verbose=0, callbacks=[keep])
    return found
found = logs()
print(found == logs(run_eagerly=True), len({float(each["noise"]) for each in found}))
"""


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        (TENSORS, "yes ndarray [1, 2] [-0.35  0.35] -0.44"),
        (REPLAYED, "True 6"),
    ],
    ids=["tensors_as_tensorflow_s", "random_numbers_in_replayed_steps"],
)
def test_a_short_program_prints(program, printed, tmp_path):
    (tmp_path / "program.py").write_text(program)
    command = [sys.executable, "-m", "minicnn", "run", "program.py"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == printed, done.stderr

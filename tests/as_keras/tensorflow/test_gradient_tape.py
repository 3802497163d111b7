"""`tf.GradientTape`, `tf.Variable` and `tf.function`, beside those of real TensorFlow."""

import numpy as np
import pytest

from minicnn import tree
from minicnn.as_keras import tensorflow as table


@pytest.fixture(scope="module")
def real(keras):
    return pytest.importorskip("tensorflow")


def ours():
    return table.Names("tensorflow", lambda name: f"no {name}")


def two_sources(tf, persistent=False, **settings):
    x, v = tf.constant([1.0, 2.0, -3.0]), tf.Variable([0.5, 1.0, 2.0])
    with tf.GradientTape(persistent=persistent, **settings) as tape:
        tape.watch(x)
        y = tf.sin(x) * v * v
    return tape, x, v, y


def in_structures(tf):
    tape, x, v, y = two_sources(tf)
    return tape.gradient(y, {"x": x, "more": [v, (x,)]})


def unconnected(tf):
    tape, _, v, y = two_sources(tf)
    other, frozen, number = tf.constant(1.0), tf.Variable(1.0, trainable=False), tf.Variable(3)
    return tape.gradient(y, [v, other, frozen, number])


def unconnected_as_zeros(tf):
    tape, _, v, y = two_sources(tf)
    zero = tf.UnconnectedGradients.ZERO
    return tape.gradient(y, [v, tf.Variable([1.0, 2.0])], unconnected_gradients=zero)


def variables_not_watched(tf):
    tape, x, v, y = two_sources(tf, watch_accessed_variables=False)
    return tape.gradient(y, [x, v])


def frozen_but_watched(tf):
    v = tf.Variable(2.0, trainable=False)
    with tf.GradientTape() as tape:
        tape.watch(v)
        y = v**3
    return tape.gradient(y, v)


def computed_before(tf):
    """Only the outer tape knows what was computed before the inner one was opened."""
    x = tf.constant(2.0)
    with tf.GradientTape() as outer:
        outer.watch(x)
        y = x * x
        with tf.GradientTape() as inner:
            inner.watch(y)
            z = y**3 + x * y
        g = inner.gradient(z, [y, x])
    return g, outer.gradient(z, x)


def computed_after(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
    z = y * 3
    return tape.gradient([y, z], x)


def second_order_through_the_inner_tape(tf):
    """The cut at the border of the inner tape must not cut the outer one's way."""
    x = tf.Variable([1.0, 2.0])
    with tf.GradientTape() as outer:
        y = x**3
        with tf.GradientTape() as inner:
            inner.watch(y)
            z = tf.reduce_sum(y * y * x)
        g = inner.gradient(z, y)
        loss = tf.reduce_sum(g * g)
    return g, outer.gradient(loss, x)


def paused(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            factor = x * 5
        z = y * factor
    return tape.gradient(z, x)


def asked_inside(tf):
    x = tf.Variable(2.0)
    with tf.GradientTape(persistent=True) as tape:
        y = x**3
        g = tape.gradient(y, x)
        z = g * x
    return g, tape.gradient(z, x)


def weighted(tf):
    tape, x, v, y = two_sources(tf, persistent=True)
    weights = tf.constant([1.0, -2.0, 0.5])
    return tape.gradient(y, [x, v], output_gradients=weights), tape.gradient([y, y], v)


def jacobians(tf):
    x = tf.constant([[1.0, 2.0], [3.0, -1.0], [0.5, 2.0]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = tf.sin(x) * tf.reduce_sum(x, axis=1, keepdims=True)
    return tape.jacobian(y, x), tape.batch_jacobian(y, x)


def of_intermediates(tf):
    x = tf.Variable(1.5)
    with tf.GradientTape() as tape:
        y = tf.exp(x)
        z = y * y
    return tape.gradient(z, [y, x, z])


def whole_numbers(tf):
    i, x = tf.constant(3), tf.constant(1.0)
    with tf.GradientTape() as tape:
        tape.watch([i, x])
        y = tf.cast(i, tf.float32) * x
    return tape.gradient(y, [i, x])


def assigned_inside(tf):
    v = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        y = v * v
        v.assign_add(1.0)
        z = y * v
    return tape.gradient(z, v), v.numpy(), v.assign_sub(4.0).numpy(), v.assign(7.0).numpy()


def variables(tf):
    made = [tf.Variable(3), tf.Variable([1.0]), tf.Variable(lambda: tf.ones((2,)))]
    made += [tf.Variable(np.ones(2)), tf.Variable([1, 2], dtype=tf.float32, name="w")]
    names = [tf.constant(len(v.name)) for v in made]
    return [v.read_value() for v in made] + [v * 2 for v in made] + names


def functions(tf):
    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec([None], tf.float32)])
    def doubled(x):
        return {"y": tf.reshape(x, tf.shape(x)) * 2, "n": 1.5}

    class Model:
        @tf.function
        def step(self, x, flag=True):
            return tf.reduce_sum(x) if flag else None

    return doubled(np.ones(3, "float32")), Model().step(np.ones((2, 2))), Model().step(1.0, False)


def own_gradient(tf):
    @tf.custom_gradient
    def clipped(x):
        return x * 1, lambda upstream: tf.clip_by_norm(upstream, 0.5)

    x = tf.Variable([3.0, 4.0])
    with tf.GradientTape() as tape:
        y = clipped(x * 2.0)
    return tape.gradient(y, x)


PROGRAMS = [
    in_structures,
    unconnected,
    unconnected_as_zeros,
    variables_not_watched,
    frozen_but_watched,
    computed_before,
    computed_after,
    second_order_through_the_inner_tape,
    paused,
    asked_inside,
    weighted,
    jacobians,
    of_intermediates,
    whole_numbers,
    assigned_inside,
    variables,
    functions,
    own_gradient,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_as_in_tensorflow(program, real):
    found, expected = tree.flatten(program(ours())), tree.flatten(program(real))
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert (one is None) == (other is None)
        if other is not None:
            one, other = np.asarray(one), np.asarray(other)
            assert (one.dtype, one.shape) == (other.dtype, other.shape)
            np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_a_tape_gives_its_gradient_once():
    tape, x, _, y = two_sources(ours())
    tape.gradient(y, x)
    with pytest.raises(RuntimeError, match="persistent"):
        tape.gradient(y, x)


def test_drawn_numbers_have_the_shapes_types_and_ranges_asked_for(real):
    def drawn(tf):
        tf.random.set_seed(3)
        return [
            tf.random.normal([2, 3]),
            tf.random.uniform((tf.shape(tf.zeros((4, 1)))[0],), 2, 5, dtype=tf.int32),
            tf.random.uniform((2,), maxval=0.1, dtype=tf.float64),
            tf.random.truncated_normal((50,), mean=9.0, stddev=0.1),
            tf.random.shuffle(tf.range(7)),
            tf.random.categorical(tf.constant([[0.0, 1.0]]), 5),
            tf.random.gamma([2], [1.0, 2.0]),
            tf.random.poisson([3], 2.0),
            tf.random.stateless_normal([3], seed=[1, 2]),
            tf.random.stateless_uniform([3], [1, 2], -1, 1),
            tf.random.Generator.from_seed(1).normal([2]),
            tf.random.Generator.from_seed(1).uniform([2], maxval=9, dtype=tf.int32),
            tf.nn.dropout(tf.ones((4, 4)), rate=0.5),
            tf.image.random_flip_left_right(tf.ones((2, 4, 4, 3), tf.uint8)),
            tf.image.random_brightness(tf.zeros((4, 4, 3)), max_delta=0.3),
            tf.image.random_contrast(tf.ones((4, 4, 3)), 0.5, upper=0.9),
            tf.image.random_hue(tf.ones((4, 4, 3)), 0.2),
            tf.image.random_saturation(tf.ones((4, 4, 3)), lower=0.5, upper=0.9),
            tf.image.random_crop(tf.ones((5, 5, 3)), size=[2, 3, 3]),
            tf.image.stateless_random_flip_up_down(tf.ones((4, 4, 3)), seed=(1, 2)),
        ]

    found, again, expected = drawn(ours()), drawn(ours()), drawn(real)
    for one, same, other in zip(found, again, expected, strict=True):
        assert (str(one.dtype), one.shape) == (other.dtype.name, tuple(other.shape))
        np.testing.assert_array_equal(np.asarray(one), np.asarray(same))
    assert set(np.asarray(found[1]).tolist()) <= {2, 3, 4}
    assert np.asarray(found[2]).max() < 0.1
    assert 8.8 <= np.asarray(found[3]).min() <= np.asarray(found[3]).max() <= 9.2
    assert sorted(np.asarray(found[4]).tolist()) == list(range(7))


def test_pictures_are_read_and_written(tmp_path):
    pytest.importorskip("PIL")
    tf = ours()
    picture = tf.constant(np.arange(60, dtype="uint8").reshape(4, 5, 3))
    path = str(tmp_path / "cat" / "one.png")
    tf.io.write_file(path, tf.io.encode_png(picture))
    content = tf.io.read_file(tf.constant(np.array(path)))
    np.testing.assert_array_equal(tf.io.decode_png(content, channels=3).numpy(), picture.numpy())
    assert tf.image.decode_jpeg(tf.io.encode_jpeg(picture), channels=1).shape == (4, 5, 1)
    assert tf.image.decode_image(content, dtype=tf.float32).numpy().max() <= 1
    parts = tf.strings.split(path, "/")
    assert (parts[-2] == np.array(["cat", "dog"])).numpy().tolist() == [True, False]
    with pytest.raises(ValueError, match="channels"):
        tf.io.decode_png(content, channels=2)

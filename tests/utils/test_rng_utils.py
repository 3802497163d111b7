"""A seed belongs to the thread that sets it."""

from __future__ import annotations

import random
import sys
import threading

import numpy as np
import pytest

import minicnn as keras


def bits_of_a_training(seed):
    """Weights, dropout masks and shuffles after one seed."""
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(24, 5)).astype("float32"), rng.integers(0, 3, 24)
    model = keras.Sequential([layers.Dense(8), layers.Dropout(0.5), layers.Dense(3)])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(x, y, batch_size=8, epochs=2, verbose=0)
    drawn = keras.random.normal((3,)).numpy()
    return [*model.get_weights(), drawn, keras.initializers.GlorotUniform()((2, 3)).numpy()]


@pytest.fixture
def switching_often():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


@pytest.mark.parametrize("main_too", [False, True])
def test_threads_with_seeds_of_their_own(switching_often, main_too):
    seeds = [3, 4, 3]
    alone = {seed: bits_of_a_training(seed) for seed in seeds}
    results, start = {}, threading.Barrier(len(seeds) + main_too)

    def run(i, seed):
        start.wait()
        results[i] = bits_of_a_training(seed)

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(seeds)]
    for thread in threads:
        thread.start()
    if main_too:
        run("main", 3)
    for thread in threads:
        thread.join()
    assert len(results) == len(threads) + main_too
    for i, found in results.items():
        expected = alone[3 if i == "main" else seeds[i]]
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_array_equal(a, b)


def test_a_seed_outlives_a_thread_that_sets_another():
    keras.utils.set_random_seed(3)
    expected = [keras.random.SeedGenerator().state.numpy() for _ in range(4)]
    keras.utils.set_random_seed(3)
    found = [keras.random.SeedGenerator().state.numpy() for _ in range(2)]
    other = threading.Thread(target=keras.utils.set_random_seed, args=(3,))
    other.start()
    other.join()
    found += [keras.random.SeedGenerator().state.numpy() for _ in range(2)]
    np.testing.assert_array_equal(found, expected)


def test_a_thread_that_sets_none_follows_the_program():
    def drawn_in_a_thread():
        keras.utils.set_random_seed(8)
        found = []
        thread = threading.Thread(
            target=lambda: found.append(keras.random.SeedGenerator().state.numpy())
        )
        thread.start()
        thread.join()
        return found[0]

    np.testing.assert_array_equal(drawn_in_a_thread(), drawn_in_a_thread())


def test_python_random_is_seeded_and_followed():
    keras.utils.set_random_seed(8)
    first = random.random()
    keras.utils.set_random_seed(8)
    assert random.random() == first

"""Models on several threads: callers at once, forked children, the same bits every time."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import minicnn as keras

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is Unix's")
forks = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def convnet() -> keras.Model:
    """Small, with work for several threads in each of its layers."""
    keras.utils.set_random_seed(5)
    model = keras.Sequential(
        [
            keras.Input((20, 20, 1)),
            keras.layers.Conv2D(16, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(24, 3, padding="same"),
            keras.layers.BatchNormalization(),
            keras.layers.ReLU(),
            keras.layers.AveragePooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.3),
            keras.layers.Dense(64, activation="relu"),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def images(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise with a label."""
    rng = np.random.default_rng(2)
    return rng.standard_normal((count, 20, 20, 1), "float32"), rng.integers(0, 10, count)


@pytest.fixture
def two_threads():
    keras.config.set_threads(2)
    yield
    keras.config.set_threads(None)


@pytest.fixture
def predicted(two_threads):
    """A model, images and its answers, once they have been computed here."""
    model, (x, _) = convnet(), images(200)
    return model, x, model.predict(x, verbose=0)


def test_two_threads_predict_at_once(predicted):
    model, x, expected = predicted
    others = [convnet() for _ in range(2)]
    answers = {}

    def call(name, model):
        answers[name] = [model.predict(x, batch_size=64, verbose=0) for _ in range(5)]

    callers = [
        threading.Thread(target=call, args=item) for item in enumerate([model, *others, model])
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(120)
    assert len(answers) == 4
    once = model.predict(x, batch_size=64, verbose=0)
    np.testing.assert_allclose(once, expected, rtol=1e-5, atol=1e-6)
    for several in answers.values():
        for answer in several:
            np.testing.assert_array_equal(answer, once)


def test_one_thread_trains_while_another_predicts(predicted):
    model, x, expected = predicted
    student = convnet()
    training = threading.Thread(target=student.fit, args=images(200), kwargs={"verbose": 0})
    training.start()
    while training.is_alive():
        np.testing.assert_array_equal(model.predict(x, verbose=0), expected)
    alone = convnet()
    alone.fit(*images(200), verbose=0)
    for one, other in zip(student.get_weights(), alone.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@needs_fork
@forks
def test_a_forked_child_predicts_after_its_parent(predicted):
    model, x, expected = predicted
    child = os.fork()
    if not child:  # must not return into pytest, whatever happens
        same = False
        try:
            same = np.array_equal(model.predict(x, verbose=0), expected)
        finally:
            os._exit(0 if same else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)


@needs_fork
@forks
def test_workers_of_multiprocessing_predict_after_their_parent(predicted):
    model, x, expected = predicted
    global _answer
    _answer = lambda _: model.predict(x, verbose=0)  # noqa: E731  workers get it by the fork
    with multiprocessing.get_context("fork").Pool(2) as workers:
        answers = workers.map_async(_call_answer, range(4)).get(timeout=120)
    for answer in answers:
        np.testing.assert_array_equal(answer, expected)


def _call_answer(number):
    return _answer(number)


def fitted() -> str:
    """The digest of all weights after a short training."""
    model = convnet()
    model.fit(*images(320), epochs=2, batch_size=128, verbose=0)
    weights = b"".join(np.ascontiguousarray(w).tobytes() for w in model.get_weights())
    return hashlib.sha256(weights).hexdigest()


def test_weights_are_the_same_bits_run_after_run_and_for_any_number_of_threads(request):
    folder = request.path.parent
    program = f"import sys; sys.path.insert(0, {str(folder)!r}); import {request.path.stem} as t"
    digests = [
        subprocess.run(
            [sys.executable, "-c", f"{program}; print(t.fitted())"],
            env={**os.environ, "MINICNN_THREADS": count},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for count in ("1", "2", "2")
    ]
    assert digests[0].strip()
    assert len(set(digests)) == 1

"""Recorded steps are kept between epochs and calls, until something changes."""

import contextlib
import copy
import gc
import pickle
import threading
import weakref

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers, ops
from minicnn.autodiff.variable_scopes import AutocastScope
from minicnn.replay.replayed_step import MOST_KINDS, ReplayedStep
from minicnn.replay.step_memory import ATTRIBUTE

LOOPS = {
    "fit": lambda m, x, y: m.fit(x, y, verbose=0),
    "epochs": lambda m, x, y: m.fit(x, y, epochs=4, verbose=0),
    "validation": lambda m, x, y: m.fit(x, y, validation_data=(x, y), verbose=0),
    "evaluate": lambda m, x, y: m.evaluate(x, y, verbose=0),
    "predict": lambda m, x, y: m.predict(x, verbose=0),
    "train_on_batch": lambda m, x, y: m.train_on_batch(x, y),
    "test_on_batch": lambda m, x, y: m.test_on_batch(x, y),
    "predict_on_batch": lambda m, x, y: m.predict_on_batch(x),
}


@pytest.fixture(autouse=True)
def executed(monkeypatch):
    """The number of rows in each step that was executed normally."""
    rows = []
    record = ReplayedStep._record

    def counted(self, kind, data, inputs):
        rows.append(len(inputs[0]))
        return record(self, kind, data, inputs)

    monkeypatch.setattr(ReplayedStep, "_record", counted)
    return rows


def small(**settings):
    keras.utils.set_random_seed(3)
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(5, activation="relu"),
            layers.Dropout(0.3),
            layers.BatchNormalization(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], **settings)
    return model


X = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]])
Y = np.float32([[0], [1], [1], [0]])


@pytest.mark.parametrize("name", LOOPS)
def test_calls_after_the_first_are_replayed_and_the_same(name, executed):
    results = []
    for eagerly in (True, False):
        model = small(run_eagerly=eagerly)
        found = [LOOPS[name](model, X, Y) for _ in range(5)]
        found = [x.history if isinstance(x, keras.callbacks.History) else x for x in found]
        results.append(repr((found, [w.numpy().tolist() for w in model.variables])))
    assert results[0] == results[1]
    # Variables are made in the first step; then two recordings are compared.
    assert 2 <= len(executed) <= (6 if name == "validation" else 3)


@pytest.mark.parametrize("name", LOOPS)
def test_what_happens_to_another_model_is_no_reason_to_record_again(name, executed):
    model, other = small(), small()
    for _ in range(3):
        LOOPS[name](model, X, Y)
    executed.clear()
    other.layers[0].activation = keras.activations.tanh
    other.compile("sgd", "mse")
    LOOPS[name](model, X, Y)
    assert not executed


@pytest.mark.parametrize("name", LOOPS)
def test_one_method_does_not_disturb_another(name, executed):
    model = small()
    for _ in range(4):
        for loop in LOOPS.values():
            loop(model, X, Y)
    executed.clear()
    for loop in LOOPS.values():
        LOOPS[name](model, X, Y)
        loop(model, X, Y)
    assert not executed


def copied_shallowly(model):
    twin = copy.copy(model)
    assert vars(twin)[ATTRIBUTE] is vars(model)[ATTRIBUTE]
    return twin


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_trains_its_own_weights(name):
    """Also if the model that it was copied from had recorded its steps before."""
    model = small()
    for _ in range(4):
        model.train_on_batch(X, Y)
    weights = [w.numpy() for w in model.variables]
    twin = COPIES[name](model)
    assert not vars(twin)[ATTRIBUTE].steps
    for _ in range(4):
        twin.train_on_batch(X, Y)
    for before, own, others in zip(weights, model.variables, twin.variables, strict=True):
        np.testing.assert_array_equal(own.numpy(), before)
        if own.shape:
            assert own is not others
    assert any((a != b.numpy()).any() for a, b in zip(weights, twin.variables, strict=True))
    assert ATTRIBUTE not in str(twin.get_config())


def test_a_shallow_copy_runs_no_step_of_the_other(executed):
    model = small()
    for _ in range(3):
        model.predict_on_batch(X)
    twin = copied_shallowly(model)
    executed.clear()
    np.testing.assert_array_equal(twin.predict_on_batch(X), model.predict_on_batch(X))
    assert executed


def test_a_model_that_is_not_used_any_more_is_freed():
    model = small()
    for loop in LOOPS.values():
        loop(model, X, Y)
        loop(model, X, Y)
    gone = weakref.ref(model)
    del model
    gc.collect()
    assert gone() is None


def test_threads_that_predict_with_one_model_do_not_share_a_step():
    model = small()
    rows = {n: np.random.default_rng(n).random((n, 2), "float32") for n in (1, 2, 3, 4)}
    expected = {n: model(x, training=False).numpy() for n, x in rows.items()}
    wrong = []

    def work(n):
        for _ in range(60):
            if not np.array_equal(model.predict_on_batch(rows[n]), expected[n]):
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_callback_may_run_the_same_loop_inside():
    class Inner(keras.callbacks.Callback):
        def on_predict_batch_end(self, batch, logs=None):
            if batch == 1:
                found.append(self.model.predict(X, batch_size=2, verbose=0))

    model = small()
    expected = model.predict(X, batch_size=2, verbose=0)
    for _ in range(3):
        found = []
        found.append(model.predict(X, batch_size=2, verbose=0, callbacks=[Inner()]))
        assert len(found) == 2
        for x in found:
            np.testing.assert_array_equal(x, expected)


def test_many_sizes_do_not_fill_the_memory_for_ever(executed):
    model = small()
    for _ in range(4):
        for rows in range(1, MOST_KINDS + 1):
            model.predict_on_batch(np.zeros((rows, 2), "float32"))
    assert executed.count(7) == 2
    executed.clear()
    for _ in range(5):
        model.predict_on_batch(np.zeros((99, 2), "float32"))
    assert len(executed) <= 3


@pytest.mark.parametrize("eagerly", [True, False])
def test_results_are_the_callers_to_change(eagerly):
    model = small(run_eagerly=eagerly)
    first = model.predict_on_batch(X)
    for _ in range(4):
        changed = model.predict_on_batch(X)
        np.testing.assert_array_equal(changed, first)
        changed += 1


def test_errors_name_the_layer_and_leave_the_step_as_it_was():
    model = small()
    for _ in range(4):
        model.train_on_batch(X, Y)
    before = [w.numpy() for w in model.variables]
    for wrong in (X[:, :1], X[None]):
        with pytest.raises(ValueError, match="shape"):
            model.train_on_batch(wrong, Y)
    for a, b in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(a, b.numpy())
    other = small(run_eagerly=True)
    for _ in range(5):
        expected = other.train_on_batch(X, Y)
    assert model.train_on_batch(X, Y) == expected


def test_inside_an_autocast_scope_variables_are_read_in_its_type():
    """As by losses that are weighted by a variable, which no layer reads."""

    def found(eagerly):
        model = small()
        weight = keras.Variable(1 / 3, name="weight")
        model.compile("sgd", "mse", loss_weights=[weight], run_eagerly=eagerly)
        losses = [model.test_on_batch(X, Y) for _ in range(3)]
        with AutocastScope("float16"):
            losses.append(model.test_on_batch(X, Y))
        return losses

    assert repr(found(True)) == repr(found(False))


def test_a_list_that_a_layer_of_the_library_does_not_watch(executed):
    """Nobody reports an item that is appended to it, so it is looked at."""
    model = small()
    model.mine = []
    for _ in range(4):
        model.test_on_batch(X, Y)
    count = len(model.variables)
    block = layers.Dense(2)
    block.build((None, 2))
    model.mine.append(block)
    executed.clear()
    model.test_on_batch(X, Y)
    assert executed
    assert len(model.variables) == count + 2


def test_penalties_of_layers_are_computed_in_each_call(executed):
    def make(eagerly):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([keras.Input((2,)), layers.Dense(3, activity_regularizer="l2")])
        model.compile("sgd", "mse", run_eagerly=eagerly)
        found = []
        for i in range(5):
            loss = model.train_on_batch(X + i, np.zeros((4, 3)))
            found.append((float(loss), [float(x) for x in model.losses]))
        return found

    assert make(True) == make(False)


def test_an_interrupt_in_the_middle_is_no_lasting_harm():
    class Interrupting(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise KeyboardInterrupt

    model, other = small(), small(run_eagerly=True)
    for each in (model, other):
        keras.utils.set_random_seed(9)
        each.fit(X, Y, epochs=3, verbose=0)
        with contextlib.suppress(KeyboardInterrupt):
            each.fit(X, Y, verbose=0, callbacks=[Interrupting()])
        each.fit(X, Y, epochs=3, verbose=0)
    for a, b in zip(model.variables, other.variables, strict=True):
        np.testing.assert_array_equal(a.numpy(), b.numpy())


def test_code_of_users_runs_in_each_call(executed):
    calls = []

    class Own(layers.Layer):
        def call(self, x):
            calls.append(1)
            return ops.multiply(x, 1.0)

    model = keras.Sequential([keras.Input((2,)), Own(), layers.Dense(1)])
    model.compile("sgd", "mse")
    for method in ("train_on_batch", "test_on_batch", "fit", "evaluate", "predict"):
        data = (X,) if method == "predict" else (X, Y)
        calls.clear()
        for _ in range(4):
            getattr(model, method)(*data)
        assert len(calls) >= 4

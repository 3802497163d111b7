"""A step happens as a whole or not at all, whatever interrupts it."""

from __future__ import annotations

import numpy as np
import pytest

import minicnn
from minicnn.trainers.all_or_nothing import Transactions, state_variables
from minicnn.trainers.batch import as_tensors


def state_of(model):
    return [variable.numpy() for variable in state_variables(model)]


def weights_and_optimizer(model):
    return [v.numpy() for v in (*model.variables, *model.optimizer.variables)]


def assert_equal(state, other):
    assert len(state) == len(other)
    for array, expected in zip(state, other, strict=True):
        np.testing.assert_array_equal(array, expected)


def make_model(input_shape=(4,), optimizer="adam"):
    layers = minicnn.layers
    model = minicnn.Sequential(
        [
            *([minicnn.Input(input_shape)] if input_shape else []),
            layers.Dense(6, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.fixture
def data(rng):
    return rng.normal(size=(40, 4)).astype("float32"), rng.integers(0, 3, 40)


class Interrupt(BaseException):
    """Something that is no Exception, like KeyboardInterrupt."""


def interrupt_assign(monkeypatch, after, error):
    """From now on, the assignment number `after` of all variables raises an error."""
    count = 0

    def counted(assign):
        def counting(self, value):
            nonlocal count
            count += 1
            if count == after:
                raise error("in the middle")
            return assign(self, value)

        return counting

    for name in ("assign", "replace"):
        monkeypatch.setattr(minicnn.Variable, name, counted(getattr(minicnn.Variable, name)))


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, Interrupt])
def test_interrupted_anywhere_in_a_step(monkeypatch, data, error):
    """Each assignment of a step is a place where Ctrl-C may come: one after the other, all."""
    x, y = data
    model = make_model()
    model.fit(x, y, verbose=0)
    before = state_of(model)
    for after in range(1, 200):
        with monkeypatch.context() as patch, Transactions(model) as transactions:
            interrupt_assign(patch, after, error)
            try:
                transactions.run(model.train_step, as_tensors((x[:8], y[:8])))
            except error:
                assert_equal(state_of(model), before)
            else:
                break
    trainable = 6
    assert after > 3 * trainable  # each weight and its two moments, and what else there is
    assert any((a != b).any() for a, b in zip(state_of(model), before, strict=True))


def trained_for_two_steps(model, x, y):
    """What `model` should be after two steps: a copy of it, random numbers included."""
    twin = make_model()
    for own, other in zip(twin.variables, model.variables, strict=True):
        own.assign(other)
    twin.fit(x[:16], y[:16], batch_size=8, shuffle=False, verbose=0)
    return twin


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_fit_keeps_the_last_whole_step(monkeypatch, data, error):
    """The optimizer is interrupted in step 3: the weights are those after step 2."""
    x, y = data
    model = make_model()
    expected = trained_for_two_steps(model, x, y)
    update_all = type(model.optimizer).update_all
    steps = 0

    def failing(self, grads, variables, learning_rate):
        nonlocal steps
        steps += 1
        half = len(variables) // 2 if steps == 3 else len(variables)
        update_all(self, grads[:half], variables[:half], learning_rate)
        if steps == 3:
            raise error("in the middle of the optimizer")

    monkeypatch.setattr(type(model.optimizer), "update_all", failing)
    with pytest.raises(error):
        model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    assert_equal(weights_and_optimizer(model), weights_and_optimizer(expected))


def test_first_step_of_an_unbuilt_model(data):
    """What the step itself made has its first value again: as if it had never been trained."""
    x, y = data
    model = make_model(None)
    first_values = []

    class Failing(minicnn.optimizers.SGD):
        def update_all(self, grads, variables, learning_rate):
            first_values.extend(v.numpy() for v in variables)
            super().update_all(grads, variables, learning_rate)
            assert any((v.numpy() != w).any() for v, w in zip(variables, first_values, strict=True))
            raise KeyboardInterrupt

    model.compile(Failing(1.0), "sparse_categorical_crossentropy")
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, verbose=0)
    assert_equal([v.numpy() for v in model.trainable_variables], first_values)
    moving_mean = model.layers[1].moving_mean.numpy()
    np.testing.assert_array_equal(moving_mean, np.zeros_like(moving_mean))
    assert int(model.optimizer.iterations) == 0


def test_wrong_label_in_the_third_batch(data):
    x, y = data
    y = y.copy()
    y[20] = 7
    model = make_model()
    expected = trained_for_two_steps(model, x, y)
    with pytest.raises(ValueError, match="7"):
        model.fit(x, y, batch_size=8, shuffle=False, verbose=0)
    assert_equal(weights_and_optimizer(model), weights_and_optimizer(expected))
    model.fit(x[:16], y[:16], verbose=0)  # and it can go on


def test_callback_that_raises_after_a_step(data):
    """The step before it was whole, so it stays."""
    x, y = data
    model = make_model()

    def stop(batch, logs):
        if batch == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(
            x,
            y,
            batch_size=8,
            verbose=0,
            callbacks=[minicnn.callbacks.LambdaCallback(on_train_batch_end=stop)],
        )
    assert int(model.optimizer.iterations) == 2


def test_validation_interrupted_while_weights_are_swapped(data):
    x, y = data
    model = make_model(optimizer=minicnn.optimizers.SGD(0.5, use_ema=True))
    weights = []

    def note(epoch_or_batch, logs):
        weights[:] = model.get_weights()

    def stop(batch, logs):
        assert any((a != b).any() for a, b in zip(model.get_weights(), weights, strict=True))
        raise KeyboardInterrupt

    swap = minicnn.callbacks.SwapEMAWeights()
    watch = minicnn.callbacks.LambdaCallback(on_train_batch_end=note, on_test_batch_end=stop)
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, batch_size=8, validation_split=0.2, verbose=0, callbacks=[swap, watch])
    assert_equal(model.get_weights(), weights)


def test_train_on_batch_that_fails(data):
    x, y = data
    model = make_model()
    model.train_on_batch(x, y)
    before = weights_and_optimizer(model)
    with pytest.raises(ValueError, match="label"):
        model.train_on_batch(x, np.full(40, 3))
    assert_equal(weights_and_optimizer(model), before)


def test_several_optimizers_of_ones_own(rng):
    """A model with two optimizers in a `train_step` of its own, as in adversarial training."""

    class Two(minicnn.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = minicnn.layers.Dense(2), minicnn.layers.Dense(2)

        def compile(self, optimizers):
            super().compile(optimizer=None)
            self.optimizers = optimizers
            self.seen = minicnn.metrics.Mean(name="seen")

        def train_step(self, x):
            for layer, optimizer in zip((self.first, self.second), self.optimizers, strict=True):
                with minicnn.GradientTape() as tape:
                    loss = minicnn.ops.mean(layer(x) ** 2)
                weights = layer.trainable_weights
                optimizer.apply(tape.gradient(loss, weights), weights)
                self.seen.update_state(loss)
            if self.fail:
                raise KeyboardInterrupt
            return {"seen": self.seen.result()}

    model = Two()
    model.compile([minicnn.optimizers.Adam(), minicnn.optimizers.SGD(momentum=0.9)])
    x = rng.normal(size=(8, 3)).astype("float32")
    model.fail = False
    history = model.fit(x, batch_size=4, epochs=2, verbose=0).history
    assert list(history) == ["seen"]
    before = [v.numpy() for v in state_variables(model)]
    assert len(before) > 10  # weights, moments, momenta, iterations, learning rates, the metric
    model.fail = True
    with Transactions(model) as transactions, pytest.raises(KeyboardInterrupt):
        transactions.run(model.train_step, as_tensors(x))
    assert_equal(state_of(model), before)

"""An interrupt at any line of a build leaves an object that can be built and used."""

from __future__ import annotations

import copy
import gc
import itertools
import os
import pickle
import sys
import threading

import numpy as np
import pytest

import minicnn as keras
from minicnn import layers, metrics, optimizers
from minicnn.common import build_once
from minicnn.common.name_scope import current_path
from minicnn.layers.base.call_context import inside_a_call
from minicnn.ops.symbolic.outlining import is_outlining

ROOT = os.path.dirname(keras.__file__)
x = np.random.default_rng(0).normal(size=(8, 4)).astype("float32")


def interrupted_at(number, action):
    """Whether Ctrl-C came at this line of the library's code, rather than the action's end."""
    lines = itertools.count(1)

    def trace(frame, event, argument):
        if not frame.f_code.co_filename.startswith(ROOT):
            return None
        if event == "line" and next(lines) == number:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        action()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
    return False


def interrupt_everywhere(make, action, check, step=1):
    """Interrupts the action at each `step`-th line; each time it is repeated and checked."""
    number = 1 + os.getpid() % step  # another sample in each run
    while True:
        thing = make()
        if not interrupted_at(number, lambda thing=thing: action(thing)):
            break
        assert current_path() == ""
        assert not is_outlining()
        assert not inside_a_call()
        assert not build_once._open.things
        action(thing)
        check(thing)
        number += step
    assert number > 20


OPTIMIZERS = {
    "adadelta": optimizers.Adadelta,
    "adafactor": optimizers.Adafactor,
    "adagrad": optimizers.Adagrad,
    "adam": lambda: optimizers.Adam(amsgrad=True, use_ema=True, gradient_accumulation_steps=2),
    "adamax": optimizers.Adamax,
    "ftrl": optimizers.Ftrl,
    "lamb": optimizers.Lamb,
    "lion": optimizers.Lion,
    "loss scale": lambda: optimizers.LossScaleOptimizer(optimizers.Nadam()),
    "nadam": optimizers.Nadam,
    "rmsprop": lambda: optimizers.RMSprop(momentum=0.9, centered=True),
    "sgd": lambda: optimizers.SGD(momentum=0.9),
}


class OwnOptimizer(optimizers.Optimizer):
    """One that makes its variables as the documentation shows, after `super().build`."""

    def build(self, variables):
        super().build(variables)
        self.sums = []
        for variable in variables:
            self.sums.append(self.add_variable_from_reference(variable, "sum"))

    def update_step(self, gradient, variable, learning_rate):
        total = self.sums[self._get_variable_index(variable)]
        total.assign_add(gradient)
        variable.assign_sub(learning_rate * total)


@pytest.mark.parametrize("make", [*OPTIMIZERS.values(), lambda: OwnOptimizer(0.1)])
def test_optimizers(make):
    def with_variables():
        return make(), [keras.Variable(np.ones((2, 3))), keras.Variable(np.ones(3))]

    whole, variables = with_variables()
    whole.build(variables)
    shapes = [v.shape for v in whole.variables]

    def check(pair):
        optimizer, variables = pair
        assert [v.shape for v in optimizer.variables] == shapes
        optimizer.apply([np.ones(v.shape, "float32") for v in variables], variables)

    interrupt_everywhere(with_variables, lambda pair: pair[0].build(pair[1]), check, step=9)


class Block(layers.Layer):
    """Makes layers and weights in `build`, after `super().build` has said that it is built."""

    def __init__(self):
        super().__init__()
        self.blocks, self.by_name = [], {}

    def build(self, shape):
        super().build(shape)
        for _ in range(2):
            self.blocks.append(layers.Dense(4))
            self.blocks[-1].build(shape)
        self.by_name["norm"] = layers.LayerNormalization()
        self.by_name["norm"].build(shape)
        self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")
        self.built = True

    def call(self, x):
        for dense in self.blocks:
            x = dense(x)
        return self.by_name["norm"](x) * self.scale


class OfLayersMadeBefore(Block):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(4), layers.Dense(4)]
        self.by_name = {"norm": layers.LayerNormalization()}

    def build(self, shape):
        for layer in (*self.blocks, *self.by_name.values()):
            layer.build(shape)
        self.scale = self.add_weight(shape=(4,), initializer="ones", name="scale")


@pytest.mark.parametrize("make", [Block, OfLayersMadeBefore])
def test_layers_of_ones_own(make):
    def check(block):
        assert len(block.weights) == 7
        assert np.isfinite(block(x).numpy()).all()

    interrupt_everywhere(make, lambda block: block(x), check, step=113)
    interrupt_everywhere(make, lambda block: block.built or block.build((8, 4)), check, step=113)


def images_model():
    return keras.Sequential(
        [
            layers.Reshape((2, 2, 1)),
            layers.Conv2D(2, 1),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(3),
        ]
    )


def test_sequential():
    def check(model):
        assert len(model.weights) == 8
        assert model.output_shape == (None, 3)
        assert [layer.output.shape[-1] for layer in model.layers] == [1, 2, 2, 8, 3]
        model.predict(x, verbose=0)

    interrupt_everywhere(images_model, lambda m: m.built or m.build((None, 4)), check, step=149)


def test_adding_and_taking_away():
    dense = layers.Dense(3, name="second")

    def check(model):
        assert [layer.name for layer in model.layers] == ["first", "second"]
        assert model.output_shape == (None, 3)

    def make():
        return keras.Sequential([keras.Input((4,)), layers.Dense(2, name="first")])

    def add(model):
        if len(model.layers) < 2:
            model.add(layers.Dense(3, name="second"))

    interrupt_everywhere(make, add, check, step=101)

    def pop(model):
        if len(model.layers) == 3:
            model.pop()

    def of_three():
        model = make()
        model.add(dense)
        model.add(layers.Dense(1))
        return model

    interrupt_everywhere(of_three, pop, check, step=53)


@pytest.mark.parametrize(
    "make", [lambda: metrics.AUC(multi_label=True), metrics.F1Score, metrics.R2Score]
)
def test_metrics(make):
    labels = np.eye(4, dtype="float32")[[0, 1, 2, 3, 0, 1, 2, 3]]
    whole = make()
    whole.update_state(labels, abs(x))

    def check(metric):
        assert [v.shape for v in metric.variables] == [v.shape for v in whole.variables]
        metric.result()

    interrupt_everywhere(make, lambda m: m.update_state(labels, abs(x)), check, step=29)


def test_compile_is_whole():
    def make():
        model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
        model.compile("sgd", "mse", metrics=["mae"])
        return model

    def compile_again(model):
        model.compile("adam", "mae", metrics=["mse"], steps_per_execution=2)

    for number in itertools.count(1 + os.getpid() % 29, 29):
        model = make()
        if not interrupted_at(number, lambda model=model: compile_again(model)):
            break
        assert current_path() == ""
        found = type(model.optimizer).__name__, model.loss, model._compile_metrics._groups
        config = model._compile_config
        assert found[:2] in (("SGD", "mse"), ("Adam", "mae"))
        assert found == (
            type(config["optimizer"]).__name__,
            config["loss"],
            {"metrics": config["metrics"], "weighted_metrics": None},
        )
        assert model.steps_per_execution == config["steps_per_execution"]
        model.fit(x, np.zeros((8, 3)), verbose=0)
    assert number > 100


def test_adapt_is_whole():
    other = x * 3 + 1
    expected = layers.Normalization()
    expected.adapt(other)
    for number in itertools.count(1):
        layer = layers.Normalization()
        layer.adapt(x)
        before = layer.get_weights()
        if not interrupted_at(number, lambda layer=layer: layer.adapt(other)):
            break
        after = [w.tolist() for w in layer.get_weights()]
        wholes = [[w.tolist() for w in weights] for weights in (before, expected.get_weights())]
        assert after in wholes
    assert number > 20


def test_an_error_in_a_build_leaves_the_layer_as_it_was():
    class Picky(Block):
        def build(self, shape):
            super().build(shape)
            if shape[0] == 2:
                raise ValueError("not two")

    block = Picky()
    with pytest.raises(ValueError, match="not two"):
        block(x[:2])
    assert (block.blocks, block.by_name, block.weights, block.built) == ([], {}, [], False)
    block(x)
    assert len(block.weights) == 7


def in_threads(count, function):
    """The results of `function(i)`, all begun at one moment, each in a thread of its own."""
    start, results = threading.Barrier(count), [None] * count

    def run(i):
        start.wait()
        results[i] = function(i)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    finally:
        sys.setswitchinterval(interval)
    assert not any(thread.is_alive() for thread in threads)
    return results


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Dense(4), Block()

    def call(self, x):
        return self.second(self.first(x))


@pytest.mark.parametrize("make", [Block, OfLayersMadeBefore, images_model, Subclassed])
def test_threads_that_call_an_unbuilt_layer(make, tmp_path):
    whole = make()
    whole(x)
    for _ in range(10):
        layer = make()
        results = in_threads(4, lambda i, layer=layer: layer(x).numpy())
        assert [w.shape for w in layer.weights] == [w.shape for w in whole.weights]
        for result in results:
            np.testing.assert_array_equal(result, results[0])
    if isinstance(layer, keras.Model):
        layer.save_weights(tmp_path / "a.weights.h5")
        whole.load_weights(tmp_path / "a.weights.h5")
        np.testing.assert_array_equal(whole(x), layer(x))


@pytest.mark.parametrize("make", [*OPTIMIZERS.values(), lambda: OwnOptimizer(0.1)])
def test_threads_that_build_an_optimizer(make):
    variables = [keras.Variable(np.ones((2, 3))), keras.Variable(np.ones(3))]
    whole, shared = make(), make()
    whole.build(variables)
    in_threads(4, lambda i: shared.build(variables))
    assert [v.shape for v in shared.variables] == [v.shape for v in whole.variables]


def test_copies_have_locks_of_their_own():
    layer = layers.Dense(2)
    layer(x)
    with build_once.building(layer):
        for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
            assert in_threads(1, lambda i, twin=twin: twin(x).shape) == [(8, 2)]


def added(model):
    """The model, with layers added one by one."""
    for units in (4, 5):
        model.add(layers.Dense(units))
    return model


@pytest.mark.parametrize(
    "make",
    [
        lambda: added(keras.Sequential()),
        lambda: added(keras.Sequential([keras.Input((3,))])),
        lambda: images_model(),
        lambda: layers.Dense(2),
        lambda: optimizers.Adam(),
        lambda: metrics.F1Score(),
    ],
)
def test_a_lock_is_no_attribute_and_goes_with_its_thing(make):
    thing = make()
    with build_once.building(thing):
        pass
    assert set(dir(thing)) == set(dir(type(thing).from_config(thing.get_config())))
    key = id(thing)
    assert key in build_once._locks
    del thing
    gc.collect()
    assert key not in build_once._locks

"""Whatever is changed between two steps counts from the next one on, recorded steps or not."""

import copy
import re

import numpy as np
import pytest

import minicnn as keras
from compare.cases.case import LibraryName, LibraryObject
from compare.cases.catalogue import layers as catalogue
from compare.cases.values import draw
from minicnn import config, layers
from minicnn.common import configuration, session
from minicnn.replay.replayed_step import ReplayedStep
from tests.losses.cases import CASES as LOSSES
from tests.metrics.cases import CASES as METRICS
from tests.replay.changes import settings_of

STEPS = 3  # with each setting; the last one is replayed
FIRST = 2  # more steps at first, in which things are built


@pytest.fixture(autouse=True)
def replayed(monkeypatch):
    """How many steps were replayed."""
    config.set_backend("numpy")
    counts = {"replayed": 0}
    call, record = ReplayedStep.__call__, ReplayedStep._record

    def counted(self, data):
        counts["replayed"] += 1
        return call(self, data)

    def counted_record(self, *arguments):
        counts["replayed"] -= 1
        return record(self, *arguments)

    monkeypatch.setattr(ReplayedStep, "__call__", counted)
    monkeypatch.setattr(ReplayedStep, "_record", counted_record)
    return counts


class Changing(keras.callbacks.Callback):
    """Makes one change after the other, and keeps what the logs say in each step."""

    def __init__(self, root, changes):
        super().__init__()
        self.root, self.changes, self.seen, self.made = root, changes, [], 0

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append({k: np.asarray(v).tolist() for k, v in (logs or {}).items()})
        ready = len(self.seen) >= STEPS * (self.made + 1) + FIRST
        if ready and self.made < len(self.changes):
            self.made += 1
            self.changes[self.made - 1](self.root(self.model))

    on_test_batch_end = on_train_batch_end

    def on_predict_batch_end(self, batch, logs=None):
        self.on_train_batch_end(batch, {"outputs": logs["outputs"]} if logs else None)


def run(make, root, changes, how, eagerly):
    """What was seen in each step, the weights at the end, and the change that went wrong."""
    session.clear_session(free_memory=False)  # names are the same each time
    keras.utils.set_random_seed(1)
    model, x, y = make(eagerly)
    callback = Changing(root, changes)
    count = FIRST + STEPS * (len(changes) + 1)
    loop = one_by_one if how.endswith("_on_batch") else epochs if how == "epochs" else batches
    try:
        loop(model, x, y, count, callback, how)
    except Exception as error:
        return callback.seen, f"{type(error).__name__}: {error}", callback.made
    return callback.seen, [w.numpy().tolist() for w in model.weights], None


def for_outputs(model, y):
    return (y[:, :2], y[:, 2:]) if len(model.outputs) == 2 else y


def one_by_one(model, x, y, count, callback, how):
    """A call for each batch, and changes between the calls."""
    callback.set_model(model)
    for _ in range(count):
        if how == "predict_on_batch":
            callback.on_predict_batch_end(0, {"outputs": model.predict_on_batch(x)})
        else:
            logs = getattr(model, how)(x, for_outputs(model, y), return_dict=True)
            callback.on_train_batch_end(0, logs)


def epochs(model, x, y, count, callback, how):
    """Epochs of two batches, and changes between the epochs."""
    between = keras.callbacks.LambdaCallback(on_epoch_end=callback.on_train_batch_end)
    callback.set_model(model)
    x, y = np.concatenate([x] * 2), np.concatenate([y] * 2)
    settings = {"batch_size": len(x) // 2, "shuffle": False, "verbose": 0}
    model.fit(x, for_outputs(model, y), epochs=count, callbacks=[between], **settings)


def batches(model, x, y, count, callback, how):
    """One call, and changes between its batches."""
    data = {"x": np.concatenate([x] * count), "batch_size": len(x), "verbose": 0}
    if how != "predict":
        data["y"] = for_outputs(model, np.concatenate([y] * count))
    if how == "fit":
        data["shuffle"] = False
    getattr(model, how)(**data, callbacks=[callback])


def assert_changes_count(make, root, how, replayed, always_replayed=True):
    """Changes all settings in turn. Those that eager steps refuse are refused by others, too."""
    changes = dict(settings_of(root(make(True)[0])))
    if "._dtype" in changes:  # at the end, since steps of other types are not always replayed
        changes["._dtype"] = changes.pop("._dtype")
    while True:
        ways = [*changes.values()]
        eager = run(make, root, ways, how, eagerly=True)
        before = replayed["replayed"]
        found = run(make, root, ways, how, eagerly=False)
        assert repr(found) == repr(eager), [*changes]
        if eager[2] is None:
            break
        assert eager[2] > 0, eager[1]
        del changes[[*changes][eager[2] - 1]]
    if always_replayed:
        assert replayed["replayed"] - before >= len(ways)


def scored(shape, loss, metrics, y, regularizer="l2", constraint=None):
    """A model that gives scores of this shape."""

    def make(eagerly):
        rng = np.random.default_rng(5)
        dense = layers.Dense(
            shape[-1],
            activation="sigmoid",
            kernel_regularizer=keras.regularizers.get(regularizer),
            kernel_constraint=keras.constraints.get(constraint),
        )
        model = keras.Sequential([keras.Input(shape[1:]), dense])
        model.compile(
            keras.optimizers.SGD(0.5),
            loss and loss(),
            metrics=[m() for m in metrics],
            run_eagerly=eagerly,
        )
        return model, rng.normal(size=shape).astype("float32"), y

    return make


def named(case, module):
    return lambda: getattr(module, case.name)(**copy.deepcopy(case.settings))


def labels_for(case):
    """Labels for a case, and the shape of its scores."""
    shape = next((s for s in case.shapes if len(s) == 2), case.shapes[-1])
    data = case.data(np.random.default_rng(3), shape)
    return data[0], data[-1].shape


def user_loss(model):
    return model._compile_loss._user_loss


@pytest.mark.parametrize("case", LOSSES, ids=str)
def test_settings_of_a_loss(case, replayed):
    y, shape = labels_for(case)
    how = "evaluate" if len(case.settings) == 1 else "fit"
    assert_changes_count(scored(shape, named(case, keras.losses), [], y), user_loss, how, replayed)


def first_metric(model):
    return model._compile_metrics._groups["metrics"][0]


ONE_OF_EACH = {case.name: case for case in METRICS if case.name not in ("Mean", "Sum")}.values()


@pytest.mark.parametrize("case", ONE_OF_EACH, ids=str)
def test_settings_of_a_metric(case, replayed):
    y, shape = labels_for(case)
    make = scored(shape, None, [named(case, keras.metrics)], y)
    # Others look at values, so that their steps are executed normally.
    mean = issubclass(getattr(keras.metrics, case.name), keras.metrics.MeanMetricWrapper)
    assert_changes_count(make, first_metric, "evaluate", replayed, always_replayed=mean)


REGULARIZERS = ["l1", "l2", "l1_l2", "orthogonal_regularizer"]
CONSTRAINTS = ["max_norm", "min_max_norm", "unit_norm", "non_neg"]


@pytest.mark.parametrize("name", REGULARIZERS)
@pytest.mark.parametrize("how", ["fit", "evaluate", "train_on_batch", "epochs"])
def test_settings_of_a_regularizer(name, how, replayed):
    make = scored((5, 3), keras.losses.MeanSquaredError, [], np.zeros((5, 3)), regularizer=name)
    assert_changes_count(make, lambda m: m.layers[0].kernel_regularizer, how, replayed)


@pytest.mark.parametrize("name", CONSTRAINTS[:3])
@pytest.mark.parametrize("how", ["fit", "train_on_batch", "epochs"])
def test_settings_of_a_constraint(name, how, replayed):
    make = scored((5, 3), keras.losses.MeanSquaredError, [], np.zeros((5, 3)), constraint=name)
    assert_changes_count(make, lambda m: m.layers[0].kernel_constraint, how, replayed)


OPTIMIZERS = "SGD RMSprop Adam AdamW Adamax Nadam Adagrad Adadelta Adafactor Ftrl Lion Lamb".split()


@pytest.mark.parametrize("name", [*OPTIMIZERS, "LossScaleOptimizer"])
@pytest.mark.parametrize("how", ["fit", "train_on_batch", "epochs"])
def test_settings_of_an_optimizer(name, how, replayed):
    def make(eagerly):
        model, x, y = scored((5, 3), None, [], np.zeros((5, 3)))(eagerly)
        optimizer = getattr(keras.optimizers, name if name in OPTIMIZERS else "SGD")(0.1)
        if name not in OPTIMIZERS:
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
        model.compile(optimizer, "mse", run_eagerly=eagerly)
        return model, x, y

    assert_changes_count(make, lambda m: m.optimizer, how, replayed)


LAYERS = {
    case.name: case
    for case in catalogue.CASES
    if len(case.inputs) == 1
    and not case.call
    and case.name != "ActivityRegularization"  # its losses can be asked for: never replayed
    and not re.search("1D|3D|Transpose|Separable", case.name)  # which have the others' settings
    and not any(
        isinstance(setting, (LibraryObject, LibraryName)) for setting in case.settings.values()
    )
}


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("how", ["predict", "predict_on_batch"])
def test_settings_of_a_layer(name, how, replayed):
    case = LAYERS[name]

    def make(eagerly):
        x = draw(case.inputs[0], name)
        layer = getattr(layers, name)(**copy.deepcopy(case.settings))
        model = keras.Sequential([keras.Input(x.shape[1:], dtype=str(x.dtype)), layer])
        model.add(layers.Activation("linear"))
        y = np.zeros(model(x).shape)
        model.compile("sgd", "mse", run_eagerly=eagerly)
        return model, x, y

    assert_changes_count(make, lambda m: m.layers[0], how, replayed)


def net(eagerly, **settings):
    """A small model with something of everything, and data for it."""
    inputs = keras.Input((4,))
    scale = np.float32([1, 2, 3])
    hidden = layers.Dense(3, activation="tanh", kernel_regularizer=keras.regularizers.L2(0.1))
    x = layers.Rescaling(2.0, np.float32([1, 2, 3]))(hidden(inputs)) * scale
    model = keras.Model(inputs, [layers.Dense(2, name="a")(x), layers.Dense(2, name="b")(x)])
    model.scale = scale
    weight = keras.Variable(1.0, name="weight")
    losses = [keras.losses.Huber(delta=0.7), keras.losses.MeanAbsoluteError()]
    model.compile(
        "sgd",
        losses,
        loss_weights=[weight, 0.5],
        metrics=[[keras.metrics.BinaryAccuracy(threshold=0.3)], ["mse"]],
        run_eagerly=eagerly,
    )
    return model, *np.random.default_rng(4).normal(size=(2, 6, 4)).astype("float32")


def change_a_drawn_array(model):
    for node in model._nodes:
        for x in keras.tree.flatten((node.arguments.args, node.arguments.kwargs)):
            if isinstance(x, np.ndarray):
                x += 1


def call_by_method(model):
    class Doubling:
        def __init__(self, layer):
            self.layer = layer

        def call(self, inputs):
            return 2 * type(self.layer).call(self.layer, inputs)

    model.get_layer("a").call = Doubling(model.get_layer("a")).call


def append_a_metric(model):
    outputs = model._compile_metrics._unweighted[0]
    outputs.metrics.append(outputs.metrics[0])


def set_in_dict(model):
    model._compile_loss._user_loss[0]._fn_kwargs["delta"] = 0.1


CHANGES = {
    "regularizer of a variable": lambda m: setattr(
        m.layers[1].kernel, "regularizer", keras.regularizers.L1(0.3)
    ),
    "no regularizer": lambda m: setattr(m.layers[1].kernel, "regularizer", None),
    "constraint of a variable": lambda m: setattr(
        m.layers[1].kernel, "constraint", keras.constraints.NonNeg()
    ),
    "autocast": lambda m: setattr(m.layers[1].kernel, "autocast", False),
    "weight of a loss": lambda m: m._compile_loss._user_loss_weights[0].assign(0.25),
    "reduction": lambda m: setattr(m._compile_loss._user_loss[1], "reduction", "sum"),
    "function of a loss": lambda m: setattr(
        m._compile_loss._user_loss[1], "fn", keras.losses.log_cosh
    ),
    "a user's function": lambda m: setattr(
        m._compile_loss._user_loss[1], "fn", lambda y, p: keras.ops.mean(p * p - y, axis=-1)
    ),
    "keyword of a function": set_in_dict,
    "array of a layer": lambda m: m.layers[2].offset.__iadd__(1.0),
    "array in a graph": change_a_drawn_array,
    "metric": append_a_metric,
    "call of a layer": lambda m: setattr(
        m.get_layer("a"), "call", lambda x: 3 * type(m.get_layer("a")).call(m.get_layer("a"), x)
    ),
    "call by a method": call_by_method,
    "attribute taken away": lambda m: delattr(m.layers[1], "kernel_regularizer"),
    "epsilon": lambda m: config.set_epsilon(1e-2),
    "type": lambda m: config.set_floatx("float64"),
    "fusion": lambda m: config.set_fusion(False),
    "backend": lambda m: config.set_backend("numba"),
    "trainable": lambda m: setattr(m.get_layer("b"), "trainable", False),
    "seed": lambda m: keras.utils.set_random_seed(8),
}


def compile_again(model):
    model.compile("adam", "mse", metrics=[["mae"], ["mae"]], run_eagerly=model.run_eagerly)


def swap_a_variable(model):
    layer = model.get_layer("a")
    layer._locked = False
    layer.bias = keras.Variable([0.5, -0.5], name="other")


def train_by_hand(model):
    """Weights that no loop has changed."""
    for v in model.trainable_variables:
        v.assign(v * 0.5)


CHANGES_OF_A_MODEL = {
    "compile": compile_again,
    "loss": lambda m: m.compile("sgd", "mae", run_eagerly=m.run_eagerly),
    "optimizer": lambda m: setattr(m, "optimizer", keras.optimizers.Adam(0.1)),
    "learning rate": lambda m: setattr(m.optimizer, "learning_rate", 0.3),
    "weights": lambda m: m.set_weights([w * 0.5 for w in m.get_weights()]),
    "values": train_by_hand,
    "all frozen but one layer": lambda m: [
        setattr(layer, "trainable", layer.name == "a") for layer in m.layers
    ],
    "a variable for another": swap_a_variable,
    "a frozen variable": lambda m: setattr(m.layers[1].kernel, "trainable", False),
    "policy": lambda m: setattr(m.layers[1], "dtype_policy", "float64"),
    "steps": lambda m: setattr(m, "run_eagerly", True),
    "replay": lambda m: config.set_replay(False),
    "global policy": lambda m: keras.config.set_dtype_policy("mixed_bfloat16"),
    "activation": lambda m: setattr(m.layers[1], "activation", keras.activations.relu),
    "another model": lambda m: keras.Sequential([keras.Input((2,)), layers.Dense(3)]),
    "outside scope": lambda m: keras.utils.set_random_seed(3),
}
EVERY_CHANGE = {**CHANGES, **CHANGES_OF_A_MODEL}
BETWEEN = ("train_on_batch", "test_on_batch", "predict_on_batch", "epochs")
HOW = [
    *((name, how) for name in CHANGES for how in ("fit", "evaluate")),
    *((name, how) for name in EVERY_CHANGE for how in BETWEEN),
]
for there_are_none in (
    ("metric", "predict_on_batch"),
    ("a variable for another", "train_on_batch"),  # the optimizer refuses it
    ("a variable for another", "epochs"),
):
    HOW.remove(there_are_none)


@pytest.mark.parametrize(("name", "how"), HOW)
def test_any_other_change(name, how, replayed):
    start = dict(vars(configuration.values))
    results = []
    for eagerly in (True, False):
        results.append(run(net, lambda model: model, [EVERY_CHANGE[name]], how, eagerly))
        if config.backend() != start["backend"]:
            config.set_backend(start["backend"])
        vars(configuration.values).update(start)
        keras.config.set_dtype_policy("float32")
    assert results[1][2] is None, results[1][1]
    assert repr(results[0]) == repr(results[1])
    assert replayed["replayed"] >= 2


@pytest.mark.parametrize(
    "name",
    [
        *("reduction", "keyword of a function", "no regularizer", "weight of a loss"),
        *("loss", "weights", "values", "activation"),
    ],
)
@pytest.mark.parametrize("how", ["fit", "train_on_batch", "epochs"])
def test_such_a_change_makes_a_difference(name, how):
    if name == "loss" and how == "fit":
        return  # in the middle of an epoch a model is not compiled
    changed = run(net, lambda model: model, [EVERY_CHANGE[name]], how, eagerly=False)
    unchanged = run(net, lambda model: model, [lambda model: None], how, eagerly=False)
    assert changed[0][:5] == unchanged[0][:5]
    assert changed[0][5:] != unchanged[0][5:]


def test_a_change_that_comes_with_the_data(replayed):
    def fitted(eagerly):
        keras.utils.set_random_seed(2)
        model, x, y = net(eagerly)

        def batches():
            for i in range(12):
                if i % 4 == 3:
                    model._compile_loss._user_loss[0]._fn_kwargs["delta"] *= 0.5
                yield x, (y[:, :2], y[:, 2:])

        history = model.fit(batches(), shuffle=False, verbose=0).history
        return history["loss"], [w.numpy().tolist() for w in model.weights]

    assert fitted(True) == fitted(False)
    assert replayed["replayed"] >= 2


class Counting:
    calls = 0

    def function(self, *x):
        Counting.calls += 1
        return keras.ops.mean(keras.ops.square(x[-1]), axis=-1, keepdims=True)


@pytest.mark.parametrize(
    "settings",
    [{"loss": Counting().function}, {"loss": "mse", "metrics": [Counting().function]}],
)
def test_methods_of_users_are_called_in_each_step(settings, replayed):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(4)])
    model.compile("sgd", **settings)
    x = np.ones((4, 4))
    model.fit(x, x, verbose=0)
    Counting.calls = 0
    model.fit(np.concatenate([x] * 9), np.concatenate([x] * 9), batch_size=4, verbose=0)
    assert Counting.calls >= 9
    assert not replayed["replayed"]


def test_lists_in_layers_are_no_reason_not_to_replay(replayed):
    model = keras.Sequential([keras.Input((4, 3)), layers.Softmax(axis=[1, 2])])
    model.blocks = [layers.Dense(2)]
    model.settings_of_mine = {"a": [1, {"b": 2}]}
    x = np.ones((40, 4, 3))
    before = model.predict(x, batch_size=4, verbose=0)
    model.blocks[0].build((None, 3))
    np.testing.assert_array_equal(model.predict(x, batch_size=4, verbose=0), before)
    assert replayed["replayed"] >= 14

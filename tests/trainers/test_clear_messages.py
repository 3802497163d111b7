"""One clear sentence, where Keras has a worse one or is silent."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import minicnn
from minicnn import layers, ops

X = np.linspace(-1, 1, 48, dtype="float32").reshape(12, 4)
Y = np.linspace(0, 1, 12, dtype="float32")[:, None]
CLASSES = np.arange(12) % 3


def compiled(loss="mse", units=1, activation=None, **settings):
    model = minicnn.Sequential([minicnn.Input((4,)), layers.Dense(units, activation=activation)])
    model.compile("sgd", loss, **settings)
    return model


def of_classes(**settings):
    return compiled("sparse_categorical_crossentropy", 3, "softmax", **settings)


def warnings_of(function):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function()
    return [str(each.message) for each in caught]


def raised(function):
    with pytest.raises(ValueError) as caught:
        function()
    message = str(caught.value)
    assert len(message) < 600 and "e-0" not in message  # no values of weights and inputs
    return message


class Silent(layers.Layer):
    def call(self, x):
        pass


@pytest.mark.parametrize("then", [layers.Dense(2), layers.Activation("relu"), layers.Flatten()])
def test_a_layer_that_returns_none_is_named_where_none_is_used(then):
    class Net(minicnn.Model):
        def __init__(self):
            super().__init__()
            self.silent, self.then = Silent(name="mute"), then

        def call(self, x):
            return self.then(self.silent(x))

    sequential = minicnn.Sequential([Silent(name="mute"), then])
    for call in (lambda: Net()(X), lambda: sequential(X), lambda: Net().predict(X, verbose=0)):
        message = raised(call)
        assert "'mute' of type Silent" in message and f"'{then.name}' got None" in message


def test_a_layer_may_return_none_if_nobody_uses_it():
    """As one that only adds a loss."""
    assert Silent()(X) is None
    assert Silent()(minicnn.Input((4,))) is None


@pytest.mark.parametrize("method", ["fit", "evaluate", "predict", "train_on_batch"])
def test_a_model_that_returns_none(method):
    class Mute(minicnn.Model):
        def call(self, x):
            layers.Dense(1)

    model = Mute(name="mute")
    model.compile("sgd", "mse")
    data = (X,) if method == "predict" else (X, Y)
    assert "'mute' returned None" in raised(lambda: getattr(model, method)(*data))


PARTS = {
    "four": (X, Y, Y[:, 0], Y[:, 0]),
    "none": (),
    "array": X,
    "list": [X, Y],
    "nothing": None,
    "many": tuple(X for _ in range(50)),
}


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_batches_of_other_forms(name, method):
    class Batches(minicnn.utils.PyDataset):
        def __len__(self):
            return 2

        def __getitem__(self, index):
            return PARTS[name]

    def generate():
        while True:
            yield PARTS[name]

    for source in (generate(), Batches()):
        if source.__class__ is Batches and name in ("array", "list"):
            continue  # taken as a tuple of one or two
        message = raised(lambda source=source: getattr(compiled(), method)(source, verbose=0))
        assert "(inputs, targets, sample_weights)" in message
        assert "Received" in message
        assert name != "four" or ("a tuple of 4 (a" in message and "(12, 4)" in message)


def test_steps_of_ones_own_that_give_too_many_parts():
    parts = tuple(map(np.asarray, PARTS["four"]))
    message = raised(lambda: minicnn.utils.unpack_x_y_sample_weight(parts))
    assert "Received 4 parts" in message and "(12, 1)" in message


@pytest.mark.parametrize("name", ["sgd", "adam", "rmsprop", "lion", "lamb", "adafactor"])
def test_a_used_optimizer_for_another_model(name):
    optimizer = minicnn.optimizers.get(name)
    for k in range(2):
        model = compiled()
        model.compile(optimizer, "mse")
        if not k:
            model.fit(X, Y, verbose=0)
    message = raised(lambda: model.fit(X, Y, verbose=0))
    assert f"'{model.layers[0].kernel.path}' of shape (4, 1)" in message
    assert optimizer.name in message and "make a new optimizer" in message


@pytest.mark.parametrize("kind", [list, dict])
def test_missing_inputs_are_named(kind):
    left, right = (minicnn.Input((4,), name=name) for name in ("left", "right"))
    inputs = {"left": left, "right": right} if kind is dict else [left, right]
    model = minicnn.Model(inputs, layers.Dense(1)(layers.Add()([left, right])), name="pair")
    model.compile("sgd", "mse")
    calls = (
        lambda x: model(x),
        lambda x: model.fit(x, Y, verbose=0),
        lambda x: model.evaluate(x, Y, verbose=0),
        lambda x: model.predict(x, verbose=0),
    )
    for wrong in (
        X,
        [X],
        {"left": X},
        {"left": X, "rihgt": X},
        [X, None],
        {"left": X, "right": None},
    ):
        for call in calls:
            message = raised(lambda call=call, wrong=wrong: call(wrong))
            assert "'right'" in message and "'pair'" in message
    for call in calls:
        message = raised(lambda call=call: call([X, X, X]))
        assert "'left', 'right'" in message and "received 3" in message
        extra = warnings_of(lambda call=call: call({"left": X, "right": X, "up": X}))
        assert len(extra) == 1 and "['up']" in extra[0] and "'pair'" in extra[0]


@pytest.mark.parametrize("result", [None, 3.0, [1], "loss", {"loss": None}])
@pytest.mark.parametrize("methods", [("train_step", "test_step"), ("compute_metrics",)])
def test_steps_that_return_no_logs(result, methods):
    model = compiled()
    model.name = "own"
    for method in methods:
        setattr(model, method, lambda *data, **settings: result)
    for k, call in enumerate((model.fit, model.evaluate)):
        message = raised(lambda call=call: call(X, Y, verbose=0))
        assert f"`{methods[min(k, len(methods) - 1)]}` of model 'own' returned" in message
    assert "`compute_metrics`" in message or "`test_step`" in message


def test_logs_of_ones_own_are_taken():
    model = compiled()
    model.train_step = lambda data: {"own": 2.0}
    assert model.fit(X, Y, verbose=0).history == {"own": [2.0]}


def test_a_predict_step_that_returns_none():
    model = compiled()
    model.predict_step = lambda data: None
    for call in (lambda: model.predict(X, verbose=0), lambda: model.predict_on_batch(X)):
        assert "`predict_step`" in raised(call)


class NoLoss(minicnn.losses.Loss):
    def call(self, y_true, y_pred):
        ops.mean(y_true - y_pred)


class NoResult(minicnn.metrics.Metric):
    def update_state(self, *args, **settings):
        pass

    def result(self):
        pass


def test_losses_and_metrics_that_return_none():
    def nothing(y_true, y_pred):
        ops.mean(y_true - y_pred)

    for loss, name in ((nothing, "nothing"), (NoLoss(name="own"), "own"), ([nothing], "nothing")):
        for call in (compiled(loss).fit, compiled(loss).evaluate, compiled(loss).train_on_batch):
            message = raised(lambda call=call: call(X, Y))
            assert f"loss '{name}' returned None" in message
    message = raised(lambda: compiled(metrics=[nothing]).fit(X, Y, verbose=0))
    assert "metric 'nothing' returned None" in message
    message = raised(lambda: compiled(metrics=[NoResult(name="own")]).fit(X, Y, verbose=0))
    assert "metric 'own' (NoResult) returned None" in message
    model = compiled()
    model.compute_loss = lambda *args, **settings: None
    assert "`compute_loss`" in raised(lambda: model.fit(X, Y, verbose=0))


def test_losses_of_a_shape_that_the_weights_do_not_fit():
    loss = lambda y_true, y_pred: ops.ones((7, 3)) * ops.mean(y_pred)  # noqa: E731
    message = raised(lambda: compiled(loss).fit(X, Y, sample_weight=Y[:, 0], verbose=0))
    assert "shape (7, 3)" in message and "shape (12,)" in message


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
def test_inputs_that_are_no_numbers_get_one_warning(value, method):
    x, small = X.copy(), X[:, :1].astype("float16").copy()
    x[3, 2] = x[5, 0] = value
    small[7] = value
    data = (x,) if method == "predict" else (x, Y)
    found = warnings_of(lambda: getattr(compiled(), method)(*data, batch_size=2, verbose=0))
    assert len(found) == 1
    assert "`x` of shape (12, 4)" in found[0] and "(3, 2)" in found[0]
    assert ("2 NaN" if np.isnan(value) else "2 infinite") in found[0]
    one, two = minicnn.Input((4,), name="a"), minicnn.Input((1,), name="b")
    model = minicnn.Model([one, two], layers.Dense(1)(layers.Concatenate()([one, two])))
    found = warnings_of(lambda: model.predict({"a": X, "b": small}, verbose=0))
    assert len(found) == 1 and "`x['b']`" in found[0] and "(7, 0)" in found[0]


def test_other_numbers_get_no_warning():
    large = np.full((12, 4), 3e38, "float32")
    model = minicnn.Sequential([layers.Lambda(lambda x: x * 0)])
    assert warnings_of(lambda: model.predict(large, verbose=0)) == []
    assert warnings_of(lambda: compiled().fit(X, Y, sample_weight=Y[:, 0], verbose=0)) == []
    weights = np.full(12, np.nan)
    found = warnings_of(lambda: compiled().fit(X, Y, sample_weight=weights, verbose=0))
    assert len(found) == 1 and "`sample_weight`" in found[0]


@pytest.mark.parametrize("metrics", [None, ["sparse_categorical_accuracy"]])
def test_fractions_are_no_class_indices(metrics):
    for method in ("fit", "evaluate"):
        model = of_classes(metrics=metrics)
        message = raised(lambda m=model, f=method: getattr(m, f)(X, CLASSES * 0.5, verbose=0))
        assert "whole numbers" in message and "0.5" in message
    whole = CLASSES.astype("float32")
    assert warnings_of(lambda: of_classes(metrics=metrics).fit(X, whole, verbose=0)) == []


@pytest.mark.parametrize(
    "measure",
    [
        minicnn.metrics.sparse_categorical_accuracy,
        minicnn.metrics.sparse_top_k_categorical_accuracy,
        minicnn.losses.sparse_categorical_crossentropy,
        minicnn.losses.CategoricalGeneralizedCrossEntropy(),
        minicnn.losses.SparseCategoricalCrossentropy(from_logits=True),
    ],
)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_everything_that_takes_class_indices_wants_whole_numbers(measure, dtype):
    scores = np.full((12, 3), 1 / 3, "float32")
    measure(CLASSES.astype(dtype), scores)
    with pytest.raises(ValueError, match="whole numbers"):
        measure((CLASSES + 0.25).astype(dtype), scores)


@pytest.mark.parametrize("shift", [1, -1])
def test_labels_that_are_no_class(shift):
    for method in ("fit", "evaluate"):
        model = of_classes()
        message = raised(lambda m=model, f=method: getattr(m, f)(X, CLASSES + shift, verbose=0))
        assert "from 0 to 2" in message and f"from {shift} to {2 + shift}" in message


def test_class_weights():
    def fit(weights):
        settings = {"epochs": 3, "batch_size": 2, "verbose": 0}
        return lambda: of_classes().fit(X, CLASSES, class_weight=weights, **settings)

    found = warnings_of(fit({0: 1.0, 2: 3.0}))
    assert len(found) == 1 and "[1]" in found[0] and "weight 1" in found[0]
    assert warnings_of(fit({0: 1.0, 1: 2.0, 2: 3.0, 7: 1.0})) == []
    for wrong in (None, "2", np.nan, -1.0):
        assert "class 1" in raised(fit({0: 1.0, 1: wrong, 2: 1.0}))


def test_improbable_labels_get_one_warning_for_each_place():
    model = compiled("binary_crossentropy", 1, "sigmoid")
    labels = np.arange(12.0)[:, None]
    fit = lambda: model.fit(X, labels, batch_size=2, epochs=3, verbose=0)  # noqa: E731
    assert len(warnings_of(fit)) == 1
    assert len(warnings_of(fit)) == 1  # the filters are others

    def three_places():
        for _ in range(3):
            model.train_on_batch(X, labels)
        model.test_on_batch(X, labels)
        minicnn.losses.binary_crossentropy(labels, Y)

    assert len(warnings_of(three_places)) == 3


def test_the_names_of_keras_2():
    model = compiled(metrics=["mae"])
    found = warnings_of(lambda: model.compiled_metrics.update_state(Y, Y + 1))
    assert len(found) == 1 and "compute_metrics" in found[0]
    assert float(model.get_metrics_result()["mae"]) == pytest.approx(1)
    found = warnings_of(lambda: model.compiled_loss(Y, Y + 1))
    assert len(found) == 1 and "compute_loss" in found[0]
    assert float(model.compiled_loss(Y, Y + 2, regularization_losses=model.losses)) == 4

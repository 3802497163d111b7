"""What the training loop does besides the numbers, which `test_against_keras` checks."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import minicnn
from minicnn import ops
from minicnn.callbacks import Callback, LambdaCallback
from minicnn.trainers import Trainer
from minicnn.trainers.compiled import Compiled
from minicnn.utils import PyDataset, unpack_x_y_sample_weight


class Bare(Trainer, minicnn.layers.Dense):
    """A layer that can be trained, and no model."""

    def __init__(self, units):
        minicnn.layers.Dense.__init__(self, units, use_bias=False, kernel_initializer="ones")
        Trainer.__init__(self)


def test_a_layer_with_a_trainer_mixed_in():
    model = Bare(3)
    x, y = np.ones((10, 4)), np.zeros((10, 3))
    np.testing.assert_array_equal(model.predict(x, verbose=0), np.full((10, 3), 4.0))
    model.compile("sgd", "mse", metrics=["mae"])
    assert model.evaluate(x, y, verbose=0) == [16.0, 4.0]
    history = model.fit(x, y, epochs=3, verbose=0).history
    assert history["loss"][2] < history["loss"][1] < history["loss"][0] == 16.0


def test_train_step_of_ones_own(regression):
    """A step with its own gradients, metrics and logs."""

    class Own(minicnn.Model):
        def __init__(self):
            super().__init__()
            self.dense = minicnn.layers.Dense(3)
            self.error = minicnn.metrics.MeanAbsoluteError(name="error")

        def call(self, x):
            return self.dense(x)

        def train_step(self, data):
            x, y, sample_weight = unpack_x_y_sample_weight(data)
            with minicnn.GradientTape() as tape:
                y_pred = self(x, training=True)
                loss = self.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=sample_weight)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            self.error.update_state(y, y_pred)
            return {"error": self.error.result(), "loss_now": loss, "constant": 3}

    reference, x, y = regression
    model = Own()
    model(x)
    model.set_weights(reference.get_weights())
    model.compile("adam", "mse")
    history = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    expected = reference.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0).history
    assert list(history) == ["constant", "error", "loss_now"]
    np.testing.assert_allclose(history["error"], expected["mae"], rtol=1e-6)
    assert history["constant"] == [3.0, 3.0]
    for weight, other in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_steps_that_add_to_the_logs(regression):
    class More(Bare):
        def train_step(self, data):
            return {**super().train_step(data), "more": 1.0}

        def test_step(self, data):
            return {**super().test_step(data), "more": 2.0}

    _, x, y = regression
    model = More(3)
    model.compile("sgd", "mse", metrics=["mae"])
    history = model.fit(x, y, validation_data=(x, y), verbose=0).history
    assert history["more"] == [1.0]
    assert history["val_more"] == [2.0]
    assert len(model.evaluate(x, y, verbose=0)) == 3


def test_step_put_into_a_model(regression):
    model, x, y = regression
    model.train_step = lambda data: {"rows": data[0].shape[0]}
    assert list(model.fit(x, y, verbose=0).history) == ["rows"]


def test_compute_loss_and_metrics_of_ones_own(regression):
    class Own(Bare):
        def __init__(self, units):
            super().__init__(units)
            self.seen = minicnn.metrics.Mean(name="seen")

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None):
            loss = super().compute_loss(x, y, y_pred, sample_weight)
            self.seen.update_state(loss)
            return 2 * loss

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            logs = super().compute_metrics(x, y, y_pred, sample_weight)
            return {**logs, "rows": x.shape[0]}

    _, x, y = regression
    model = Own(3)
    model.compile("sgd", "mse")
    logs = model.evaluate(x, y, return_dict=True, verbose=0)
    assert logs["loss"] == pytest.approx(2 * logs["seen"])
    assert logs["rows"] == 20
    assert model.fit(x, y, batch_size=16, verbose=0).history["rows"] == [4.0]


def test_loss_and_metrics_inside_layers(regression):
    class Watched(minicnn.layers.Layer):
        def __init__(self):
            super().__init__()
            self.size = minicnn.metrics.Mean(name="size")

        def call(self, x):
            self.add_loss(0.1 * ops.mean(x**2))
            self.size.update_state(ops.mean(abs(x)))
            return x

    _, x, y = regression
    model = minicnn.Sequential([minicnn.layers.Dense(3), Watched()])
    model.compile("sgd")
    logs = model.evaluate(x, y, return_dict=True, verbose=0)
    output = model.predict(x, verbose=0)
    assert logs["loss"] == pytest.approx(0.1 * np.mean(output**2), rel=1e-5)
    assert logs["size"] == pytest.approx(np.mean(abs(output)), rel=1e-5)
    assert list(model.fit(x, y, verbose=0).history) == ["loss", "size"]


def test_callbacks_hear_of_everything_in_order(regression):
    model, x, y = regression
    events = []

    class Note(Callback):
        def __getattribute__(self, name):
            if name.startswith("on_"):
                return lambda *args, **kwargs: events.append((name[3:], *args[:-1]))
            return super().__getattribute__(name)

    model.fit(
        x, y, batch_size=10, validation_split=0.5, callbacks=[Note()], verbose=0, shuffle=False
    )
    assert [event for event in events if not event[0].startswith("batch")] == [
        ("train_begin",),
        ("epoch_begin", 0),
        ("train_batch_begin",),
        ("train_batch_end",),
        ("test_begin",),
        ("test_batch_begin",),
        ("test_batch_end",),
        ("test_end",),
        ("epoch_end", 0),
        ("train_end",),
    ]


@pytest.mark.parametrize(
    ("method", "flag", "event"),
    [
        ("fit", "stop_training", "on_train_batch_end"),
        ("evaluate", "stop_evaluating", "on_test_batch_end"),
        ("predict", "stop_predicting", "on_predict_batch_end"),
    ],
)
def test_stopping_an_endless_source(regression, method, flag, event):
    model, x, y = regression
    steps = []

    def stop(batch, logs):
        steps.append(batch)
        setattr(model, flag, batch == 4)

    def endless():
        while True:
            yield (x,) if method == "predict" else (x, y)

    arguments = {"callbacks": [LambdaCallback(**{event: stop})], "verbose": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = getattr(model, method)(endless(), **arguments)
    assert steps == [0, 1, 2, 3, 4]
    if method == "predict":
        assert result.shape == (100, 3)


def test_steps_per_execution_changes_only_how_often_callbacks_are_called(regression):
    reference, x, y = regression
    model = minicnn.models.clone_model(reference)
    model.set_weights(reference.get_weights())
    model.compile("adam", "mse", metrics=["mae"], steps_per_execution=4)
    batches = []
    note = LambdaCallback(
        on_train_batch_begin=lambda batch, logs: batches.append(batch),
        on_train_batch_end=lambda batch, logs: batches.append(batch),
    )
    settings = {"batch_size": 3, "shuffle": False, "verbose": 0, "epochs": 2}
    history = model.fit(x, y, callbacks=[note], **settings).history
    assert batches == [0, 3, 4, 7] * 2
    assert history == reference.fit(x, y, **settings).history
    np.testing.assert_array_equal(
        model.predict(x, batch_size=3, verbose=0), reference.predict(x, batch_size=3, verbose=0)
    )


def test_the_same_seed_gives_the_same_training(regression):
    model, x, y = regression
    weights = model.get_weights()
    runs = []
    for seed in (1, 1, 2):
        minicnn.utils.set_random_seed(seed)
        model.set_weights(weights)
        model.compile("adam", "mse", metrics=["mae"])
        history = model.fit(x, y, batch_size=4, epochs=3, verbose=0).history
        runs.append((history, model.get_weights()))
    assert runs[0][0] == runs[1][0] != runs[2][0]
    for first, second in zip(runs[0][1], runs[1][1], strict=True):
        np.testing.assert_array_equal(first, second)


def test_initial_epoch_and_validation_on_certain_epochs(regression):
    model, x, y = regression
    history = model.fit(
        x, y, initial_epoch=2, epochs=6, validation_split=0.2, validation_freq=[4, 5], verbose=0
    )
    assert history.epoch == [2, 3, 4, 5]
    assert len(history.history["loss"]) == 4
    assert len(history.history["val_loss"]) == 2
    assert model.history is history


def test_no_epochs(regression):
    model, x, y = regression
    before = model.get_weights()
    assert model.fit(x, y, epochs=0, verbose=0).history == {}
    for weight, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_most_epochs(regression):
    model, x, y = regression
    minicnn.config.set_max_epochs(2)
    with pytest.warns(UserWarning, match="Limiting epochs to 2"):
        assert len(model.fit(x, y, epochs=5, verbose=0).history["loss"]) == 2


def test_generator_read_to_its_end_ends_the_training(regression):
    model, x, y = regression
    batches = ((x[i : i + 5], y[i : i + 5]) for i in range(0, 20, 5))
    with pytest.warns(UserWarning, match="interrupting training after 1 of 3 epochs"):
        history = model.fit(batches, epochs=3, verbose=0, shuffle=False)
    assert history.epoch == [0]
    assert int(model.optimizer.iterations) == 4


def test_generator_to_validate_on_that_is_read_to_its_end(regression):
    model, x, y = regression
    validation = iter([(x, y)])
    with pytest.warns(UserWarning, match="validation data ran out"):
        history = model.fit(x, y, validation_data=validation, epochs=3, verbose=0).history
    assert len(history["loss"]) == 3
    assert len(history["val_loss"]) == 1


def test_evaluating_a_generator_without_batches(regression):
    model, x, y = regression
    batches = iter([(x, y)])
    model.evaluate(batches, verbose=0)
    with pytest.raises(ValueError, match="at least one batch"):
        model.evaluate(batches, verbose=0)


def test_py_dataset_end_to_end(regression):
    model, x, y = regression
    reference = minicnn.models.clone_model(model)
    reference.set_weights(model.get_weights())
    reference.compile("adam", "mse", metrics=["mae"])

    class Rows(PyDataset):
        def __len__(self):
            return 4

        def __getitem__(self, index):
            rows = slice(5 * index, 5 * index + 5)
            return x[rows], y[rows]

    history = model.fit(
        Rows(workers=2), epochs=2, shuffle=False, validation_data=Rows(), verbose=0
    ).history
    expected = reference.fit(
        x, y, batch_size=5, epochs=2, shuffle=False, validation_data=(x, y), verbose=0
    ).history
    assert history == expected
    np.testing.assert_array_equal(
        model.predict(Rows(), verbose=0), reference.predict(x, batch_size=5, verbose=0)
    )


def test_predictions_of_nested_outputs_and_odd_shapes():
    class Odd(minicnn.Model):
        def call(self, inputs):
            a, b = inputs["a"], inputs["b"]
            return {"sum": [a + b, ops.sum(a, axis=1)], "count": ops.sum(a) * 0 + a.shape[0]}

    a, b = np.arange(14.0).reshape(7, 2), np.ones((7, 2))
    predicted = Odd().predict({"a": a, "b": b}, batch_size=3, verbose=0)
    np.testing.assert_array_equal(predicted["sum"][0], a + 1)
    np.testing.assert_array_equal(predicted["sum"][1], a.sum(axis=1))
    np.testing.assert_array_equal(predicted["count"], [3, 3, 1])


def test_predictions_whose_shapes_differ():
    class Same(minicnn.Model):
        def call(self, x):
            return x

    model = Same()
    batches = [(np.ones((2, 3)),), (np.ones((2, 4)),)]
    with pytest.raises(ValueError, match=r"\(2, 3\), \(2, 4\).*predict_on_batch"):
        model.predict(iter(batches), verbose=0)


def test_predictions_are_the_callers_to_change(regression):
    model, x, _ = regression
    first = model.predict(x, verbose=0)
    kept = first.copy()
    first[:] = 0
    np.testing.assert_array_equal(model.predict(x, verbose=0), kept)
    identity = minicnn.Sequential([minicnn.layers.Identity()])
    identity.predict(x, verbose=0)[:] = 0
    assert x.any()


class Doubling(minicnn.Sequential):
    """A model whose loss counts twice in training."""

    def compute_loss(self, *arguments, training=True, **settings):
        return super().compute_loss(*arguments, **settings) * (2 if training else 1)


ROWS = np.random.default_rng(3).normal(2, 3, (16, 2)).astype("float32")
PARTS = np.split(ROWS, 4)  # the batches
# Whether it trains, and a call of it that returns a loss or outputs for each batch, or for all.
METHODS = {
    "fit": (True, lambda m: m.fit(ROWS, ROWS, 4, 1, 0, shuffle=False).history["loss"]),
    "train_on_batch": (True, lambda m: [m.train_on_batch(x, x) for x in PARTS]),
    "evaluate": (False, lambda m: m.evaluate(ROWS, ROWS, 4, 0)),
    "test_on_batch": (False, lambda m: [m.test_on_batch(x, x) for x in PARTS]),
    "predict": (False, lambda m: m.predict(ROWS, 4, 0)),
    "predict_on_batch": (False, lambda m: np.concatenate([m.predict_on_batch(x) for x in PARTS])),
}


@pytest.mark.parametrize("way", ["eager", "executed", "replayed"])
@pytest.mark.parametrize("method", METHODS)
def test_each_step_calls_the_model_and_the_loss_in_its_mode(method, way):
    """Training normalizes by the batch and moves the statistics; the others use these."""
    trains, run = METHODS[method]
    minicnn.config.set_replay(way == "replayed")
    normalization = minicnn.layers.BatchNormalization(momentum=0.5)
    model = Doubling([minicnn.Input((2,)), normalization])
    model.compile(minicnn.optimizers.SGD(0.0), "mse", run_eagerly=way == "eager")
    model.fit(ROWS + 1, ROWS, verbose=0)
    for _ in range(3):
        mean, variance = normalization.moving_mean.numpy(), normalization.moving_variance.numpy()
        found = run(model)
        if trains:
            outputs = [(x - x.mean(0)) / np.sqrt(x.var(0) + 1e-3) for x in PARTS]
            for x in PARTS:
                mean, variance = (mean + x.mean(0)) / 2, (variance + x.var(0)) / 2
        else:
            outputs = [(x - mean) / np.sqrt(variance + 1e-3) for x in PARTS]
        np.testing.assert_allclose(normalization.moving_mean, mean, rtol=1e-5)
        np.testing.assert_allclose(normalization.moving_variance, variance, rtol=1e-5)
        expected = np.concatenate(outputs)
        if not method.startswith("predict"):
            losses = (1 + trains) * ((expected - ROWS) ** 2).reshape(4, -1).mean(1)
            expected = losses if method.endswith("on_batch") else losses.mean()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_averaged_weights_take_over_at_the_end(regression):
    model, x, y = regression
    model.compile(minicnn.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5), "mse")
    model.fit(x, y, batch_size=5, verbose=0)
    for weight, average in zip(
        model.trainable_weights, model.optimizer._model_variables_moving_average, strict=True
    ):
        np.testing.assert_array_equal(weight.numpy(), average.numpy())


def test_frozen_layers_stay_as_they_are(regression):
    model, x, y = regression
    model.layers[0].trainable = False
    before = model.get_weights()
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        model.fit(x, y, verbose=0)
    for weight, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, other)


def test_float16_policy_scales_the_loss():
    model = minicnn.Sequential([minicnn.layers.Dense(1)])
    model.dtype_policy = "mixed_float16"
    model.compile("sgd", "mse")
    assert isinstance(model.optimizer, minicnn.optimizers.LossScaleOptimizer)
    model.compile("sgd", "mse", auto_scale_loss=False)
    assert type(model.optimizer) is minicnn.optimizers.SGD


def test_compile_config_makes_the_same_settings_again(regression):
    model, x, y = regression
    model.fit(x, y, verbose=0)
    config = model.get_compile_config()
    assert config["loss"] == "mse"
    assert config["metrics"] == ["mae"]
    twin = minicnn.Sequential([minicnn.Input((4,)), minicnn.layers.Dense(3)])
    twin.set_weights(model.get_weights())
    assert twin.get_compile_config() == {}
    twin.compile_from_config(config)
    assert type(twin.optimizer) is minicnn.optimizers.Adam
    assert twin.optimizer.built
    assert twin.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)


def test_compile_of_ones_own_is_not_called_with_another_models_config():
    class Own(minicnn.Sequential):
        def compile(self, something):
            super().compile(optimizer=something)

    model = Own([minicnn.layers.Dense(1)])
    with pytest.warns(UserWarning, match=r"Own.*`compile_from_config\(config\)`"):
        model.compile_from_config({"optimizer": "sgd"})


def test_symbolic_build_computes_nothing(regression):
    _, x, y = regression
    model = minicnn.Sequential([minicnn.layers.Dense(3), minicnn.layers.BatchNormalization()])
    model.compile("adam", ["mse"], metrics=["mae"])
    model._symbolic_build(data_batch=(x, y))
    assert model.built
    assert model.optimizer.built
    assert model._compile_loss.built
    assert model._compile_metrics.built
    assert all(not variable.numpy().any() for variable in model._compile_metrics.variables)
    assert not model.layers[1].moving_mean.numpy().any()


def test_logs_are_made_only_when_somebody_wants_them(regression, monkeypatch):
    model, x, y = regression
    model.fit(x, y, verbose=0)
    count = 0
    get = type(model).get_metrics_result

    def counting(self):
        nonlocal count
        count += 1
        return get(self)

    monkeypatch.setattr(Compiled, "get_metrics_result", counting)
    model.fit(x, y, batch_size=1, verbose=0)
    assert count == 1
    model.fit(x, y, batch_size=1, verbose=2)
    assert count == 2
    model.fit(x, y, batch_size=1, verbose=0, callbacks=[minicnn.callbacks.TerminateOnNaN()])
    assert count == 2 + 20 + 1


def test_fit_builds_a_model_for_any_batch_size():
    model = minicnn.Sequential([minicnn.layers.Dense(4), minicnn.layers.Dense(3)])
    model.compile("sgd", "mse")
    model.fit(np.ones((10, 2)), np.ones((10, 3)), batch_size=5, verbose=0)
    assert model.output_shape == model.layers[1].output.shape == (None, 3)
    lines = []
    model.summary(print_fn=lines.append)
    assert "(None, 4)" in "\n".join(lines)


def test_what_goes_wrong_while_fit_builds_is_shown_with_values():
    model = minicnn.Sequential([minicnn.layers.Lambda(lambda x: x @ np.ones((3, 1)))])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"\(5, 2\)"):
        model.fit(np.ones((10, 2)), np.ones((10, 1)), batch_size=5, verbose=0)

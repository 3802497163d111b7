"""Callbacks that decide something, driven with the same logs as Keras's: the same decisions."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import minicnn

MODES = {"val_loss": ("auto", "min"), "score": ("max",), "val_error_loss": ("min",)}


class StandIn:
    """What a callback sees of a model: weights, an optimizer, metrics, files saved."""

    def __init__(self, k):
        self.optimizer = k.optimizers.SGD(0.1)
        self.metrics = []
        self.stop_training = False
        self.weights = [0]
        self.saved = []
        self.built = True

    def get_weights(self):
        return list(self.weights)

    def set_weights(self, weights):
        self.weights = list(weights)

    def save(self, path, overwrite):
        self.saved.append((path, self.weights[0]))

    save_weights = save


def sequences(count, length):
    """Values that rise, fall, repeat and are NaN."""
    rng = np.random.default_rng(5)
    for _ in range(count):
        values = rng.choice(
            [0.1, 0.5, 0.50004, 0.7, 0.9, 1.3, float("nan")], length, p=[0.16] * 6 + [0.04]
        )
        yield [float(value) for value in values]


def run(k, make, monitor, values, batches=0):
    """All that can be seen of a callback after each epoch."""
    callback, model = make(k.callbacks), StandIn(k)
    callback.set_model(model)
    callback.set_params({"epochs": len(values), "verbose": 0, "steps": batches})
    callback.on_train_begin({})
    seen = []
    for epoch, value in enumerate(values):
        callback.on_epoch_begin(epoch, {})
        for batch in range(batches):
            callback.on_train_batch_end(batch, {"loss": value + batch})
        model.weights = [epoch]
        logs = {monitor: value, "loss": value}
        callback.on_epoch_end(epoch, logs)
        seen.append((float(model.optimizer.learning_rate), list(model.saved), logs))
        if model.stop_training:
            break
    callback.on_train_end({})
    return seen, model.weights, {name: getattr(callback, name, None) for name in ("wait", "best")}


def assert_same(keras, make, monitor, values, batches=0):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = run(keras, make, monitor, values, batches)
        result = run(minicnn, make, monitor, values, batches)
    np.testing.assert_equal(result, expected)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"patience": 2},
        {"patience": 1, "min_delta": 0.3},
        {"patience": 3, "restore_best_weights": True},
        {"patience": 1, "baseline": 0.6, "restore_best_weights": True},
        {"patience": 1, "start_from_epoch": 3, "restore_best_weights": True},
    ],
    ids=str,
)
def test_early_stopping(keras, settings):
    for monitor, modes in MODES.items():
        for mode in modes:
            for values in sequences(15, 12):

                def make(callbacks, monitor=monitor, mode=mode):
                    return callbacks.EarlyStopping(monitor, mode=mode, **settings)

                assert_same(keras, make, monitor, values)


@pytest.mark.parametrize(
    "settings",
    [
        {"patience": 1},
        {"patience": 2, "factor": 0.5, "cooldown": 2},
        {"patience": 1, "min_lr": 0.02, "min_delta": 0.1},
        {"patience": 0, "cooldown": 1},
    ],
    ids=str,
)
def test_reduce_on_plateau(keras, settings):
    for monitor, modes in MODES.items():
        for mode in modes:
            for values in sequences(5, 12):

                def make(callbacks, monitor=monitor, mode=mode):
                    return callbacks.ReduceLROnPlateau(monitor, mode=mode, **settings)

                assert_same(keras, make, monitor, values)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"save_best_only": True},
        {"save_best_only": True, "initial_value_threshold": 0.6},
        {"save_freq": 3},
        {"save_freq": 5, "save_best_only": True, "monitor": "loss", "mode": "min"},
        {"save_freq": 2, "filepath": "{epoch:02d}-{batch}-{loss:.2f}.keras"},
    ],
    ids=str,
)
def test_checkpoints(keras, settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for values in sequences(5, 7):

        def make(callbacks):
            return callbacks.ModelCheckpoint(
                **{"filepath": "m{epoch}-{loss:.3f}.keras", "monitor": "val_loss", **settings}
            )

        if "save_freq" in settings and settings.get("save_best_only"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = run(minicnn, make, "val_loss", values, 4)  # Keras has no direction yet
            assert result[0][-1][1]
            continue
        assert_same(keras, make, "val_loss", values, batches=4)


def test_learning_rate_scheduler(keras):
    for schedule in (
        lambda epoch, rate: rate * 0.5 ** (epoch > 1),
        lambda epoch: 0.1 / (epoch + 1),
    ):

        def make(callbacks, schedule=schedule):
            return callbacks.LearningRateScheduler(schedule)

        assert_same(keras, make, "val_loss", [1.0] * 4)


def test_csv_file_is_the_same_to_the_byte(keras, tmp_path):
    logs = [
        {"loss": 0.25, "accuracy": 0.5, "odd": np.array([1.0, 2.0])},
        {"loss": 1e-7, "accuracy": 1.0, "odd": np.array(3.0), "val_loss": 2.0},
        {"loss": float("nan")},
    ]
    for separator, append in ((",", False), ("\t", False), (",", True)):
        for k, name in ((keras, "keras.csv"), (minicnn, "minicnn.csv")):
            for _ in range(2):
                logger = k.callbacks.CSVLogger(tmp_path / name, separator=separator, append=append)
                logger.on_train_begin()
                for epoch, each in enumerate(logs):
                    logger.on_epoch_end(epoch, each)
                logger.on_train_end()
        expected = (tmp_path / "keras.csv").read_bytes()
        assert (tmp_path / "minicnn.csv").read_bytes() == expected
        assert expected.count(b"epoch") == 1

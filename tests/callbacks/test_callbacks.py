"""Callbacks at work in a training."""

from __future__ import annotations

import json
import zipfile

import numpy as np
import pytest

import minicnn
from minicnn import callbacks
from minicnn.callbacks.save_frequency import BatchCounter


@pytest.fixture
def trained():
    """A function that trains a small model and gives it back with its history."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(12, 4)).astype("float32")
    y = (x @ rng.normal(size=(4, 2))).astype("float32")

    def train(*some, model=None, **settings):
        if model is None:
            model = minicnn.Sequential([minicnn.Input((4,)), minicnn.layers.Dense(2)])
            model.compile(settings.pop("optimizer", "adam"), "mse", metrics=["mae"])
        settings = {"batch_size": 4, "epochs": 3, "verbose": 0, "validation_split": 0.25} | settings
        return model, model.fit(x, y, callbacks=list(some), **settings)

    return train


def test_history(trained):
    model, history = trained(epochs=2)
    assert list(history.history) == ["loss", "mae", "val_loss", "val_mae"]
    assert history.epoch == [0, 1]
    assert history.params == {"verbose": 0, "epochs": 2, "steps": 3}
    assert history.model is model


def test_a_history_of_ones_own_goes_on(trained):
    own = callbacks.History()
    model, history = trained(own, epochs=1)
    assert history is own
    trained(own, model=model, epochs=2)
    assert len(own.history["loss"]) == 3
    assert own.epoch == [0, 1]


def test_early_stopping_restores_the_best_weights(trained):
    weights = {}
    note = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: weights.update({epoch: model.get_weights()})
    )
    model, _ = trained(epochs=1)
    stop = callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    model.optimizer.learning_rate = 5.0
    _, history = trained(note, stop, model=model, epochs=40)
    best = int(np.argmin(history.history["val_loss"]))
    assert stop.best_epoch == best
    assert len(history.epoch) == stop.stopped_epoch + 1 < 40
    for weight, other in zip(model.get_weights(), weights[best], strict=True):
        np.testing.assert_array_equal(weight, other)


def test_value_that_is_not_logged(trained):
    with pytest.warns(UserWarning, match=r"`val_acc` which is not available.*loss,mae"):
        trained(callbacks.EarlyStopping("val_acc", mode="max"), epochs=1)
    with pytest.warns(UserWarning, match=r"`val_acc` which is not available"):
        trained(callbacks.ReduceLROnPlateau("val_acc", mode="max"), epochs=1)


def test_direction_is_seen_from_the_metric():
    inputs = minicnn.Input((4,))
    model = minicnn.Model(inputs, [minicnn.layers.Dense(3, name=name)(inputs) for name in "ab"])
    metrics = {"a": ["accuracy", "mae"], "b": [minicnn.metrics.AUC(name="area")]}
    model.compile("sgd", "mse", metrics=metrics, weighted_metrics={"a": ["accuracy"]})
    model.fit(np.ones((4, 4)), [np.eye(4, 3)] * 2, verbose=0)
    directions = {
        "val_loss": "min",
        "a_loss": "min",
        "val_a_accuracy": "max",
        "a_weighted_accuracy": "max",
        "a_mae": "min",
        "val_b_area": "max",
    }
    for monitor, mode in directions.items():
        callback = callbacks.MonitorCallback(monitor)
        callback.set_model(model)
        callback._set_monitor_op()
        assert callback._is_improvement(2.0, 1.0) == (mode == "max"), monitor
    callback = callbacks.MonitorCallback("speed")
    callback.set_model(model)
    with pytest.raises(ValueError, match=r"monitor=speed.*mode='max'.*a_accuracy, a_mae, b_area"):
        callback._set_monitor_op()
    with pytest.warns(UserWarning, match="mode 'up' is unknown"):
        callbacks.EarlyStopping(mode="up")


def test_learning_rates_are_logged(trained):
    halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2)
    model, history = trained(halve, optimizer=minicnn.optimizers.SGD(0.4))
    np.testing.assert_allclose(history.history["learning_rate"], [0.2, 0.1, 0.05])
    assert float(model.optimizer.learning_rate) == pytest.approx(0.05)


def test_schedule_that_returns_no_float(trained):
    with pytest.raises(ValueError, match=r"should be a float. Got: fast of type str"):
        trained(callbacks.LearningRateScheduler(lambda epoch: "fast"))


def test_schedule_that_fails_is_not_taken_for_one_of_fewer_arguments(trained):
    def schedule(epoch, rate):
        return rate + "1"

    with pytest.raises(TypeError, match="unsupported operand"):
        trained(callbacks.LearningRateScheduler(schedule))


def test_rate_of_an_optimizer_with_a_schedule(trained):
    decay = minicnn.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    with pytest.raises(TypeError, match="`LearningRateSchedule`"):
        trained(
            callbacks.LearningRateScheduler(lambda epoch: 0.1),
            optimizer=minicnn.optimizers.SGD(decay),
        )


def test_factor_that_does_not_reduce():
    with pytest.raises(ValueError, match=r"factor >= 1.0. Received factor=2"):
        callbacks.ReduceLROnPlateau(factor=2)


def test_csv_logger(trained, tmp_path):
    path = tmp_path / "log.csv"
    trained(callbacks.CSVLogger(path))
    rows = path.read_text().splitlines()
    assert rows[0] == "epoch,loss,mae,val_loss,val_mae"
    assert [row.split(",")[0] for row in rows[1:]] == ["0", "1", "2"]


def test_csv_file_of_an_interrupted_training_holds_the_epochs_before(trained, tmp_path):
    def stop(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trained(
            callbacks.CSVLogger(tmp_path / "log.csv"), callbacks.LambdaCallback(on_epoch_begin=stop)
        )
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 3


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_terminate_on_nan(trained, value, capsys):
    def spoil(batch, logs):
        if batch == 1:
            model.layers[0].kernel.assign(np.full((4, 2), value))

    model, _ = trained(epochs=1)
    spoiler = callbacks.LambdaCallback(on_train_batch_end=spoil)
    _, history = trained(spoiler, callbacks.TerminateOnNaN(), model=model, epochs=4)
    assert len(history.history["loss"]) == 1
    assert "Batch 2: Invalid loss" in capsys.readouterr().out
    model, _ = trained(epochs=1)
    with pytest.raises(RuntimeError, match="NaN or Inf loss encountered at batch 2"):
        trained(spoiler, callbacks.TerminateOnNaN(raise_error=True), model=model)


def test_checkpoint_can_be_loaded(trained, tmp_path):
    save = callbacks.ModelCheckpoint(tmp_path / "sub" / "{epoch:02d}-{val_loss:.3f}.keras")
    model, history = trained(save)
    names = sorted(path.name for path in (tmp_path / "sub").iterdir())
    losses = history.history["val_loss"]
    assert names == [f"{epoch + 1:02d}-{loss:.3f}.keras" for epoch, loss in enumerate(losses)]
    loaded = minicnn.models.load_model(tmp_path / "sub" / names[-1])
    x = np.ones((2, 4), "float32")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))
    for value, other in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(value.numpy(), other.numpy())


def test_checkpoint_of_weights(trained, tmp_path):
    path = tmp_path / "best.weights.h5"
    save = callbacks.ModelCheckpoint(path, save_weights_only=True, save_best_only=True)
    model, _ = trained(save, epochs=1)
    twin, _ = trained(epochs=1)
    twin.load_weights(path)
    for weight, other in zip(twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_checkpoint_that_says_what_it_does(trained, tmp_path, capsys):
    save = callbacks.ModelCheckpoint(
        tmp_path / "m.keras", verbose=1, save_best_only=True, initial_value_threshold=0.0
    )
    trained(save, epochs=1)
    assert "Epoch 1: val_loss did not improve from 0.00000" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_checkpoint_of_a_value_that_is_not_logged(trained, tmp_path):
    save = callbacks.ModelCheckpoint(tmp_path / "m.keras", "speed", save_best_only=True, mode="max")
    with pytest.warns(UserWarning, match="Can save best model only with speed available"):
        trained(save, epochs=1)
    assert (tmp_path / "m.keras").exists()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"filepath": "m.h5py"}, ValueError, r"must end in `.keras`.*m.h5py"),
        ({"filepath": "m.keras", "save_weights_only": True}, ValueError, r"`.weights.h5`"),
        (
            {"filepath": "m.keras", "save_freq": "often"},
            ValueError,
            "Unrecognized save_freq: often",
        ),
    ],
)
def test_checkpoints_that_mean_nothing(arguments, error, message):
    with pytest.raises(error, match=message):
        callbacks.ModelCheckpoint(**arguments)


def test_checkpoint_paths_that_cannot_be(trained, tmp_path):
    with pytest.raises(KeyError, match=r"Failed to format.*speed.*epoch, loss"):
        trained(callbacks.ModelCheckpoint(tmp_path / "{speed}.keras"), epochs=1)
    (tmp_path / "m.keras").mkdir()
    with pytest.raises(IOError, match="existing directory"):
        trained(callbacks.ModelCheckpoint(tmp_path / "m.keras"), epochs=1)


def test_interrupted_training_goes_on_from_the_backup(trained, tmp_path):
    """Interrupted and begun again, it ends with the same weights as in one go."""

    def stop(epoch, logs):
        if epoch == 2:
            raise KeyboardInterrupt

    settings = {"epochs": 5, "shuffle": False}
    expected, _ = trained(epochs=0)
    model, _ = trained(epochs=0)
    model.set_weights(expected.get_weights())
    trained(model=expected, **settings)
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    stopper = callbacks.LambdaCallback(on_epoch_begin=stop)
    with pytest.raises(KeyboardInterrupt):
        trained(backup, stopper, model=model, **settings)
    with zipfile.ZipFile(tmp_path / "backup" / "latest.backup") as archive:
        metadata = json.loads(archive.read("metadata.json"))
    assert (metadata["epoch"], metadata["batch"]) == (2, 0)
    model, _ = trained(epochs=0)  # as in a new process
    backup = callbacks.BackupAndRestore(tmp_path / "backup")
    _, history = trained(backup, model=model, **settings)
    assert history.epoch == [2, 3, 4]
    assert not (tmp_path / "backup").exists()
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)
    assert trained(model=model, epochs=2)[1].epoch == [0, 1]  # the next training is a new one


def test_backup_that_cannot_be_read_gives_way_to_the_one_before(trained, tmp_path):
    model, _ = trained(epochs=0)
    backup = callbacks.BackupAndRestore(tmp_path, double_checkpoint=True, delete_checkpoint=False)
    trained(backup, model=model, epochs=3)
    (tmp_path / "latest.backup").write_text("nonsense")
    backup = callbacks.BackupAndRestore(tmp_path, delete_checkpoint=False)
    with pytest.warns(UserWarning, match=r"latest.backup.*continues from the one before"):
        _, history = trained(backup, model=model, epochs=4)
    assert history.epoch == [2, 3]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"backup_dir": ""}, "Empty `backup_dir` argument passed"),
        ({"backup_dir": "b", "save_freq": 0.5}, "Invalid value for argument `save_freq`.*0.5"),
    ],
)
def test_backups_that_mean_nothing(arguments, message):
    with pytest.raises(ValueError, match=message):
        callbacks.BackupAndRestore(**arguments)


def test_backup_of_a_model_that_is_not_built(trained, tmp_path):
    model = minicnn.Sequential([minicnn.layers.Dense(2)])
    model.compile("sgd", "mse")
    with pytest.raises(ValueError, match="must be built before"):
        trained(callbacks.BackupAndRestore(tmp_path), model=model)


def test_swapped_averages(trained):
    model, _ = trained(epochs=1, optimizer=minicnn.optimizers.SGD(0.1, use_ema=True))
    seen = {}
    swap = callbacks.SwapEMAWeights()

    def note(event):
        def notes(*_, **__):
            seen.setdefault(event, []).append(model.get_weights()[0])

        return notes

    watch = callbacks.LambdaCallback(
        on_train_batch_end=note("train"), on_test_batch_end=note("test"), on_epoch_end=note("end")
    )
    trained(swap, watch, model=model, epochs=1)
    np.testing.assert_array_equal(seen["end"][0], seen["train"][-1])
    assert (seen["test"][0] != seen["train"][-1]).any()
    np.testing.assert_array_equal(seen["test"][0], model.get_weights()[0])  # taken over at the end


def test_swapping_without_averages(trained):
    with pytest.raises(ValueError, match="SwapEMAWeights must be used when `use_ema=True` is set"):
        trained(callbacks.SwapEMAWeights())


def test_lambda_callback_takes_any_method(trained):
    events = []
    watch = callbacks.LambdaCallback(
        on_test_begin=lambda logs: events.append("test"),
        on_train_end=lambda logs: events.append(sorted(logs)),
    )
    trained(watch, epochs=1)
    assert events == ["test", ["loss", "mae", "val_loss", "val_mae"]]


def test_older_names_of_the_batch_methods(trained):
    class Older(callbacks.Callback):
        def __init__(self):
            self.batches = []

        def on_batch_begin(self, batch, logs=None):
            self.batches.append(batch)

        def on_batch_end(self, batch, logs=None):
            self.batches.append(logs["loss"])

    older = Older()
    trained(older, epochs=1)
    assert older.batches[::2] == [0, 1, 2]
    assert all(type(loss) is float for loss in older.batches[1::2])


def test_progress_line(trained, capsys):
    trained(verbose=2, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Epoch 1/2"
    assert lines[1].startswith("3/3 - 0s - ")
    names = [part.split(":")[0] for part in lines[1].split(" - ")[3:]]
    assert names == ["loss", "mae", "val_loss", "val_mae"]
    model, _ = trained(verbose=1, epochs=1)
    assert capsys.readouterr().out.count("val_loss") == 1
    model.predict(np.ones((70, 4)))
    line = capsys.readouterr().out
    assert "3/3" in line
    assert "loss" not in line
    trained(verbose=0)
    assert not capsys.readouterr().out


def test_progress_of_a_source_of_unknown_length(trained, capsys):
    model, _ = trained(epochs=0)
    model.evaluate(iter([(np.ones((2, 4)), np.ones((2, 2)))] * 3), verbose=2)
    assert capsys.readouterr().out.startswith("3/3")


def test_batches_counted_over_epochs():
    counter = BatchCounter(5)
    due = [(epoch, batch) for epoch in range(5) for batch in range(3) if counter.is_due(batch)]
    assert due == [(1, 1), (3, 0), (4, 2)]
    every_second = BatchCounter(4)
    assert [every_second.is_due(batch) for batch in (1, 3, 5, 1, 3)] == [
        False,
        True,
        False,
        True,
        False,
    ]


def test_the_metrics_to_choose_from_are_listed_once():
    model = minicnn.Sequential([minicnn.Input((4,)), minicnn.layers.Dense(3)])
    model.compile("adam", "mse", metrics=["mae"])
    x, y = np.ones((4, 4)), np.ones((4, 3))
    with pytest.raises(ValueError, match="metrics are: loss, mae\\."):
        model.fit(x, y, callbacks=[minicnn.callbacks.EarlyStopping("val_acc")], verbose=0)

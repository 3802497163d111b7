"""A training that is killed at any moment and begun again ends with the same bits."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

import minicnn as keras
from minicnn.callbacks import BackupAndRestore

PROGRAM = '''
import io, json, os, signal, sys, time
import numpy as np
import minicnn as keras

keras.config.set_backend("numpy")  # so that a child has nothing to compile

calls = 0
def counted(function):
    """Kills this process before the call number `kill_at` that has to do with the file system."""
    def wrapped(*arguments, **settings):
        global calls
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **settings)
    return wrapped

def watch_files():
    names = "open close fsync replace rename unlink mkdir rmdir stat fstat listdir scandir chmod"
    for name in names.split():
        setattr(os, name, counted(getattr(os, name)))
    real = os.fdopen
    class File(io.FileIO):
        write = counted(io.FileIO.write)
        close = counted(io.FileIO.close)
    os.fdopen = lambda descriptor, mode: io.BufferedRandom(File(descriptor, mode), 64)

def run(folder, backup, fit, ready):
    keras.utils.set_random_seed(3)
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((4,)),
        layers.Dense(8, activation="relu"),
        layers.BatchNormalization(),
        layers.Dropout(0.3),
        layers.Dense(3),
    ])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, metrics=["accuracy"])
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(40, 4)).astype("float32"), rng.integers(0, 3, 40)
    if fit.pop("dataset", False):
        class Data(keras.utils.PyDataset):
            def __len__(self):
                return 5
            def __getitem__(self, i):
                return x[8 * i : 8 * i + 8], y[8 * i : 8 * i + 8]
        data = {"x": Data()}
    else:
        data = {"x": x, "y": y, "batch_size": 8}
    if ready is not None:
        watch_files()
        os.write(ready, b'.')
    callbacks = [keras.callbacks.BackupAndRestore(folder, **backup)] if folder else []
    history = model.fit(**data, verbose=0, callbacks=callbacks, **fit)
    logs = {name: values[-1] for name, values in history.history.items()}
    state = [v.numpy().tolist() for v in (*model.variables, *model.optimizer.variables)]
    drawn = [keras.random.normal((2,)).tolist(), float(np.random.rand())]
    return [calls, [logs, state, drawn]]

run("", {}, {"epochs": 1, "validation_split": 0.2}, None)  # imports what is imported late
for line in sys.stdin:
    folder, backup, fit, kill_at, seconds = json.loads(line)
    (results, to_results), (ready, to_ready) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        result = run(folder, backup, fit, to_ready)
        open(to_results, "w").write(json.dumps(result))
        os._exit(0)
    os.close(to_results)
    os.close(to_ready)
    os.read(ready, 1)
    if seconds is not None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    result = open(results).read()
    os.close(ready)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps([status, result and json.loads(result)]), flush=True)
'''

SETTINGS = {
    "epochs": ({}, {"epochs": 3, "validation_split": 0.2}),
    "batches": ({"save_freq": 2}, {"epochs": 3}),
    "two": ({"save_freq": 3, "double_checkpoint": True}, {"epochs": 2, "shuffle": "batch"}),
    "steps": (
        {"save_freq": 1, "double_checkpoint": True},
        {"epochs": 4, "steps_per_epoch": 3, "validation_split": 0.4, "validation_steps": 1},
    ),
    "steps, epochs": ({}, {"epochs": 4, "steps_per_epoch": 3, "initial_epoch": 1}),
    "data set": ({"save_freq": 2}, {"dataset": True, "epochs": 3, "shuffle": True}),
}


@pytest.fixture(scope="module")
def train():
    """Trains in a child of a process that has imported everything."""
    command = [sys.executable, "-c", PROGRAM]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def train(folder, name, kill_at=0, seconds=None):
        """Exit code and result; killed before a call of the file system, or after a time."""
        order = [str(folder), *SETTINGS[name], kill_at, seconds]
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())

    yield train
    server.stdin.close()
    server.wait(60)


@pytest.fixture(scope="module")
def uninterrupted(train):
    """The result of a training without a backup, and the number of calls of one with it."""
    found = {}

    def of(name, folder):
        if name not in found:
            status, (_, expected) = train("", name)
            assert status == 0
            status, (calls, result) = train(folder / "whole", name)
            assert (status, result) == (0, expected)  # a backup changes nothing
            found[name] = calls, expected
        return found[name]

    return of


def assert_goes_on(train, folder, name, expected):
    left = [path.name for path in folder.iterdir()] if folder.exists() else []
    status, (_, (logs, *state)) = train(folder, name)
    assert (status, state) == (0, expected[1:])
    assert logs in (expected[0], {})  # none if it was killed after the last epoch
    assert not folder.exists(), left  # temporary files of the killed process are gone too


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")


@needs_fork
@pytest.mark.parametrize("name", SETTINGS)
def test_killed_at_calls_of_the_file_system(name, tmp_path, train, uninterrupted):
    """A sample, another one in each run; MINICNN_ALL_KILLS=1 takes them all."""
    calls, expected = uninterrupted(name, tmp_path)
    assert calls > 20
    moments = range(1, calls + 1)
    if not os.environ.get("MINICNN_ALL_KILLS"):
        moments = random.Random().sample(moments, 6)
    for kill_at in moments:
        folder = tmp_path / f"backup{kill_at}"
        assert train(folder, name, kill_at)[0] == -signal.SIGKILL
        assert_goes_on(train, folder, name, expected)


@needs_fork
@pytest.mark.parametrize("name", SETTINGS)
def test_killed_again_soon_after_a_kill(name, tmp_path, train, uninterrupted):
    """The second backup is made before all of the first is used: the place in validation data."""
    calls, expected = uninterrupted(name, tmp_path)
    for first in (calls * 2 // 5, calls * 4 // 5):
        again = random.randrange(calls // 10, calls // 6)
        folder = tmp_path / f"backup{first}"
        assert train(folder, name, first)[0] == -signal.SIGKILL
        if train(folder, name, again)[0] != 0:
            assert_goes_on(train, folder, name, expected)


@needs_fork
def test_killed_at_any_moment(tmp_path, train, uninterrupted):
    """Some of the times it is killed again while it goes on; MINICNN_ALL_KILLS=1: 100 times."""
    name = "steps"
    _, expected = uninterrupted(name, tmp_path)
    start = time.perf_counter()
    train(tmp_path / "timed", name)
    whole = time.perf_counter() - start
    killed = 0
    for i in range(100 if os.environ.get("MINICNN_ALL_KILLS") else 10):
        folder = tmp_path / f"backup{i}"
        for _ in range(random.randint(1, 3)):
            killed += train(folder, name, seconds=random.uniform(0, whole))[0] == -signal.SIGKILL
        assert_goes_on(train, folder, name, expected)
    assert killed


def make_model(units=3):
    layers = keras.layers
    model = keras.Sequential([keras.Input((4,)), layers.Dense(units), layers.Dense(1)])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def fit(model, *callbacks, epochs=3):
    x = np.random.default_rng(0).normal(size=(20, 4))
    return model.fit(x, x[:, 0], epochs=epochs, batch_size=5, verbose=0, callbacks=callbacks)


@pytest.fixture
def folder(tmp_path):
    """A folder with the backup of a training of three epochs."""
    backup = BackupAndRestore(tmp_path, delete_checkpoint=False, double_checkpoint=True)
    fit(make_model(), backup)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["latest.backup", "previous.backup"]
    (tmp_path / "previous.backup").unlink()
    return tmp_path


def rewritten(path, change):
    """The archive with other metadata."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["metadata.json"] = change(json.loads(members["metadata.json"]))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    path.write_bytes(content.getvalue())


@pytest.mark.parametrize(
    "text",
    ["[1]", "{}", '"3"', "NaN", "null", "3", "{", "", '{"format": 1}', "\ufeff", "[" * 10_000],
)
def test_metadata_of_something_else(folder, text):
    rewritten(folder / "latest.backup", lambda metadata: text)
    check_refused(folder)


@pytest.mark.parametrize("name", ["epoch", "batch", "taken", "validation_taken"])
@pytest.mark.parametrize("value", [-1, 1.0, float("nan"), "2", None, True, [2]])
def test_counts_that_cannot_be(folder, name, value):
    rewritten(folder / "latest.backup", lambda metadata: json.dumps({**metadata, name: value}))
    check_refused(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": 10**9},
        {"batch": 10**9},
        {"format": 2},
        {"random": {}},
        {"random": {"python": [], "numpy": [], "generator": None}},
        {"random_at_start": None},
        {"variables": {}},
        {"variables": {"model": [], "metrics": [], "optimizers": []}},
        {"variables": {"model": [["float32", [2**60]]], "metrics": [], "optimizers": []}},
        {"variables": {"model": [["object", [1]]], "metrics": 3, "optimizers": None}},
    ],
)
def test_values_that_cannot_be(folder, change):
    rewritten(folder / "latest.backup", lambda metadata: json.dumps({**metadata, **change}))
    check_refused(folder)


def check_refused(folder):
    model = make_model()
    before = model.get_weights()
    with pytest.raises(ValueError, match=r"cannot be used.*remove the folder or choose"):
        fit(model, BackupAndRestore(folder))
    for weight, value in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, value)
    assert (folder / "latest.backup").exists()


@pytest.mark.parametrize("content", [b"", b"nonsense", b"PK\x03\x04", b"\x89HDF\r\n\x1a\n"])
def test_files_that_are_no_backup(folder, content):
    (folder / "latest.backup").write_bytes(content)
    check_refused(folder)


def test_wrong_bytes_anywhere(folder, rng):
    path = folder / "latest.backup"
    whole = path.read_bytes()
    expected = fit(make_model(), BackupAndRestore(folder, delete_checkpoint=False), epochs=4)
    path.write_bytes(whole)
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[int(rng.integers(len(whole)))] ^= 1 << int(rng.integers(8))
        path.write_bytes(
            damaged[: int(rng.integers(len(whole)))] if rng.random() < 0.3 else damaged
        )
        try:
            history = fit(make_model(), BackupAndRestore(folder, delete_checkpoint=False), epochs=4)
        except ValueError as error:
            assert "cannot be used" in str(error)
        else:
            assert history.history == expected.history


def test_backup_of_another_model(folder):
    with pytest.raises(ValueError, match=r"cannot be used.*variables of the model"):
        fit(make_model(units=5), BackupAndRestore(folder))


def test_backup_of_a_longer_training(folder):
    with pytest.raises(ValueError, match=r"after 3 epochs, and `fit` shall end after 2"):
        fit(make_model(), BackupAndRestore(folder), epochs=2)


def test_a_folder_of_an_older_version(tmp_path):
    make_model().save_weights(tmp_path / "latest.weights.h5")
    (tmp_path / "training_metadata.json").write_text('{"epoch": 2, "batch": 0}')
    with pytest.raises(ValueError, match=r"latest.weights.h5.*load_weights.*initial_epoch"):
        fit(make_model(), BackupAndRestore(tmp_path))


def test_other_data_than_before(tmp_path):
    def stop(batch, logs):
        if batch == 3:
            raise KeyboardInterrupt

    stopper = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), BackupAndRestore(tmp_path, save_freq=1), stopper)
    x = np.ones((5, 4))
    with pytest.raises(ValueError, match=r"after . batches of its data.*have only 1"):
        make_model().fit(
            x, x[:, 0], batch_size=5, verbose=0, callbacks=[BackupAndRestore(tmp_path)]
        )


def test_other_files_in_the_folder_stay(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    fit(make_model(), BackupAndRestore(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_another_model_of_the_same_process_goes_on(tmp_path):
    """Interrupted by an exception in the same process, with metrics that are not built yet."""

    def stop(batch, logs):
        if batch == 2:
            raise KeyboardInterrupt

    keras.utils.set_random_seed(1)
    expected = make_model()
    history = fit(expected)
    keras.utils.set_random_seed(1)
    stopper = keras.callbacks.LambdaCallback(on_train_batch_end=stop)
    with pytest.raises(KeyboardInterrupt):
        fit(make_model(), BackupAndRestore(tmp_path, save_freq=1), stopper)
    model = make_model()
    resumed = fit(model, BackupAndRestore(tmp_path, save_freq=1))
    assert resumed.history == history.history
    for weight, other in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)

"""A disk without room: an error that names the path, and the old file is whole."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

WRITERS = {
    "save": ("a.keras", "model.save(path)"),
    "weights": ("a.weights.h5", "model.save_weights(path)"),
    "checkpoint": ("a.keras", "fit(keras.callbacks.ModelCheckpoint(path))"),
    "weights checkpoint": (
        "a.weights.h5",
        "fit(keras.callbacks.ModelCheckpoint(path, save_weights_only=True))",
    ),
    "backup": ("backup", "fit(keras.callbacks.BackupAndRestore(path))"),
}

PROGRAM = """
    import resource, signal, sys
    import numpy as np
    import minicnn as keras

    path, room = sys.argv[1], int(sys.argv[2])
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((50,)), keras.layers.Dense(200), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.predict(np.ones((2, 50)), verbose=0)

    def fit(*callbacks):
        model.fit(np.ones((2, 50)), np.ones(2), verbose=0, callbacks=callbacks)

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        {action}
    except OSError as error:
        print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="no limit of file sizes")
@pytest.mark.parametrize("writer", WRITERS)
def test_no_room(writer, tmp_path):
    """The size of files is limited to several numbers of bytes, as a full disk would."""
    name, action = WRITERS[writer]
    path = tmp_path / name
    if writer != "backup":
        path.write_text("old")
    program = textwrap.dedent(PROGRAM).format(action=action)
    for room in (0, 1000, 40_000):
        command = [sys.executable, "-c", program, str(path), str(room)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stderr
        assert f"Cannot save {path}" in done.stdout
        assert "unchanged" in done.stdout
        if writer == "backup":
            assert [p.name for p in path.iterdir()] == []
        else:
            assert path.read_text() == "old"
            assert [p.name for p in tmp_path.iterdir()] == [name]


LOGGER = """
    import resource, signal, sys
    import minicnn as keras

    path, append = sys.argv[1], sys.argv[2] == "True"
    logger = keras.callbacks.CSVLogger(path, append=append)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    logger.on_train_begin()
    try:
        for epoch in range(1000):
            if epoch == 3:
                resource.setrlimit(resource.RLIMIT_FSIZE, (85, 85))
            logger.on_epoch_end(epoch, {"loss": epoch / 7})
    except OSError as error:
        print(epoch, error)
    logger.on_train_end()
"""


@pytest.mark.skipif(os.name == "nt", reason="no limit of file sizes")
@pytest.mark.parametrize("append", [False, True])
def test_no_room_for_the_next_row(tmp_path, append):
    path = tmp_path / "log.csv"
    path.write_text("epoch,loss\n" if append else "old")
    command = [sys.executable, "-c", textwrap.dedent(LOGGER), str(path), str(append)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.returncode, done.stderr) == (0, "")
    epoch, _, message = done.stdout.partition(" ")
    assert f"Cannot write to {path}: " in message
    rows = path.read_text().splitlines()
    assert rows[0].startswith("epoch,loss")
    assert [row.split(",")[0] for row in rows[1:]] == [str(i) for i in range(int(epoch))]
    assert path.read_text().endswith("\n")

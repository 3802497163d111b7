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

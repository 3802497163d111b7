"""The command: a port in use, Ctrl-C, files that are no models, which model is shown."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import numpy as np
import pytest

import minicnn as keras
from minicnn.cli import main
from minicnn.studio import running
from minicnn.studio.server_state import ServerState
from tests.studio.conftest import small_model


@pytest.fixture
def taken():
    """A port that something else uses, with a free one behind it.

    Not one of those that the system gives to connections of other programs (from 32768 on).
    """
    with socket.socket() as other:
        for port in range(21000, 22000, 2):
            with contextlib.suppress(OSError), socket.socket() as behind:
                behind.bind(("127.0.0.1", port + 1))
                other.bind(("127.0.0.1", port))
                break
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture
def started(tmp_path, ctrl_c_works):
    """Starts the command in an empty folder; ends it if the test has not."""
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "minicnn", "studio", "--no-open", *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


def address_of(process):
    """The address that the command prints, and what it printed before."""
    before = []
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            return found[0], "".join(before)
        before.append(line)
    raise AssertionError(f"it ended: {before}")


def test_a_port_in_use_is_said_and_ctrl_c_ends_at_once(started, tmp_path, taken):
    small_model().save(tmp_path / "mine.keras")
    process = started("mine.keras", "--port", taken)
    address, before = address_of(process)
    assert f"Port {taken} is in use" in before
    assert address == f"http://127.0.0.1:{taken + 1}/"
    assert b"Draw a digit" in urllib.request.urlopen(address, timeout=10).read()
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=10)
    assert time.monotonic() - start < 2
    assert process.returncode == 0
    assert output.strip() == "The studio has ended."


def test_ctrl_c_ends_a_training_too(started):
    process = started("--port", 8400)
    address_of(process)
    time.sleep(1.0)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=20)
    assert time.monotonic() - start < 4
    assert process.returncode == 0 and "Traceback" not in output


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["none.keras"], 1, "none.keras"),
        (["damaged.keras"], 1, "damaged.keras"),
        (["--port", "99999"], 2, "from 0 to 65535"),
        (["--host", "256.1.1.1"], 1, "256.1.1.1"),
    ],
)
def test_what_cannot_be_served_is_said_in_a_sentence(
    tmp_path, monkeypatch, capsys, arguments, code, says
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(running, "untrained_model", small_model)
    (tmp_path / "damaged.keras").write_bytes(b"PK\3\4 no model")
    try:
        result = main(["studio", "--no-open", *arguments])
    except SystemExit as stop:  # of argparse
        result = stop.code
    assert result == code
    assert says in capsys.readouterr().err


def test_the_model_that_make_train_saved_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model = small_model()
    (tmp_path / "runs/mnist").mkdir(parents=True)
    model.save(tmp_path / "runs/mnist/model.keras")
    server, training = running.server_state()
    assert training is None and "runs/mnist/model.keras" in server.network.source
    assert np.array_equal(server.network.model.get_weights()[0], model.get_weights()[0])


def test_without_extra_packages_a_sentence_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "minicnn.studio.running", None)
    assert main(["studio", "--no-open"]) == 2
    assert "pip install 'minicnn[studio]'" in capsys.readouterr().err


def test_other_computers_are_let_in_only_when_asked():
    assert running.config(server_with(small_model()), "127.0.0.1").app._hosts == {
        "127.0.0.1",
        "localhost",
        "::1",
    }


def server_with(model):
    return running.server_state(model)[0]


def test_without_a_model_the_page_waits_for_no_compiler(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    backends = []

    def state(model, source):
        backends.append(keras.config.backend())
        return ServerState(model, source)

    monkeypatch.setattr(running, "ServerState", state)
    before = keras.config.backend()
    server, training = running.server_state()
    assert backends == ["numpy"] and keras.config.backend() == before
    assert training is not None and server.network.description.classes == 10

"""A fork while other threads compile, import, build or compute: the child computes, or refuses."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from minicnn.common import forks

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is Unix's"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

PROGRAM = """
import os, sys, threading, time
import numpy as np
from minicnn import Sequential, config, layers
from minicnn.backend import kernels

config.set_backend("numba")
config.set_threads(2)
large = np.linspace(-1, 1, 10**6).astype("float32")

def compiles():
    for name in ("tanh", "selu", "gelu", "celu", "elu", "softplus", "silu"):
        getattr(kernels, name)(large[:10])
        getattr(kernels, name)(large[:10].astype("float64"))

def computes():
    while True:
        kernels.relu(large)

def imports():
    sys.path.insert(0, os.getcwd())
    import slow

def builds():
    model.build((None, 8, 8, 1))

model = Sequential([layers.Conv2D(4, 3), layers.Flatten(), *(
    layers.Dense(5) for _ in range(300))])
if sys.argv[1] == "computes":
    kernels.relu(large)
threading.Thread(target=globals()[sys.argv[1]], daemon=True).start()
time.sleep(float(sys.argv[2]))
child = os.fork()
if child:
    end = time.monotonic() + 50
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            os._exit(os.waitstatus_to_exitcode(status))
        time.sleep(0.01)
    os.kill(child, 9)
    os._exit(99)
assert np.array_equal(kernels.relu(large), np.maximum(large, 0))
assert kernels.sigmoid(np.zeros(3, "float32")).tolist() == [0.5] * 3
if sys.argv[1] == "imports":
    import slow
    assert slow.done
if sys.argv[1] == "builds":
    assert model(np.ones((2, 8, 8, 1), "float32")).shape == (2, 5)
    assert len(model.weights) == 602, len(model.weights)
os._exit(0)
"""


@pytest.mark.parametrize(
    ("activity", "moment"),
    [
        ("compiles", 0.01),
        ("compiles", 0.2),
        ("compiles", 1.5),
        ("computes", 0.3),
        ("imports", 0.1),
        ("builds", 0.02),
    ],
)
def test_the_child_computes(activity, moment, tmp_path):
    (tmp_path / "slow.py").write_text("import time\ntime.sleep(1)\ndone = True\n")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, activity, str(moment)],
        env={
            **os.environ,
            **({"NUMBA_CACHE_DIR": str(tmp_path)} if activity == "compiles" else {}),
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def fork(child):
    """The exit code of a child that calls a function; -9 if it hangs."""
    process = os.fork()
    if not process:
        try:
            os._exit(int(child()))
        finally:
            os._exit(77)
    end = time.monotonic() + 20
    while not (done := os.waitpid(process, os.WNOHANG))[0]:
        if time.monotonic() > end:
            os.kill(process, 9)
        time.sleep(0.005)
    return os.waitstatus_to_exitcode(done[1])


@pytest.fixture
def places(monkeypatch):
    """Two locks of which the first is taken before the second."""
    owners = [SimpleNamespace(_lock=threading.RLock()) for _ in range(2)]
    monkeypatch.setattr(forks, "_places", [])
    for owner in owners:
        forks.hold_over_forks(owner)
        forks.hold_over_forks(owner)
    assert len(forks._places) == 2
    return owners


def holder(lock, seconds):
    """A thread that holds a lock for some time, from now on."""
    holds = threading.Event()

    def hold():
        with lock:
            holds.set()
            time.sleep(seconds)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(10)
    return thread


def is_free(owner):
    """Whether another thread can take the lock."""
    found = []

    def take():
        if owner._lock.acquire(timeout=5):
            owner._lock.release()
            found.append(True)

    thread = threading.Thread(target=take)
    thread.start()
    thread.join()
    return bool(found)


@pytest.mark.parametrize("which", [0, 1])
def test_a_fork_waits_for_a_lock_and_lets_it_go(places, which):
    thread = holder(places[which]._lock, 0.3)
    start = time.monotonic()
    assert fork(lambda: not all(map(is_free, places))) == 0
    assert time.monotonic() - start > 0.2
    thread.join()
    assert all(map(is_free, places))


@pytest.mark.parametrize("which", [0, 1])
def test_a_fork_that_cannot_wait_longer_makes_a_child_that_refuses(places, which, monkeypatch):
    monkeypatch.setattr(forks, "PATIENCE", 0.1)
    thread = holder(places[which]._lock, 1)

    def child():
        with pytest.raises(RuntimeError, match="forked while another thread compiled"):
            places[which]._lock.acquire()
        with pytest.raises(RuntimeError, match="spawn"), places[which]._lock:
            pass
        assert which == 0 or is_free(places[0])
        return fork(lambda: 0)  # and can fork

    assert fork(child) == 0
    thread.join()
    assert all(map(is_free, places))


def test_the_thread_that_holds_a_lock_may_fork(places):
    with places[1]._lock, places[0]._lock:
        assert fork(lambda: 0) == 0
    assert all(map(is_free, places))


def test_threads_that_fork_at_once(places):
    codes = []
    threads = [
        threading.Thread(target=lambda: codes.append(fork(lambda: not all(map(is_free, places)))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == [0] * 4
    assert all(map(is_free, places))

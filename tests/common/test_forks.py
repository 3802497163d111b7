"""A fork while other threads compile, import, build or compute: the child computes, or refuses."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile

import pytest

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


def run(program, *arguments, cwd=None, environment=()):
    """Runs a program, which must end well."""
    paths = os.pathsep.join(filter(None, sys.path))
    with tempfile.TemporaryFile() as errors:  # of a pipe, a child that hangs would hold the end
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program, *arguments],
            env={**os.environ, **dict(environment), "PYTHONPATH": paths},
            cwd=cwd,
            stdout=errors,
            stderr=errors,
            timeout=120,
        )
        errors.seek(0)
        assert done.returncode == 0, errors.read().decode()


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
    cache = {"NUMBA_CACHE_DIR": str(tmp_path)} if activity == "compiles" else {}
    run(PROGRAM, activity, str(moment), cwd=tmp_path, environment=cache)


@pytest.mark.parametrize(
    "check",
    [
        "a_fork_waits_for_a_lock_and_lets_it_go(0)",
        "a_fork_waits_for_a_lock_and_lets_it_go(1)",
        "a_fork_that_cannot_wait_longer_makes_a_child_that_refuses(0)",
        "a_fork_that_cannot_wait_longer_makes_a_child_that_refuses(1)",
        "the_thread_that_holds_a_lock_may_fork()",
        "threads_that_fork_at_once()",
    ],
)
def test_forking(check):
    run(f"from tests.common import forking; forking.{check}")


def test_a_child_of_the_tests_frees_nothing_that_its_parent_left():
    """As `conftest.py` sets it: what other libraries left may need threads that a child lacks."""

    class Left:
        def __init__(self):
            self.itself, self.parent = self, os.getpid()

        def __del__(self):
            if os.getpid() != self.parent:
                os._exit(9)

    gc.disable()  # the parent frees it afterwards
    try:
        Left()
        child = os.fork()
        if not child:
            gc.collect()
            os._exit(0)
    finally:
        gc.enable()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

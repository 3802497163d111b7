"""What all tests share: quiet Keras on TensorFlow, the two backends, a clean state for each."""

from __future__ import annotations

import gc
import os
import runpy
import signal
import traceback

# Before anything imports Keras or TensorFlow.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"

from pathlib import Path

import hypothesis
import numpy as np
import pytest

from minicnn import config
from minicnn.common import configuration, session
from minicnn.utils.rng_utils import set_random_seed

SEED = 20260101

# A forked child has none of TensorFlow's threads. Functions that TensorFlow left in memory crash
# when the child frees them, so it keeps all that it got from its parent.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=gc.freeze)

# A busy machine draws examples slowly and runs them slowly: no fault of what is tested.
hypothesis.settings.register_profile(
    "minicnn", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("minicnn")


@pytest.fixture(autouse=True)
def _clean_state():
    """Every test starts from the default settings, the same seeds and fresh names."""
    settings = dict(vars(configuration.values), backend=config.backend())
    session.clear_session(free_memory=False)
    set_random_seed(SEED)
    yield
    if config.backend() != settings["backend"]:
        config.set_backend(settings["backend"])
    vars(configuration.values).update(settings)
    session.clear_session(free_memory=False)


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator of random arrays."""
    return np.random.default_rng(SEED)


@pytest.fixture
def ctrl_c_works():
    """This process, and those it starts, obey Ctrl-C; in a job of a shell they would ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(params=["numpy", "numba"])
def backend(request):
    """Run the test on both backends."""
    before = config.backend()
    config.set_backend(request.param)
    yield request.param
    config.set_backend(before)


@pytest.fixture(scope="session")
def keras():
    """Real Keras on TensorFlow, for comparison. The test is skipped where it is missing."""
    pytest.importorskip("tensorflow")
    keras = pytest.importorskip("keras")
    if keras.backend.backend() != "tensorflow":
        pytest.skip(f"Keras runs on {keras.backend.backend()}, not on TensorFlow")
    return keras


def pytest_collection_modifyitems(items):
    """Tests that take the `keras` fixture get the marker of that name (`-m "not keras"`)."""
    for item in items:
        if "keras" in getattr(item, "fixturenames", ()):
            item.add_marker("keras")


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """A test file that cannot be imported is an error, unless a package is not installed.

    pytest would skip it, since the options in `pyproject.toml` allow modules without their extras.
    """
    report = yield
    if report.skipped and "unable to import module" in str(report.longrepr):
        try:
            runpy.run_path(str(collector.path))
        except Exception as error:
            name = (getattr(error, "name", None) or "").partition(".")[0]
            ours = name and (Path(__file__).parents[1] / name).exists()
            if ours or not isinstance(error, ModuleNotFoundError):
                report.outcome, report.longrepr = "failed", traceback.format_exc()
    return report


@pytest.fixture(scope="session")
def playwright_engine():
    """Playwright, which drives browsers; a process can start it only once."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as engine:
        yield engine

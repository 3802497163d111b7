import signal

import pytest

collect_ignore = ["programs"]  # they are run by tests, and are none


@pytest.fixture
def ctrl_c_works():
    """Processes started meanwhile obey Ctrl-C, as they do not by themselves in a job of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)

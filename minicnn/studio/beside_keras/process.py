"""The process with real Keras: started at the first question, ended with the studio."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pickle
import subprocess
import sys
import threading
from typing import Any

NEEDED = ("keras", "tensorflow")
ENVIRONMENT = {
    "KERAS_BACKEND": "tensorflow",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "CUDA_VISIBLE_DEVICES": "-1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


class KerasProcess:
    """Answers questions with real Keras, one after the other.

    The process ends by itself when this one does, because then nobody holds its input open.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def ask(self, question: str, **content: Any) -> dict[str, Any]:
        """The answer of a function of `worker.py`.

        Raises:
            ValueError: Keras is not installed, or could not answer; the sentence says why.
        """
        why_not = missing()
        if why_not:
            raise ValueError(why_not)
        with self._lock:
            process = self._running()
            try:
                pickle.dump((question, content), process.stdin)
                process.stdin.flush()
                kind, answer = pickle.load(process.stdout)
            except (OSError, EOFError, pickle.UnpicklingError):
                self._end()
                raise ValueError("The process with Keras ended too early. Ask again.") from None
        if kind == "error":
            raise ValueError(f"Keras could not answer: {answer}")
        return answer

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._end()

    def _running(self) -> subprocess.Popen:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "minicnn.studio.beside_keras.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,  # Ctrl-C is for the studio; its end closes the input
            )
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        process.stdout.close()
        with contextlib.suppress(OSError):
            process.stdin.close()


def missing() -> str | None:
    """A sentence if Keras cannot be asked here; None if it can."""
    for name in NEEDED:
        if importlib.util.find_spec(name) is None:
            return (
                f"Real Keras is not beside it: {name} is not installed. "
                "`pip install keras tensorflow` brings it."
            )
    return None


KERAS = KerasProcess()
"""The one process of this program."""

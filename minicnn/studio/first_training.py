"""`FirstTraining`: trains the small convnet while the person watches, where there is no model."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

import minicnn as keras
from minicnn.examples.small_convnet import build, load
from minicnn.studio.server_state import ServerState

BATCH_SIZE = 128
IMAGES = 38_400
SECONDS_BETWEEN_EVENTS = 0.15


def untrained_model() -> Any:
    """The small convnet with random weights, compiled for the short training."""
    return build(_steps())


def _steps() -> int:
    return math.ceil(IMAGES / BATCH_SIZE)


class FirstTraining(threading.Thread):
    """Trains the shared network once over a part of MNIST, and tells its pages how far it is.

    Drawings are answered between the steps, by the network as it is then.
    """

    def __init__(self, server: ServerState):
        super().__init__(name="first training", daemon=True)
        self.server = server
        self._stopping = threading.Event()
        server.learning = {"step": 0, "steps": _steps(), "loss": None, "accuracy": None}

    def run(self) -> None:
        """Trains; ends early if it is stopped."""
        server = self.server
        training, _ = load("mnist", IMAGES)
        server.turns.take()
        try:
            server.network.model.fit(
                *training, batch_size=BATCH_SIZE, verbose=0, callbacks=[self._progress()]
            )
        finally:
            server.turns.give_back()
        server.learning = None
        server.tell_viewers("learning", step=_steps(), steps=_steps(), done=True)

    def stop(self) -> None:
        """Ends the training after the step that is running."""
        self._stopping.set()
        if self.is_alive():
            self.join(timeout=1)

    def _progress(self) -> keras.Callback:
        server, stopping = self.server, self._stopping

        class Progress(keras.Callback):
            """Lets others compute after each step, and says how far the training is."""

            last = 0.0

            def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
                server.learning = {"step": batch + 1, "steps": _steps(), **(logs or {})}
                if time.monotonic() - self.last > SECONDS_BETWEEN_EVENTS:
                    self.last = time.monotonic()
                    server.tell_viewers("learning", **server.learning, done=False)
                server.turns.give_back()
                server.turns.take()
                if stopping.is_set():
                    self.model.stop_training = True

        return Progress()

"""Times a whole process from outside: importing a library, a first step, 99 % on MNIST.

The parent runs `python -m benchmarks.start LIBRARY WHAT SEED` and waits for a line of JSON.
"""

from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
import tempfile
import time
from types import ModuleType
from typing import Any

from benchmarks.libraries import NAMED, Library
from benchmarks.worker import Failed

ENOUGH = 0.99


def seconds_of(library: Library, what: str, seed: int = 0, **environment: str) -> float:
    """The time from the start of the process until its result, without the time it waited."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.start", library.name, what, str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**library.environment(), **environment},
        text=True,
    )
    with process:
        line = next((text for text in process.stdout if text.startswith("{")), None)
        seconds = time.perf_counter() - start
        process.kill()
    answer = json.loads(line) if line else {"error": "its process ended early"}
    if "error" in answer:
        raise Failed(f"{library.name}: {answer['error']}")
    return seconds - answer.get("idle", 0)


def seconds_with_compilation(library: Library) -> float:
    """The time of a first step without saved compiled functions."""
    with tempfile.TemporaryDirectory() as folder:
        return seconds_of(library, "first_step", NUMBA_CACHE_DIR=folder)


def import_it(library: Library, seed: int) -> dict[str, Any]:
    """Import the library."""
    importlib.import_module(library.module)
    return {}


def first_step(library: Library, seed: int) -> dict[str, Any]:
    """Run one training step of the convnet."""
    import numpy as np

    keras = importlib.import_module(library.module)
    model = _convnet(keras, library, "adam", seed)
    model.fit(np.zeros((128, 28, 28, 1), "float32"), np.zeros(128, "int32"), 128, verbose=0)
    return {}


def accuracy(library: Library, seed: int) -> dict[str, Any]:
    """Train as `minicnn train` does, until 99 % of the test images are right."""
    from minicnn.examples.small_convnet import EPOCHS, LEARNING_RATE, load

    keras = importlib.import_module(library.module)
    training, test = load("mnist")
    steps = EPOCHS * math.ceil(len(training.labels) / 128)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0,
        decay_steps=steps - steps // 10,
        warmup_target=LEARNING_RATE,
        warmup_steps=steps // 10,
    )
    model = _convnet(keras, library, keras.optimizers.Adam(rate), seed)
    watch = _watch(keras)
    history = model.fit(
        *training,
        batch_size=128,
        epochs=EPOCHS,
        validation_data=tuple(test),
        callbacks=[watch],
        verbose=0,
    ).history["val_accuracy"]
    if history[-1] < ENOUGH:
        return {"error": f"{history[-1]:.2%} after {EPOCHS} epochs, and not {ENOUGH:.0%}"}
    watch.on_train_batch_begin(0)  # adds the time that it waited after the last epoch
    return {"epochs": len(history), "idle": watch.idle if library.waits_after_computing() else 0}


def _convnet(keras: ModuleType, library: Library, optimizer: Any, seed: int) -> Any:
    from compare.networks import convnet

    keras.utils.set_random_seed(seed)
    model = convnet(keras)
    model.compile(
        optimizer=optimizer,
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
        **library.compile_settings,
    )
    return model


def _watch(keras: ModuleType) -> Any:
    """A callback that ends the training when the accuracy is reached.

    It also measures the time between epochs, in which some libraries only wait (see
    `Library.waits_after_computing`).
    """

    class Watch(keras.callbacks.Callback):
        idle = 0.0
        ended: float | None = None

        def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
            if self.ended is not None:
                self.idle += time.perf_counter() - self.ended
                self.ended = None

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            self.model.stop_training = logs["val_accuracy"] >= ENOUGH
            self.ended = time.perf_counter()

    return Watch()


WHAT = {function.__name__: function for function in (import_it, first_step, accuracy)}

if __name__ == "__main__":
    name, what, seed = sys.argv[1:]
    try:
        answer = WHAT[what](NAMED[name], int(seed))
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)

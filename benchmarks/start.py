"""Times a whole process from outside: importing a library, a first step, 99 % on MNIST.

The parent runs `python -m benchmarks.start LIBRARY WHAT SEED` and reads lines of JSON: one at the
end of each part but the last, `{"part": "import"}`, and the result.
"""

from __future__ import annotations

import importlib
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from types import ModuleType
from typing import Any, NamedTuple

from benchmarks.libraries import NAMED, Library
from benchmarks.worker import Failed

ENOUGH = 0.99
LAST = "other steps and tests"
PARTS = ("import", "data", "first step", LAST)
"""The parts of a training to 99 %."""


class Run(NamedTuple):
    """The seconds of each part of a process, without the time it waited, and its result."""

    parts: dict[str, float]
    result: dict[str, Any]

    @property
    def seconds(self) -> float:
        """The time from the start of the process until its result."""
        return sum(self.parts.values())


def run(library: Library, what: str, seed: int = 0, **environment: str) -> Run:
    """Run a process until its result."""
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.start", library.name, what, str(seed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**library.environment(), **environment},
        text=True,
    )
    with process:
        found = _read(process.stdout, start)
        process.kill()
    if "error" in found.result:
        raise Failed(f"{library.name}: {found.result['error']}")
    return found


def _read(lines: Iterable[str], start: float) -> Run:
    """Read lines until the result. A part ends when its line arrives."""
    parts: dict[str, float] = {}
    for answer in (json.loads(text) for text in lines if text.startswith("{")):
        end = time.perf_counter()
        parts[answer.get("part", LAST)] = end - start - answer.get("idle", 0)
        if "part" not in answer:
            return Run(parts, answer)
        start = end
    return Run(parts, {"error": "its process ended early"})


def seconds_with_compilation(library: Library) -> float:
    """The time of a first step without saved compiled functions."""
    with tempfile.TemporaryDirectory() as folder:
        return run(library, "first_step", NUMBA_CACHE_DIR=folder).seconds


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
    _tell("import")
    training, test = load("mnist")
    _tell("data")
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


def _tell(part: str) -> None:
    """Tell the parent that a part has ended."""
    print(json.dumps({"part": part}), flush=True)


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

    It also tells that the first step has ended, and measures the time between epochs, in which some
    libraries only wait (see `Library.waits_after_computing`).
    """

    class Watch(keras.callbacks.Callback):
        idle = 0.0
        ended: float | None = None
        is_first_epoch = True

        def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
            if batch == 1 and self.is_first_epoch:
                _tell("first step")
            if self.ended is not None:
                self.idle += time.perf_counter() - self.ended
                self.ended = None

        def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
            self.is_first_epoch = False
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

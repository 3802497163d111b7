"""Prepares and runs the tasks of a worker's process."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import own_model
from benchmarks.libraries import Library
from compare.networks import CLASSES, TIMED

MOST_BATCHES = 512
XOR = np.float32([[0, 0], [0, 1], [1, 0], [1, 1]]), np.float32([[0], [1], [1], [0]])


class Session:
    """A library and its prepared tasks. Each public method is a request that the worker accepts."""

    def __init__(self, library: Library):
        self.library = library
        self.keras = importlib.import_module(library.module)
        self.tasks: dict[str, Callable[[], int]] = {}
        self.ended: float | None = None

    def about(self) -> dict[str, Any]:
        """The versions of the library, and minicnn's number of threads."""
        threads = self.keras.config.threads() if self.library.module == "minicnn" else None
        packages = [self.library.module, self.library.backend]
        if self.library.module == "minicnn":
            packages = ["minicnn", "numba"]
        versions = {
            name: self.keras.__version__ if name == "minicnn" else metadata.version(name)
            for name in packages
            if name is not None
        }
        return {"versions": versions, "threads": threads}

    def prepare(self, kind: str, name: str = "", **settings: Any) -> dict[str, Any]:
        """Prepare a task and run it once, so that everything is compiled."""
        self.tasks[name] = getattr(self, f"_{kind}")(**settings)
        return self.round(name)

    def round(self, name: str = "") -> dict[str, Any]:
        """Run a prepared task: microseconds per sample, epoch or call."""
        self.ended = None
        start = time.perf_counter()
        count = self.tasks[name]()
        end = self.ended or time.perf_counter()
        return {"microseconds": (end - start) / count * 1e6}

    def release(self) -> dict[str, Any]:
        """Delete all prepared tasks."""
        self.tasks.clear()
        self.keras.backend.clear_session()
        return {}

    def algorithms(self, **shape: int) -> dict[str, Any]:
        """The algorithms that can compute a convolution."""
        from benchmarks.convolutions import Layer, algorithms

        return {"names": algorithms(Layer(**shape))}

    def memory(self) -> dict[str, Any]:
        """The peak memory of this process in megabytes."""
        return {"megabytes": peak_memory() / 1e6}

    def samples(self, kind: str, network: str, batch: int, seconds: float) -> dict[str, Any]:
        """How many samples this library computes in about so many seconds, in whole batches."""
        self.release()
        self.prepare(kind, network=network, batch=batch, images=2 * batch)
        batches = seconds * 1e6 / (self.round()["microseconds"] * batch)
        self.release()
        return {"images": batch * int(np.clip(batches, 2, MOST_BATCHES))}

    def yardstick(self) -> dict[str, Any]:
        """The microseconds of a fixed computation: how fast the machine is just now.

        On one thread, in the cache and beyond it, and without the matrix library, whose number of
        threads depends on the library that is timed.
        """
        near, far = np.linspace(0, 1, 1 << 14), np.linspace(0, 1, 1 << 19)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            for _ in range(16):
                np.exp(near)
            np.add(far, far, out=far)
            times.append(time.perf_counter() - start)
        return {"microseconds": float(np.median(times)) * 1e6}

    def _training(self, network: str, batch: int, images: int) -> Callable[[], int]:
        task = self._task(network, images)

        def work() -> int:
            settings = {"batch_size": batch, "epochs": 1, "verbose": 0}
            task.model.fit(task.x, task.y, callbacks=self._callbacks(), **settings)
            return images

        return work

    def _prediction(self, network: str, batch: int, images: int) -> Callable[[], int]:
        task = self._task(network, images)

        def work() -> int:
            task.model.predict(task.x, batch_size=batch, verbose=0, callbacks=self._callbacks())
            return images

        return work

    def _one_batch(self, network: str, batch: int) -> Callable[[], int]:
        task = self._task(network, batch)

        def work() -> int:
            task.model.train_on_batch(task.x, task.y)
            return batch

        return work

    def _xor_epochs(self, times: int) -> Callable[[], int]:
        """`fit` with many epochs of one step, on four rows."""
        model = self._model("xor", loss="binary_crossentropy")

        def work() -> int:
            model.fit(*XOR, epochs=times, verbose=0)
            return times

        return work

    def _calls(self, of: str, times: int, **settings: Any) -> Callable[[], int]:
        """Many calls of another task, one after the other. All their time counts."""
        call = getattr(self, f"_{of}")(**settings)

        def work() -> int:
            for _ in range(times):
                call()
            self.ended = None
            return times

        return work

    def _task(self, network: str, images: int) -> own_model.Task:
        if own_model.is_own(network):
            settings = self.library.compile_settings
            return own_model.load(network, self.keras, images, settings)
        model = self._model(network)
        x, y = random_inputs(images, model.input_shape[1:]), random_labels(images)
        return own_model.Task(model, x, y)

    def _callbacks(self) -> list:
        """A callback that saves the time when everything is computed, if the library then waits."""
        if not self.library.waits_after_computing():
            return []

        def save_end(*_: Any, **__: Any) -> None:
            self.ended = time.perf_counter()

        ends = {"on_epoch_end": save_end, "on_predict_end": save_end}
        return [self.keras.callbacks.LambdaCallback(**ends)]

    def _model(self, network: str, loss: str = "sparse_categorical_crossentropy") -> Any:
        self.keras.utils.set_random_seed(0)
        model = TIMED[network](self.keras)
        model.compile(
            optimizer="adam",
            loss=loss,
            metrics=["accuracy"],
            **self.library.compile_settings,
        )
        return model

    def _convolution(self, **settings: Any) -> Callable[[], int]:
        from benchmarks.convolutions import work

        return work(**settings)


def random_inputs(count: int, shape: Sequence[int]) -> np.ndarray:
    """Random images or sequences, `(count, *shape)`."""
    return np.random.default_rng(0).random((count, *shape), "float32")


def random_labels(count: int) -> np.ndarray:
    """Random labels, `(count,)`."""
    return np.random.default_rng(1).integers(0, CLASSES, count).astype("int32")


def peak_memory() -> int:
    """The peak memory of this process in bytes.

    On Linux `ru_maxrss` includes memory inherited from the parent, so /proc is read instead.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

"""What a worker's process does when it is asked: prepare some work, and do it once more."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.libraries import Library
from compare.networks import CLASSES, INPUT_SHAPE, NETWORKS


class Session:
    """A library and the work that it was told to prepare."""

    def __init__(self, library: Library):
        self.library = library
        self.keras = importlib.import_module(library.module)
        self.works: dict[str, Callable[[], int]] = {}
        self.ended: float | None = None

    def about(self) -> dict[str, Any]:
        """Versions, and how many threads minicnn computes on."""
        packages = [self.library.module, self.library.backend or "numba"]
        threads = self.keras.config.threads() if self.library.module == "minicnn" else None
        versions = {
            name: self.keras.__version__ if name == "minicnn" else metadata.version(name)
            for name in packages
        }
        return {"versions": versions, "threads": threads}

    def prepare(self, kind: str, name: str = "", **settings: Any) -> dict[str, Any]:
        """Make what a round needs, and do it once, so that everything is compiled."""
        self.works[name] = getattr(self, f"_{kind}")(**settings)
        return self.round(name)

    def round(self, name: str = "") -> dict[str, Any]:
        """Do what was prepared: microseconds for each image."""
        self.ended = None
        start = time.perf_counter()
        images = self.works[name]()
        end = self.ended or time.perf_counter()
        return {"microseconds": (end - start) / images * 1e6}

    def forget(self) -> dict[str, Any]:
        """Let go of what was prepared."""
        self.works.clear()
        self.keras.backend.clear_session()
        return {}

    def algorithms(self, **shape: int) -> dict[str, Any]:
        """The algorithms that do a convolution."""
        from benchmarks.convolutions import Layer, algorithms

        return {"names": algorithms(Layer(**shape))}

    def memory(self) -> dict[str, Any]:
        """The most memory that this process ever had, in megabytes."""
        return {"megabytes": peak_memory() / 1e6}

    def _training(self, network: str, batch: int, images: int) -> Callable[[], int]:
        model, x, y = self._model(network), _images(images), _labels(images)

        def work() -> int:
            model.fit(x, y, batch_size=batch, epochs=1, verbose=0, callbacks=self._callbacks())
            return images

        return work

    def _prediction(self, network: str, batch: int, images: int) -> Callable[[], int]:
        model, x = self._model(network), _images(images)

        def work() -> int:
            model.predict(x, batch_size=batch, verbose=0, callbacks=self._callbacks())
            return images

        return work

    def _callbacks(self) -> list:
        """One that notes when all is computed, for a library that then waits idly."""
        if not self.library.waits_idly():
            return []

        def note_end(*_: Any, **__: Any) -> None:
            self.ended = time.perf_counter()

        ends = {"on_epoch_end": note_end, "on_predict_end": note_end}
        return [self.keras.callbacks.LambdaCallback(**ends)]

    def _model(self, network: str) -> Any:
        self.keras.utils.set_random_seed(0)
        model = NETWORKS[network](self.keras)
        model.compile(
            optimizer="adam",
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            **self.library.compile_settings,
        )
        return model

    def _convolution(self, **settings: Any) -> Callable[[], int]:
        from benchmarks.convolutions import work

        return work(**settings)


def _images(count: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, *INPUT_SHAPE), "float32")


def _labels(count: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, CLASSES, count).astype("int32")


def peak_memory() -> int:
    """Bytes. Linux counts what a process inherits from its parent into `ru_maxrss`, so not that."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

"""`TrainingRun`: a training that a page started, may pause, step and stop."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minicnn as keras
from minicnn.examples.small_convnet import Images, load
from minicnn.studio.training_choices import build
from minicnn.studio.turns import Turns

SECONDS_BETWEEN_EVENTS = 0.15
MOST_POINTS = 400
"""Of a curve: each is the mean over so many steps as are needed."""
TEST_IMAGES = 1000


class Settings(NamedTuple):
    """What is trained, and how."""

    dataset: str
    layers: list[str]
    optimizer: str
    learning_rate: float
    batch_size: int
    epochs: int
    images: int

    def network(self) -> Any:
        """A new network with random weights."""
        return build(self.layers, self.optimizer, self.learning_rate)


class TrainingRun(threading.Thread):
    """Trains a network; all others compute between its steps.

    Attributes:
        network: it, with the weights of now.
        viewer: one with the same layers, to look at other weights.
        weights: those at the start and after each epoch.
        training: the images to learn from; None until they are loaded.
        test: the images to measure with.
    """

    def __init__(self, settings: Settings, turns: Turns, tell: Callable[..., None]):
        super().__init__(name="training of a page", daemon=True)
        self.settings = settings
        self.network, self.viewer = settings.network(), settings.network()
        self.weights: list[list[np.ndarray]] = [self.network.get_weights()]
        self.training: Images | None = None
        self.test: Images | None = None
        self.step, self.epoch, self.state = 0, 0, "loading"
        self.problem: str | None = None
        self.steps_of_epoch = math.ceil(settings.images / settings.batch_size)
        self.steps = self.steps_of_epoch * settings.epochs
        self._turns, self._tell, self._told = turns, tell, 0.0
        self._told_step = (0, "loading")
        self._wanted, self._single_steps = "go", 0
        self._changed = threading.Condition()
        self._learning: list[tuple[float, ...]] = []
        self._measured: list[tuple[float, ...]] = []
        self._each = math.ceil(self.steps / MOST_POINTS)
        self._sums = np.zeros(3)  # images, and losses and right answers over them, up to a point

    @property
    def is_over(self) -> bool:
        """Whether no step will follow."""
        return self.state in ("done", "stopped")

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._wanted == "stop"

    def control(self, wanted: str) -> None:
        """Lets it "go", "pause", take one "step", or "stop". Returns at once."""
        with self._changed:
            if wanted == "step":
                self._single_steps += 1
            if not self.is_stopping:
                self._wanted = "pause" if wanted == "step" else wanted
            self._changed.notify_all()

    def end(self) -> None:
        """Stops it, as the page is closed or begins another."""
        self.control("stop")

    def as_message(self) -> dict[str, Any]:
        """How far it is, and the curves."""
        return {
            "state": self.state,
            "problem": self.problem,
            "step": self.step,
            "steps": self.steps,
            "steps_of_epoch": self.steps_of_epoch,
            "epoch": self.epoch,
            "epochs": self.settings.epochs,
            "kept": len(self.weights) - 1,
            "learning": np.array(self._learning, "float32").reshape(-1, 3),
            "measured": np.array(self._measured, "float32").reshape(-1, 3),
        }

    def run(self) -> None:
        """Trains until the epochs are over or it is stopped."""
        settings = self.settings
        try:
            training, test = load(settings.dataset, settings.images)
            self.test = Images(test.pixels[:TEST_IMAGES], test.labels[:TEST_IMAGES])
            self.training = training
            with self._turns.turn():
                self._train()
        except Exception as error:
            self.problem = f"The training broke off: {error}"
            raise
        finally:
            is_whole = self.step == self.steps and not self.is_stopping
            self.state = "done" if is_whole else "stopped"
            self.tell()

    def _train(self) -> None:
        watch, batch_size = self._watch(), self.settings.batch_size
        start = self.network.evaluate(
            *self.test, batch_size=100, verbose=0, return_dict=True, callbacks=[watch]
        )
        if self.is_stopping:
            return
        self._measured.append((0, start["loss"], start["accuracy"]))
        self.state = "running"
        self.wait_for_turn()
        if not self.is_stopping:
            self.network.fit(
                *self.training,
                batch_size=batch_size,
                epochs=self.settings.epochs,
                validation_data=self.test,
                validation_batch_size=100,
                verbose=0,
                callbacks=[watch],
            )

    def tell(self) -> None:
        """Tells the page how far it is."""
        self._told, self._told_step = time.monotonic(), (self.step, self.state)
        self._tell("run", **self.as_message())

    def after_step(self, batch: int, logs: dict[str, float]) -> None:
        """Adds to the curve. `logs` has the means over the epoch so far."""
        self.step += 1
        if self.step % self._each == 0 or batch + 1 == self.steps_of_epoch:
            images = min((batch + 1) * self.settings.batch_size, self.settings.images)
            sums = images * np.array([1, logs["loss"], logs["accuracy"]])
            new = sums - self._sums
            self._learning.append((self.step, new[1] / new[0], new[2] / new[0]))
            self._sums = sums
        if time.monotonic() - self._told > SECONDS_BETWEEN_EVENTS:
            self.tell()

    def after_epoch(self, logs: dict[str, float]) -> None:
        """Keeps the weights."""
        self._sums = np.zeros(3)
        if self.is_stopping:
            return
        self.epoch += 1
        self.weights.append(self.network.get_weights())
        self._measured.append((self.step, logs["val_loss"], logs["val_accuracy"]))
        self.tell()

    def let_others(self) -> None:
        """Lets others compute who wait for it."""
        self._turns.give_back()
        self._turns.take()

    def wait_for_turn(self) -> bool:
        """Lets others compute, and while it is paused waits; says whether to go on."""
        self._turns.give_back()
        try:
            with self._changed:
                while self._wanted == "pause" and not self._single_steps:
                    self.state = "paused"
                    if self._told_step != (self.step, "paused"):
                        self.tell()
                    self._changed.wait()
                self._single_steps = max(0, self._single_steps - 1)
                if self._wanted != "pause":
                    self.state = "running"
        finally:
            self._turns.take()
        return not self.is_stopping

    def _watch(self) -> keras.Callback:
        run = self

        class Watch(keras.Callback):
            """Lets the run know of each step and epoch."""

            def on_train_batch_end(self, batch: int, logs: dict | None = None) -> None:
                run.after_step(batch, logs or {})
                if not run.wait_for_turn():
                    self.model.stop_training = True

            def on_test_batch_end(self, batch: int, logs: dict | None = None) -> None:
                run.let_others()
                self.model.stop_evaluating = run.is_stopping

            def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
                run.after_epoch(logs or {})

        return Watch()

"""`minicnn train`: the small convnet, from images to a trained model and two pictures of it."""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

import minicnn as keras

SUMMARY = "train the small convnet on MNIST or Fashion-MNIST"
DESCRIPTION = """Trains a convnet of two convolutions on all training images, judges it on the test
images, saves it as a .keras file, and draws its learning curves and a sample of its answers."""

CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": (
        *("T-shirt", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
}
MODEL_FILE = "model.keras"
EPOCHS = 6
LEARNING_RATE = 8e-3
"""The highest, after a tenth of the steps. It falls to zero along a cosine, and six epochs do what
many more do at a constant rate."""


class Images(NamedTuple):
    """Images as the model takes them, `(images, height, width, channels)` from 0 to 1."""

    pixels: np.ndarray
    labels: np.ndarray


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What may follow `minicnn train`."""
    parser.add_argument("--dataset", choices=CLASS_NAMES, default="mnist", help="[mnist]")
    parser.add_argument(
        "--epochs", type=_count, default=EPOCHS, help="times through all images [%(default)s]"
    )
    parser.add_argument(
        "--batch-size", type=_count, default=128, help="images in a step [%(default)s]"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="of weights, order and dropout [%(default)s]"
    )
    parser.add_argument("--output", type=Path, help="folder for the files [runs/DATASET]")
    parser.add_argument("--limit", type=_count, help="use only so many images, for a quick try")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"expected a whole number from 1, but got {text!r}")
    return int(text)


def command(options: argparse.Namespace) -> int:
    """Train, judge, save and draw, and return the exit code."""
    folder = options.output or Path("runs", options.dataset)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(options.seed)
        training, test = load(options.dataset, options.limit)
        model, history = _train(training, test, options, folder)
        _judge(model, test)
        _draw(history, model, test, CLASS_NAMES[options.dataset], folder)
    except OSError as error:  # data or folder out of reach
        print(f"minicnn train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return 130
    return 0


def load(dataset: str, limit: int | None = None) -> tuple[Images, Images]:
    """The training and the test images, at most `limit` of each."""
    loader = {"mnist": keras.datasets.mnist, "fashion-mnist": keras.datasets.fashion_mnist}[dataset]
    return tuple(
        Images(images[:limit, ..., None].astype("float32") / 255, labels[:limit])
        for images, labels in loader.load_data()
    )


def build(steps: int) -> keras.Model:
    """The convnet, compiled, with a learning rate that rises and falls over so many steps."""
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(32, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(64, 3, activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(10, activation="softmax"),
        ],
        name="convnet",
    )
    warmup = steps // 10
    learning_rate = keras.optimizers.schedules.CosineDecay(
        0.0, decay_steps=steps - warmup, warmup_target=LEARNING_RATE, warmup_steps=warmup
    )
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model


def _train(
    training: Images, test: Images, options: argparse.Namespace, folder: Path
) -> tuple[keras.Model, dict[str, list[float]]]:
    steps = options.epochs * math.ceil(len(training.labels) / options.batch_size)
    model = build(steps)
    model.summary()
    print(f"{len(training.labels):,} images to learn from, {len(test.labels):,} to test with.")
    start = time.perf_counter()
    try:
        history = model.fit(
            *training,
            batch_size=options.batch_size,
            epochs=options.epochs,
            validation_data=test,
        )
    except KeyboardInterrupt:
        done = int(model.optimizer.iterations.numpy())
        model.save(folder / MODEL_FILE)
        print(f"\nThe model after {done} of {steps} steps is in {folder / MODEL_FILE}.")
        raise
    model.save(folder / MODEL_FILE)
    print(f"\nTrained for {time.perf_counter() - start:.0f} s.")
    return model, history.history


def _judge(model: keras.Model, test: Images) -> None:
    loss, accuracy = model.evaluate(*test, verbose=0)
    wrong = round(len(test.labels) * (1 - accuracy))
    print(
        f"Test accuracy: {accuracy:.2%} "
        f"(loss {loss:.4f}, {wrong:,} of {len(test.labels):,} images wrong)\n"
    )


def _draw(
    history: dict[str, list[float]],
    model: keras.Model,
    test: Images,
    class_names: Sequence[str],
    folder: Path,
) -> None:
    files = {MODEL_FILE: "the model: minicnn.saving.load_model opens it, and so does Keras"}
    if importlib.util.find_spec("matplotlib"):
        from minicnn.cli import pictures

        probabilities = model.predict(test.pixels, verbose=0)
        pictures.learning_curves(history, folder / "learning_curves.png")
        pictures.predictions(*test, probabilities, class_names, folder / "predictions.png")
        files["learning_curves.png"] = "loss and accuracy after each epoch"
        files["predictions.png"] = "25 test images with its answers, right in blue, wrong in red"
    else:
        print("There are no pictures, as matplotlib is missing: pip install 'minicnn[plots]'.")
    for name, what in files.items():
        print(f"{folder / name!s:30}  {what}")

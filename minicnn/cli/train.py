"""`minicnn train`: trains a small convnet, saves it, and draws two pictures."""

from __future__ import annotations

import argparse
import importlib.util
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import minicnn as keras
from minicnn.cli.arguments import at_least
from minicnn.examples.small_convnet import (
    CLASS_NAMES,
    EPOCHS,
    MODEL_FILE,
    Images,
    build,
    load,
)

SUMMARY = "train the small convnet on MNIST or Fashion-MNIST"
DESCRIPTION = """Trains a convnet with two convolutions on all training images, evaluates it on the
test images, saves it as a .keras file, and draws its learning curves and some predictions."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `minicnn train`."""
    parser.add_argument("--dataset", choices=CLASS_NAMES, default="mnist", help="[mnist]")
    parser.add_argument(
        "--epochs",
        type=at_least(1),
        default=EPOCHS,
        help="number of passes over all images [%(default)s]",
    )
    parser.add_argument(
        "--batch-size", type=at_least(1), default=128, help="images in a step [%(default)s]"
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="for weights, order and dropout [%(default)s]"
    )
    parser.add_argument("--output", type=Path, help="folder for the files [runs/DATASET]")
    parser.add_argument(
        "--limit", type=at_least(1), help="use only this many images, for a quick test"
    )


def command(options: argparse.Namespace) -> int:
    """Train, evaluate, save and draw; returns the exit code."""
    folder = options.output or Path("runs", options.dataset)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        keras.utils.set_random_seed(options.seed)
        training, test = load(options.dataset, options.limit)
        model, history = _train(training, test, options, folder)
        _evaluate(model, test)
        _draw(history, model, test, CLASS_NAMES[options.dataset], folder)
    except OSError as error:  # the data or the folder cannot be read or written
        print(f"minicnn train: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted.")
        return 130
    return 0


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


def _evaluate(model: keras.Model, test: Images) -> None:
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
        from minicnn import visualization

        scores = model.predict(test.pixels, verbose=0)
        curves = visualization.plot_history(history, "training (mean, with dropout)", "test")
        visualization.save(curves, folder / "learning_curves.png")
        images = visualization.plot_predictions(*test, scores, class_names)
        visualization.save(images, folder / "predictions.png")
        files["learning_curves.png"] = "loss and accuracy after each epoch"
        files["predictions.png"] = "25 test images with predictions, right in blue, wrong in red"
    else:
        print("There are no pictures, as matplotlib is missing: pip install 'minicnn[plots]'.")
    for name, what in files.items():
        print(f"{folder / name!s:30}  {what}")

"""`minicnn show`: what is in a file of a model or weights, or what its model sees in an image."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import analysis
from minicnn.cli import file_tables, images, model_pictures
from minicnn.cli.arguments import at_least
from minicnn.cli.model_files import message, one_sentence, opened, say, show
from minicnn.cli.shades import bar, shaded
from minicnn.common.printing import print_msg
from minicnn.common.tables import Table
from minicnn.saving.file_contents import file_contents
from minicnn.saving.saving_api import check_name_of_model

SUMMARY = "list what is in a .keras or .h5 file, or show what its model sees in an image"
DESCRIPTION = """Without an image: who wrote the .keras, .weights.h5 or .h5 file, its layers, the
settings of compile and each weight. No class is needed for that, so files with unknown layers are
listed too. With an image (.png, .jpg or .npy): the prediction, the outputs of each layer, the
pixels that matter."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `minicnn show`."""
    parser.add_argument("model", metavar="FILE", help="the file of a model or of weights")
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="a .png, .jpg or .npy file")
    parser.add_argument("--names", default="", help="names of the classes: cat,dog,…")
    parser.add_argument("--top", type=at_least(1), default=5, help="classes shown [%(default)s]")
    parser.add_argument(
        "--png", type=Path, metavar="FOLDER", help="write pictures: filters, feature maps, …"
    )
    images.add_arguments(parser)


@one_sentence("show")
def command(options: argparse.Namespace) -> None:
    """Print the tables and write the pictures."""
    check_name_of_model(options.model)
    if options.png and options.png.exists() and not options.png.is_dir():
        raise ValueError(f"--png {options.png} is a file; give the name of a folder.")
    model = opened(options.model) if options.image or options.png else None
    if not options.image:
        file_tables.show_contents(file_contents(options.model), options.model)
        x = None
    else:
        image = images.prepared(model, options.image, options)
        say(image.words)
        x = image.x
        _show_prediction(model, x, options)
        print_msg("")
        show(analysis.activations(model, x), ("std", "type", "zeros"))
        _show_maps(model, x)
    if options.png:
        model_pictures.write(model, x, options.png)


def _show_prediction(model: Any, x: np.ndarray, options: argparse.Namespace) -> None:
    outputs = model.predict(x, verbose=0)
    outputs = outputs if isinstance(outputs, (list, tuple, dict)) else [outputs]
    keys = outputs if isinstance(outputs, dict) else getattr(model, "output_names", [model.name])
    values = outputs.values() if isinstance(outputs, dict) else outputs
    names = [name.strip() for name in options.names.split(",") if name.strip()]
    for name, output in zip(keys, values, strict=True):
        print_msg("")
        if output.ndim != 2:
            low, high = float(output.min()), float(output.max())
            say(f"Output {name}: shape {output.shape[1:]}, {low:.3g} to {high:.3g}")
            continue
        scores = output[0].astype("float64")
        if names and len(names) != len(scores):
            raise ValueError(
                f"--names has {len(names)} names, but {name!r} has {len(scores)} scores."
            )
        print_msg(
            _prediction(model.name if len(outputs) == 1 else name, scores, names, options.top)
        )


def _prediction(title: str, scores: np.ndarray, names: list[str], top: int) -> Table:
    """The highest scores with bars; bars of probabilities have the length 30 at 1."""
    shares = bool((scores >= 0).all() and abs(scores.sum() - 1) < 1e-3) or len(scores) == 1
    most = 1.0 if shares and abs(scores).max() <= 1 else float(abs(scores).max()) or 1.0
    best = np.argsort(-scores, kind="stable")[:top]
    rows = [
        [names[i] if names else str(i), f"{scores[i]:.4f}", bar(scores[i] / most)] for i in best
    ]
    left = len(scores) - len(best)
    notes = [f"and {left} more below (--top {len(scores)} shows all)"] if left else []
    kind = "probability" if shares and len(scores) > 1 else "score"
    return Table(f"Prediction of {title!r}", ["class", kind, ""], rows, notes=notes)


def _show_maps(model: Any, x: np.ndarray) -> None:
    """Prints which pixels move the score and where the last layer of images sees the class."""
    for name, function in (("Saliency", analysis.saliency), ("Grad-CAM", analysis.grad_cam)):
        print_msg("")
        try:
            found = function(model, x)
        except (ValueError, TypeError, NotImplementedError) as error:
            say(f"No {name}: {message(error)}")
            continue
        values = found.maps if name == "Saliency" else found.heatmaps
        show(found)
        if values.ndim == 3:
            print_msg(shaded(values[0]))

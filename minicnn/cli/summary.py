"""`minicnn summary`: the table of a saved model's layers."""

from __future__ import annotations

import argparse
from typing import Any

from minicnn import analysis
from minicnn.cli import images
from minicnn.cli.arguments import at_least
from minicnn.cli.model_files import one_sentence, opened, say, width
from minicnn.common.suggest import unknown_name

SUMMARY = "show the layers of a saved model, their shapes and numbers of parameters"
DESCRIPTION = """Prints the layers of the model in a .keras file of minicnn or Keras: types, output
shapes and numbers of parameters, and on request multiply-adds, receptive fields, and the range of
the outputs for an image."""

COLUMNS = ("operations", "receptive_field", "output_range")
_NARROWEST, _MORE, _WIDEST = 80, 20, 120  # characters: without more columns, for each, at most


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `minicnn summary`."""
    parser.add_argument("model", metavar="MODEL.keras", help="the model")
    parser.add_argument("image", metavar="IMAGE", nargs="?", help="for output_range: .png … .npy")
    parser.add_argument("--columns", default="", help=f"more columns: {','.join(COLUMNS)}")
    parser.add_argument(
        "--nested", action="store_true", help="list the layers of models inside the model too"
    )
    parser.add_argument(
        "--trainable", action="store_true", help="say of each layer whether it is trained"
    )
    parser.add_argument("--width", type=at_least(40), help="width of the table [the terminal's]")
    images.add_arguments(parser)


@one_sentence("summary")
def command(options: argparse.Namespace) -> None:
    """Print the summary."""
    names = [name.strip() for name in options.columns.split(",") if name.strip()]
    for name in names:
        if name not in COLUMNS:
            raise ValueError(unknown_name("column", name, COLUMNS))
    if "output_range" in names and not options.image:
        raise ValueError(
            "the column output_range needs data: give an image behind the model, as in `minicnn "
            f"summary {options.model} IMAGE.png --columns output_range`."
        )
    model = opened(options.model)
    columns = [_column(model, name, options) for name in names]
    least = min(_NARROWEST + _MORE * len(columns), _WIDEST)
    length = options.width or max(least, min(width(), _WIDEST))
    model.summary(
        line_length=length if columns or options.width else None,
        expand_nested=options.nested,
        show_trainable=options.trainable,
        columns=columns,
    )


def _column(model: Any, name: str, options: argparse.Namespace) -> Any:
    if name != "output_range":
        return getattr(analysis, name)(model)
    image = images.prepared(model, options.image, options)
    say(image.words)
    return analysis.activations(model, image.x)

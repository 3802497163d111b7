"""The command `minicnn`: training, the studio, Keras programs, saved models, and `compare`.

What one types behind `minicnn` can be given to `main` as a list:

>>> import tempfile
>>> from minicnn import Input, Sequential, layers
>>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(2, 3), layers.Flatten(), layers.Dense(3)])
>>> with tempfile.TemporaryDirectory() as folder:  # doctest: +ELLIPSIS
...     file = f"{folder}/digits.keras"
...     model.save(file)
...     codes = [
...         main(["summary", file, "--columns", "operations,receptive_field"]),
...         main(["profile", file, "--batch-size", "8"]),
...         main(["show", file]),
...     ]
Model: "sequential..."
...
... Layer (type) ... Output Shape ... Param # ... Multiply-adds ... Receptive Field ...
...
A training step of 'sequential...'
...
.../digits.keras: Sequential 'sequential...'
...
239 numbers of the model, 0 of the optimizer...
>>> codes  # of processes that ended well
[0, 0, 0]
"""

from __future__ import annotations

import argparse
import sys

from minicnn.cli import compare, profile, run, show, studio, summary, train
from minicnn.common import configuration
from minicnn.version import KERAS_VERSION, __version__


def main(arguments: list[str] | None = None) -> int:
    """Run the command of the command line; returns the exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["compare"]:  # it parses its own options, including --help
        return compare.command(given[1:])
    options = _parser().parse_args(given)
    try:
        configuration.backend()
    except (ImportError, ValueError) as error:
        print(f"minicnn: {error}", file=sys.stderr)
        return 2
    return options.command(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="minicnn", description="Keras for people who want to see how it works."
    )
    parser.add_argument(
        "--version",
        action="version",
        version=f"minicnn {__version__}, after Keras {KERAS_VERSION}",
    )
    commands = parser.add_subparsers(title="commands", required=True)
    for module in (train, studio, run, summary, profile, show):
        command = commands.add_parser(
            module.__name__.rpartition(".")[2],
            help=module.SUMMARY,
            description=module.DESCRIPTION,
        )
        module.add_arguments(command)
        command.set_defaults(command=module.command)
    commands.add_parser("compare", help=compare.SUMMARY)
    return parser

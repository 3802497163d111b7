"""The command `minicnn`: `minicnn train`, and `minicnn run` for Keras programs."""

from __future__ import annotations

import argparse

from minicnn.cli import run, train
from minicnn.version import KERAS_VERSION, __version__


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    options = _parser().parse_args(arguments)
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
    for module in (train, run):
        command = commands.add_parser(
            module.__name__.rpartition(".")[2],
            help=module.SUMMARY,
            description=module.DESCRIPTION,
        )
        module.add_arguments(command)
        command.set_defaults(command=module.command)
    return parser

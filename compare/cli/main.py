"""Parses the command line; each command is a module with SUMMARY, add_arguments and command."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from compare import (
    accuracy,
    conformance,
    coverage,
    fuzz,
    gradients,
    model,
    mutants,
    parity,
    report,
    script,
    training,
)
from compare import all as everything
from compare.cli.outcome import CannotCompare, Outcome
from compare.cli.table import paragraph

COMMANDS: tuple[ModuleType, ...] = (
    parity,
    training,
    accuracy,
    model,
    gradients,
    script,
    fuzz,
    mutants,
    coverage,
    conformance,
    report,
    everything,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command of the command line. The exit status is 0 if everything checked holds."""
    options = _parser().parse_args(arguments)
    try:
        outcome = options.command(options)
    except CannotCompare as error:
        outcome = Outcome(failure=str(error))
    if options.json:
        content = {"command": options.name, "options": _settings(options), **outcome.as_dict()}
        Path(options.json).write_text(json.dumps(content, indent=1, default=str) + "\n")
    if outcome.failure is None:
        return 0
    print(paragraph(f"{options.name} failed: {outcome.failure}"), file=sys.stderr)
    return 1


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """The command line's options, as they are saved with the results."""
    own = ("command", "name", "json")
    return {k: v for k, v in vars(options).items() if k not in own}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="compare", description="Compares minicnn with real Keras, number by number."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for module in COMMANDS:
        name = module.__name__.rpartition(".")[2]
        command = commands.add_parser(
            name, help=module.SUMMARY, description=(module.__doc__ or "").strip()
        )
        module.add_arguments(command)
        command.add_argument("--json", metavar="FILE", help="also write the results to this file")
        command.set_defaults(command=module.command, name=name)
    return parser

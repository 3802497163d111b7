"""The command line: one module a command, each with `SUMMARY`, `add_arguments` and `command`."""

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
    fuzz,
    model,
    mutants,
    parity,
    report,
    script,
    training,
)
from compare import all as everything
from compare.outcome import CannotCompare, Outcome

COMMANDS: tuple[ModuleType, ...] = (
    parity,
    training,
    accuracy,
    model,
    script,
    fuzz,
    mutants,
    conformance,
    report,
    everything,
)


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line says. The exit status is 0 only if all that was checked holds."""
    options = _parser().parse_args(arguments)
    try:
        outcome = options.command(options)
    except CannotCompare as error:
        outcome = Outcome(failure=str(error))
    if options.json:
        told = {"command": options.name, "options": _settings(options), **outcome.as_dict()}
        Path(options.json).write_text(json.dumps(told, indent=1, default=str) + "\n")
    if outcome.failure is None:
        return 0
    print(f"{options.name} failed: {outcome.failure}", file=sys.stderr)
    return 1


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    """What the command line said, for whoever reads the results."""
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
        command.add_argument("--json", metavar="FILE", help="write the results there as well")
        command.set_defaults(command=module.command, name=name)
    return parser

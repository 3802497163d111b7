"""Runs the program that defines a model's own classes, with the name keras bound to minicnn."""

from __future__ import annotations

import sys
from pathlib import Path

from compare.cli.outcome import CannotCompare
from compare.model.run import define_classes
from minicnn.as_keras import names


def define_in_minicnn(code: str | None) -> None:
    """Run the program; it registers its classes in minicnn."""
    if code is None:
        return
    if not Path(code).is_file():
        raise CannotCompare(f"there is no file {code}.")
    if "keras" not in sys.modules:
        names.bind()
    try:
        define_classes(code)
    except Exception as error:
        raise CannotCompare(f"{code} raised {type(error).__name__}: {error}") from error

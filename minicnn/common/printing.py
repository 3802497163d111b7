"""Printing to standard output, or to `logging`."""

from __future__ import annotations

import logging
import sys

from minicnn.common.configuration import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)

__all__ = [
    "ask_to_proceed_with_overwrite",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "is_interactive_logging_enabled",
    "print_msg",
    "printable",
    "readable_memory_size",
    "set_logging_verbosity",
]

logger = logging.getLogger("minicnn")

_LEVELS = {"FATAL": logging.FATAL, "ERROR": logging.ERROR, "WARNING": logging.WARNING}
_LEVELS |= {"INFO": logging.INFO, "DEBUG": logging.DEBUG}

# For terminals and files that have only ASCII.
_ASCII = str.maketrans("━─│┃", "=-||") | dict.fromkeys(map(ord, "┏┓┡┩└┘├┤┬┴┼╇┳"), "+")


def print_msg(message: object, line_break: bool = True) -> None:
    """Prints a message, or log it when interactive logging is disabled."""
    text = str(message)
    if not is_interactive_logging_enabled():
        logger.info(text)
        return
    if line_break:
        text += "\n"
    try:
        sys.stdout.write(text)
    except UnicodeEncodeError:
        encoding = sys.stdout.encoding or "utf-8"
        plain = text.translate(_ASCII).encode(encoding, errors="ignore").decode(encoding)
        sys.stdout.write(plain)
    sys.stdout.flush()


def printable(text: object) -> str:
    """A text of a file without the characters that steer a terminal."""
    return "".join(c if c.isprintable() else "�" for c in str(text))


def set_logging_verbosity(level: str) -> None:
    """Sets the lowest level that is logged: FATAL, ERROR, WARNING, INFO or DEBUG."""
    if level not in _LEVELS:
        raise ValueError(
            "Please pass a valid level for logging verbosity. Expected one of: "
            f"{', '.join(_LEVELS)}. Received: {level}"
        )
    logger.setLevel(_LEVELS[level])


def ask_to_proceed_with_overwrite(filepath: object) -> bool:
    """Asks at the terminal whether a file may be replaced."""
    question = f"[WARNING] {filepath} already exists - overwrite? [y/n] "
    while (answer := input(question).strip().lower()) not in ("y", "n"):
        question = "Type y (overwrite) or n (cancel): "
    return answer == "y"


def readable_memory_size(size: float) -> str:
    """A number of bytes with its unit.

    >>> readable_memory_size(217640)
    '212.54 KB'
    """
    units = ("B", "KB", "MB", "GB", "TB")
    for unit in units:
        if size < 1024:
            return f"{size:.2f} {unit}"
        size /= 1024
    return f"{size:.2f} PB"

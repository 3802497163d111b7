"""`minicnn compare`: runs the comparison with real Keras, which is in the repository only."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

SUMMARY = "compare with real Keras (in a checkout of the repository)"
ROOT = Path(__file__).parents[2]


def command(arguments: Sequence[str]) -> int:
    """Run `compare` with these arguments, if the repository has been checked out."""
    if not (ROOT / "compare" / "cli" / "main.py").is_file():
        print(
            "minicnn compare: the comparison is not part of the installed package: get the "
            'repository and install it with pip install -e ".[compare]".',
            file=sys.stderr,
        )
        return 2
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module("compare.cli.main").main(list(arguments))

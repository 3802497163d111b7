"""`minicnn compare`: the harness that holds minicnn to real Keras, which is in the repository."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

SUMMARY = "compare with real Keras (in a checkout of the repository)"
ROOT = Path(__file__).parents[2]


def command(arguments: Sequence[str]) -> int:
    """Hand over to `compare`, if it stands beside the package."""
    if not (ROOT / "compare" / "cli.py").is_file():
        print(
            "minicnn compare: the harness is not part of the installed package: get the repository "
            'and install it with pip install -e ".[compare]".',
            file=sys.stderr,
        )
        return 2
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return importlib.import_module("compare.cli").main(list(arguments))

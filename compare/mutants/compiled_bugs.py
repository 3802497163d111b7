"""Plants bugs in compiled kernels: in a copy of the source, as compiled code cannot be changed.

A process judges each bug, in which minicnn is that of the copy (`sampled/server.py`).
"""

from __future__ import annotations

import pickle
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from compare import parity
from compare.cases.case import Case
from compare.cli.outcome import CannotCompare
from compare.mutants import weaker_checks
from compare.mutants.planted import Bug
from compare.mutants.sampled import servers, trees

LIMIT = 300.0  # seconds for a bug, with compiling
JOB = "compare.mutants.compiled_bugs:judge"


def trials(
    bugs: Sequence[Bug], chosen: Callable[[Bug], list[tuple[Case, Any]]]
) -> Iterator[tuple[Bug, dict[str, Any]]]:
    """For each bug, what `judge` sends: in "wrong" what parity finds, in "rejecting" which checks.

    `chosen` gives the cases of a bug, each with Keras's result.
    """
    if not bugs:
        return
    if not sys.platform.startswith("linux"):
        raise CannotCompare("planting bugs in compiled kernels needs Linux: use --only.")
    with tempfile.TemporaryDirectory() as folder, servers.started(keras=False) as server:
        tree = trees.first_copy(Path(folder) / "source")
        stored = Path(folder) / "cases"
        for bug in bugs:
            stored.write_bytes(pickle.dumps(chosen(bug)))
            file = f"{bug.module.replace('.', '/')}.py"
            if not (tree / file).exists():
                file = f"{bug.module.replace('.', '/')}/__init__.py"
            source = (tree / file).read_text(encoding="utf-8")
            found: dict[str, Any] = {}
            with trees.changed(tree, file, source.replace(bug.original, bug.wrong)) as copy:
                for event in server.run(JOB, copy, {"stored": str(stored)}, LIMIT, LIMIT):
                    found[event["event"]] = event
            yield bug, found


def judge(send: Callable[..., None], stored: str) -> None:
    """Run in the copy: send the first case that `parity` finds wrong, and the weaker checks."""
    pairs = pickle.loads(Path(stored).read_bytes())
    for case, keras in pairs:
        wrong = [f.quantity for f in parity.examine(case, keras) if f.wrong]
        if wrong:
            send("wrong", case=f"{case.kind}.{case.label}", quantities=[q[:80] for q in wrong[:9]])
            break
    rejecting: set[str] = set()
    for case, _ in pairs:
        if case.kind in weaker_checks.DIFFERENTIATED:
            rejecting |= weaker_checks.rejecting(case)
    send("rejecting", names=sorted(rejecting))

"""Plants bugs in compiled kernels: in a copy of the source, as compiled code cannot be changed.

A process judges each bug, in which minicnn is that of the copy (`sampled/server.py`).
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from compare import parity
from compare.cases.case import Case
from compare.mutants import weaker_checks
from compare.mutants.planted import Bug
from compare.mutants.sampled import servers, trees

LIMIT = 300.0  # seconds for a bug, with compiling
JOB = "compare.mutants.compiled_bugs:judge"


def findings(
    server: servers.Server, tree: Path, bug: Bug, pairs: Sequence[tuple[Case, parity.Answer]]
) -> dict[str, Any]:
    """What `judge` sends: in "wrong" what parity finds, in "rejecting" which checks.

    `tree` is a copy of the source without bugs, and `pairs` are the bug's cases with what Keras
    says about each.
    """
    stored = tree.with_name(f"cases-{os.getpid()}")
    stored.write_bytes(pickle.dumps(list(pairs)))
    file = f"{bug.module.replace('.', '/')}.py"
    if not (tree / file).exists():
        file = f"{bug.module.replace('.', '/')}/__init__.py"
    source = (tree / file).read_text(encoding="utf-8")
    with trees.changed(tree, file, source.replace(bug.original, bug.wrong)) as copy:
        events = server.run(JOB, copy, {"stored": str(stored)}, LIMIT, LIMIT)
        return {event["event"]: event for event in events}


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

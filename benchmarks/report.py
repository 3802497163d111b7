"""Writes the results of a run: RESULTS.md, results.json and pictures."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import tables, targets
from benchmarks.rounds import Measurement

HOW = """Each library runs in a process of its own that is started once. In each round, every
library calls `fit` or `predict` once (with loss and accuracy as metrics), one after the other, so
that other load on the machine affects all of them alike. Numbers are medians over the rounds,
followed by the quartiles; a ratio is computed in each round and then summarised. Every library uses
its default number of threads. `Keras-TF` has `jit_compile=False`, `Keras-TF-jit` has
`jit_compile=True`; JAX and torch have Keras's defaults. `PyTorch` is plain PyTorch without Keras
(`benchmarks/plain_torch.py`), `PyTorch-nhwc` the same with images and kernels in the layout
"channels last". At the end of an epoch or of a prediction,
Keras on TensorFlow waits for a thread of its data pipeline; this time is not counted. Of short
epochs and calls a round has many, and all their time counts. The networks are in
`compare/networks.py`."""


def write(folder: Path, about: dict[str, Any], measured: Sequence[Measurement]) -> list[Path]:
    """Write all files; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        **about,
        "targets": targets.as_data(measured),
        "measurements": [dataclasses.asdict(m) for m in measured],
    }
    (folder / "results.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    drawn = _draw(folder, measured)
    (folder / "RESULTS.md").write_text(page(about, measured, drawn))
    return [folder / "RESULTS.md", folder / "results.json", *drawn.values()]


def _draw(folder: Path, measured: Sequence[Measurement]) -> dict[str, Path]:
    """The pictures by section; none without matplotlib."""
    if not importlib.util.find_spec("matplotlib"):
        return {}
    from benchmarks import pictures

    return pictures.draw(folder, tables.by_section(measured))


def page(about: dict[str, Any], measured: Sequence[Measurement], drawn: dict[str, Path]) -> str:
    """The text of RESULTS.md."""
    parts = [
        "# Results of `make bench`",
        facts(about),
        HOW,
        "## Targets",
        tables.targets_table(measured),
    ]
    for name, some in tables.by_section(measured).items():
        parts += [f"## {tables.HEADINGS[name]}", tables.section(some)]
        if name in drawn:
            parts.append(f"![{tables.HEADINGS[name]}]({drawn[name].name})")
    if failed := tables.failures(measured):
        parts += ["## Failed", "\n".join(f"- {line}" for line in failed)]
    return "\n\n".join(parts) + "\n"


def facts(about: dict[str, Any]) -> str:
    """The machine and the versions as a list."""
    machine = about["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    lines = {
        "Date": about["date"],
        "Processor": f"{machine['processor']}, {machine['cores']} cores",
        "Memory": machine["memory"],
        "System": f"{machine['system']}, Python {machine['python']}",
        "Versions": versions,
        "Threads": f"minicnn {about['threads']}, the others their defaults",
        "Load": f"{machine['load']} before, {about['load_after']} after",
        "Plan": about["plan"],
    }
    return "\n".join(f"- {name}: {text}" for name, text in lines.items() if text)

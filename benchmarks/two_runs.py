"""Saves a run of minicnn, and says which of its times differ from those of an earlier run.

Two processes that run the same code differ: by where their memory lies, by what else the machine
does. So each measurement is made in several processes, one after the other, and what counts is the
median of each process. The machine's own speed changes too: beside each time stands that of a fixed
computation in NumPy, and the times are divided by it.

Two runs are compared by the test of Welch ("The generalization of 'Student's' problem when several
different population variances are involved", Biometrika 34, 1947) on the logarithms of the medians,
with a level of 5 % for all measurements together (Bonferroni).

    python -m benchmarks --model mine.keras --save runs/yesterday.json
    python -m benchmarks --model mine.keras --against runs/yesterday.json

Times of five processes with one round each, beside a fixed computation of 100 µs:

>>> def measured(*times):
...     pairs = [[[time, 100.0]] for time in times]
...     return [{"section": "training", "network": "mine", "batch": 32, "times": pairs}]
>>> then, now = measured(20.0, 20.4, 19.8, 20.2, 19.9), measured(22.1, 21.9, 22.0, 22.4, 21.8)
>>> [(change.verdict, round(change.ratio, 2)) for change in changes(then, now)]
[('slower', 1.1)]
>>> [change.verdict for change in changes(then, measured(20.1, 20.3, 19.7, 20.4, 20.0))]
['within the noise']
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import own_model, plan, tables
from benchmarks.libraries import NAMED, OURS
from benchmarks.worker import Worker

PROCESSES = 5
ROUNDS = 3
LEVEL = 0.05
SECTIONS = ("training", "prediction")
HEADS = ("", "µs per sample then", "now", "now ÷ then", "noise", "")


class Unreadable(Exception):
    """Raised for a file that is not a saved run."""


class Change(NamedTuple):
    """A measurement of both runs.

    Attributes:
        what: section, network, batch.
        then, now: microseconds per sample.
        ratio: now ÷ then, of the times divided by those of the fixed computation.
        low, high: the interval of the ratio that the noise leaves open.
    """

    what: str
    then: float
    now: float
    ratio: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """Whether the difference is larger than the noise, in a word."""
        if self.low > 1:
            return "slower"
        return "faster" if self.high < 1 else "within the noise"


def measure(
    networks: Sequence[str],
    sections: Sequence[str],
    chosen: plan.Plan,
    tell: Callable[[int, int, str], object],
) -> list[dict[str, Any]]:
    """The measurements of minicnn: for each, the times of each process, as plain data."""
    tasks = [
        {"section": section, "network": network, "batch": batch}
        for section in SECTIONS
        if section in sections
        for network in networks
        for batch in chosen.batches[network]
    ]
    found = [{**task, "network": own_model.short(task["network"]), "times": []} for task in tasks]
    images: dict[int, int] = {}
    for process in range(PROCESSES):
        with Worker(NAMED[OURS]) as worker:
            for i, task in enumerate(tasks):
                done = process * len(tasks) + i
                title = f"{task['section']}: {found[i]['network']}, batch {task['batch']}"
                tell(done, PROCESSES * len(tasks), f"process {process + 1}, {title}")
                if i not in images:
                    images[i] = plan.images_in_a_round(chosen, *task.values(), worker)
                found[i]["times"].append(_rounds(worker, task, images[i]))
    tell(PROCESSES * len(tasks), PROCESSES * len(tasks), "")
    return found


def _rounds(worker: Worker, task: dict[str, Any], images: int) -> list[list[float]]:
    """Pairs for each round: the time of the task and that of the fixed computation beside it."""
    worker.call("release")
    settings = {"network": task["network"], "batch": task["batch"], "images": images}
    worker.call("prepare", kind=task["section"], **settings)
    pairs = []
    for _ in range(ROUNDS):
        before = worker.call("yardstick")["microseconds"]
        time = worker.call("round")["microseconds"]
        after = worker.call("yardstick")["microseconds"]
        pairs.append([time, (before + after) / 2])
    return pairs


def save(file: str, about: dict[str, Any], measured: list[dict[str, Any]]) -> None:
    """Write a run to a file."""
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(json.dumps({**about, "runs of minicnn": measured}, indent=1) + "\n")
    unfinished.replace(path)


def read(file: str) -> dict[str, Any]:
    """A saved run. Raises Unreadable."""
    try:
        content = json.loads(Path(file).read_text())
        [np.float64(m["times"]) for m in content["runs of minicnn"]]
    except OSError as error:
        raise Unreadable(f"--against {file}: {error.strerror}.") from None
    except (ValueError, TypeError, KeyError):
        raise Unreadable(f"--against {file}: not a run that --save has written.") from None
    return content


def changes(then: list[dict[str, Any]], now: list[dict[str, Any]]) -> list[Change]:
    """The measurements that both runs have."""
    before = {_what(m): m["times"] for m in then}
    both = [m for m in now if _what(m) in before]
    return [_change(_what(m), before[_what(m)], m["times"], LEVEL / len(both)) for m in both]


def _what(m: dict[str, Any]) -> str:
    return f"{m['section']}: {m['network']}, {m['batch']}"


def _change(what: str, then: list, now: list, level: float) -> Change:
    from scipy.stats import ttest_ind

    a, b = (np.log(_medians(times)) for times in (now, then))
    interval = ttest_ind(a, b, equal_var=False).confidence_interval(1 - level)
    times = (float(np.median(np.float64(t)[:, :, 0])) for t in (then, now))
    ratio = math.exp(a.mean() - b.mean())
    return Change(what, *times, ratio, math.exp(interval.low), math.exp(interval.high))


def _medians(times: list) -> np.ndarray:
    """The median of each process, of the times divided by those of the fixed computation."""
    pairs = np.float64(times)
    return np.median(pairs[:, :, 0] / pairs[:, :, 1], axis=1)


def table(found: Sequence[Change]) -> str:
    """The changes as a table."""
    number = tables.number
    rows = [
        [
            change.what,
            number(change.then),
            number(change.now),
            f"{change.ratio:.3f}",
            f"{change.low:.3f} to {change.high:.3f}",
            change.verdict,
        ]
        for change in found
    ]
    return tables.markdown(HEADS, rows)


def times_table(measured: Sequence[dict[str, Any]]) -> str:
    """The times of a run as a table."""
    rows = [
        [_what(m), tables.number(float(np.median(np.float64(m["times"])[:, :, 0])))]
        for m in measured
    ]
    return tables.markdown(["", "µs per sample"], rows)

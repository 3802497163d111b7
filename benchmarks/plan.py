"""Lists the measurements of the quick plan and of the full plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from benchmarks import convolutions, own_model, start
from benchmarks.libraries import NAMED, OURS, TENSORFLOW
from benchmarks.rounds import Candidate, Measurement
from benchmarks.statistics import best
from benchmarks.worker import Worker

SECTIONS = ("training", "prediction", "small", "convolution", "memory", "start", "accuracy")

IMAGES = {
    "training": {
        "convnet": 4096,
        "deep": 1024,
        "mlp": 16384,
        "residual": 2048,
        "mobile": 2048,
        "recurrent": 1024,
    },
    "prediction": {
        "convnet": 8192,
        "deep": 2048,
        "mlp": 32768,
        "residual": 4096,
        "mobile": 4096,
        "recurrent": 4096,
    },
}
"""The number of images (for `recurrent` of sequences) in one round.

The slower libraries take a second or two for them.
"""

SMALL = {
    "epoch of one step, 2-16-1": ("xor_epochs", 100, {}),
    "convnet, predict, 1 image": (
        "calls",
        100,
        {"of": "prediction", "network": "convnet", "batch": 1, "images": 1},
    ),
    "convnet, train_on_batch, 32": (
        "calls",
        50,
        {"of": "one_batch", "network": "convnet", "batch": 32},
    ),
}
"""Short epochs and calls: the kind of task, how many of them are one round, other settings."""

DETAILS = {
    **{f"part: {part}": ("s", lambda run, part=part: run.parts[part]) for part in start.PARTS},
    "number of epochs": ("epochs", lambda run: run.result["epochs"]),
}
"""What is known of a training to 99 %: the unit, and how to read it from a `start.Run`."""

NETWORKS = tuple(IMAGES["training"])
OWN_SECTIONS = ("training", "prediction", "memory")
"""What is measured of a user's network."""
OWN_SECONDS = 0.4
"""How long minicnn computes in a round with a user's network."""


class Plan(NamedTuple):
    """How much is measured."""

    rounds: int
    batches: dict[str, tuple[int, ...]]
    part: int  # of the images
    layers: tuple[convolutions.Layer, ...]
    starts: int
    trainings: int  # to 99 %


FULL = Plan(
    rounds=5,
    batches=dict.fromkeys(NETWORKS, (32, 128)),
    part=1,
    layers=convolutions.LAYERS,
    starts=3,
    trainings=10,
)
QUICK = Plan(
    rounds=3,
    batches={**dict.fromkeys(NETWORKS, (128,)), "mlp": (32,), "recurrent": (32,)},
    part=4,
    layers=convolutions.QUICK_LAYERS,
    starts=1,
    trainings=0,
)

Step = tuple[Measurement, dict[str, Candidate], int]
Measured = Sequence[Measurement]


def steps(
    plan: Plan,
    sections: Sequence[str],
    networks: Sequence[str],
    workers: dict[str, Worker],
    measured: Measured,
) -> Iterator[Step]:
    """Yields each measurement with its candidates and its number of rounds.

    `measured` has the measurements that are finished so far.
    """
    for section in SECTIONS:
        if section in sections:
            yield from _STEPS[section](plan, networks, workers, measured)


def count(plan: Plan, sections: Sequence[str], networks: Sequence[str]) -> int:
    """The number of steps."""
    runs = sum(len(plan.batches[network]) for network in networks)
    each = {
        "training": runs,
        "prediction": runs,
        "small": len(SMALL),
        "convolution": len(convolutions.WAYS) * len(plan.layers),
        "memory": 1,
        "start": 3,
        "accuracy": (1 + len(DETAILS)) * (plan.trainings > 0),
    }
    return sum(each[section] for section in sections)


def _runs(section: str) -> Callable[..., Iterator[Step]]:
    def runs(
        plan: Plan, networks: Sequence[str], workers: dict[str, Worker], measured: Measured
    ) -> Iterator[Step]:
        for network in networks:
            for batch in plan.batches[network]:
                images = images_in_a_round(plan, section, network, batch, workers[OURS])
                settings = {"network": network, "batch": batch, "images": images}
                candidates = {
                    name: _candidate(worker, section, settings) for name, worker in workers.items()
                }
                subject = own_model.short(network)
                found = Measurement(section, subject, "µs per sample", {"batch": batch})
                yield found, candidates, plan.rounds

    return runs


def images_in_a_round(plan: Plan, section: str, network: str, batch: int, worker: Worker) -> int:
    """The number of images; for a user's network as many as take minicnn some time."""
    if network in NETWORKS:
        return IMAGES[section][network] // plan.part
    settings = {"network": network, "batch": batch, "seconds": OWN_SECONDS}
    return worker.call("samples", kind=section, **settings)["images"]


def _candidate(worker: Worker, kind: str, settings: dict, name: str = "") -> Candidate:
    def prepare() -> None:
        if not name:
            worker.call("release")
        worker.call("prepare", kind=kind, name=name, **settings)

    return Candidate(lambda: worker.call("round", name=name)["microseconds"], prepare)


def _small(
    plan: Plan, networks: Sequence[str], workers: dict[str, Worker], measured: Measured
) -> Iterator[Step]:
    for subject, (kind, times, others) in SMALL.items():
        settings = {"times": times // plan.part, **others}
        candidates = {name: _candidate(worker, kind, settings) for name, worker in workers.items()}
        yield Measurement("small", subject, "µs per epoch or call"), candidates, 2 * plan.rounds


def _convolutions(
    plan: Plan, networks: Sequence[str], workers: dict[str, Worker], measured: Measured
) -> Iterator[Step]:
    worker = workers[OURS]
    for layer in plan.layers:
        shape = layer._asdict()
        names = worker.call("algorithms", **shape)["names"]
        for way in convolutions.WAYS:
            worker.call("release")
            candidates = {
                name: _candidate(
                    worker, "convolution", {**shape, "way": way, "algorithm": name}, name
                )
                for name in names
            }
            found = Measurement("convolution", str(layer), "µs per image", {"way": way})
            yield found, candidates, 2 * plan.rounds


def _memory(
    plan: Plan, networks: Sequence[str], workers: dict[str, Worker], measured: Measured
) -> Iterator[Step]:
    own = next((network for network in networks if own_model.is_own(network)), None)
    network = own or "deep"
    batch = plan.batches[network][-1]
    images = 4 * batch if own else IMAGES["training"]["deep"] // plan.part
    settings = {"network": network, "batch": batch, "images": images}

    def peak(name: str) -> float:
        with Worker(NAMED[name]) as worker:
            worker.call("prepare", kind="training", **settings)
            return worker.call("memory")["megabytes"]

    candidates = {name: Candidate(lambda name=name: peak(name)) for name in workers}
    found = Measurement("memory", own_model.short(network), "MB", {"batch": batch})
    yield found, candidates, 1


def _starts(
    plan: Plan, networks: Sequence[str], workers: dict[str, Worker], measured: Measured
) -> Iterator[Step]:
    for what, subject in (("import_it", "import"), ("first_step", "first step of convnet")):
        candidates = {name: _process(name, what) for name in workers if NAMED[name].has_keras_api}
        yield Measurement("start", subject, "s"), candidates, plan.starts
    compiling = Candidate(lambda: start.seconds_with_compilation(NAMED[OURS]))
    yield Measurement("start", "the same, compiling the kernels", "s"), {OURS: compiling}, 1


def _accuracy(
    plan: Plan, networks: Sequence[str], workers: dict[str, Worker], measured: Measured
) -> Iterator[Step]:
    """Keras runs on TensorFlow, with the setting that trained the convnet faster.

    The parts of these trainings and their epochs follow as measurements of their own.
    """
    if not plan.trainings:
        return
    known = [m for m in measured if m.section == "training" and m.subject == "convnet"]
    samples = known[-1].samples if known else {}
    best_other = best(samples, TENSORFLOW) or TENSORFLOW[0]
    runs: dict[str, list[start.Run]] = {name: [] for name in (OURS, best_other) if name in workers}
    candidates = {name: _process(name, "accuracy", found.append) for name, found in runs.items()}
    whole = Measurement("accuracy", "99 % on MNIST", "s")
    yield whole, candidates, plan.trainings
    for subject, (unit, detail) in DETAILS.items():
        known = {name: map(detail, runs[name]) for name in whole.samples}
        candidates = {name: Candidate(values.__next__) for name, values in known.items()}
        yield Measurement("accuracy", subject, unit), candidates, plan.trainings


def _process(
    name: str, what: str, keep: Callable[[start.Run], object] = lambda run: None
) -> Candidate:
    """Times a whole process. One process runs before the first that counts."""
    seeds = iter(range(1000))

    def once() -> float:
        run = start.run(NAMED[name], what, next(seeds))
        keep(run)
        return run.seconds

    warm = "first_step" if what == "accuracy" else what
    return Candidate(once, lambda: start.run(NAMED[name], warm))


_STEPS = {
    "training": _runs("training"),
    "prediction": _runs("prediction"),
    "small": _small,
    "convolution": _convolutions,
    "memory": _memory,
    "start": _starts,
    "accuracy": _accuracy,
}

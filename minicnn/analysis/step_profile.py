"""`profile`: where the time of a training step goes."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

from minicnn import tree
from minicnn.analysis.checks import check_model, checked_inputs
from minicnn.analysis.loss_gradients import check_loss
from minicnn.analysis.operation_counts import LayerOperations, named_row, operations
from minicnn.analysis.profiling.convolution_choice import convolution_choice
from minicnn.analysis.profiling.measurement import Measured, measured
from minicnn.analysis.profiling.owners import Owner
from minicnn.analysis.profiling.processor import most_multiply_adds_a_second
from minicnn.common.printing import readable_memory_size
from minicnn.common.tables import ShownAsTable, Table
from minicnn.trainers.batch import as_tensors


class ProfileRow(NamedTuple):
    """One layer's call, several that one kernel computes, or another part of the step.

    Attributes:
        name: of the call; of fused calls both, joined by " + "; of another part what it is.
        type: of the layers; empty for another part.
        forward, backward: seconds.
        bytes: of the arrays that it makes, outputs and what is kept for the gradients; None where
            unknown.
        multiply_adds: forward and backward together; None where unknown.
        share_of_processor: multiply-adds a second, as a share of what the processor can do.
        algorithm: of a convolution.
        reason: why that one.
    """

    name: str
    type: str
    forward: float
    backward: float
    bytes: int | None
    multiply_adds: int | None
    share_of_processor: float | None
    algorithm: str
    reason: str

    @property
    def seconds(self) -> float:
        """Forward and backward."""
        return self.forward + self.backward


class Profile(ShownAsTable):
    """The time of a training step and of its parts.

    Attributes:
        rows: a `ProfileRow` for each part, layers first.
        step_seconds: of the whole step as `fit` runs it, measured apart from the parts.
        parts_seconds: sum of the rows.
        most_bytes: the arrays of the step that are alive at once, without weights, inputs and what
            kernels use inside; None where unknown.
        most_multiply_adds_a_second: what the processor can do; see `processor.py`.
        replayed: whether `fit` replays the step (see `minicnn/replay`) or executes it normally.
        steps: how many steps were measured.
    """

    def __init__(self, model_name: str, found: Measured, rows: list[ProfileRow], most: float):
        self.model_name = model_name
        self.rows = rows
        self.step_seconds = found.step_seconds
        self.parts_seconds = sum(row.seconds for row in rows)
        self.most_bytes = found.most_memory
        self.most_multiply_adds_a_second = most
        self.replayed = found.replayed
        self.steps = found.steps

    def __getitem__(self, name: str) -> ProfileRow:
        return named_row(self.rows, name)

    def table(self) -> Table:
        """A row for each part, the sum, and what was measured for the whole."""
        columns = ["part", "type", "forward", "backward", "share", "memory", "multiply-adds"]
        columns += ["a second", "of processor", "algorithm"]
        rows = [self._cells(row) for row in self.rows]
        forward, backward = (sum(times) for times in zip(*map(_times, self.rows), strict=True))
        total = ["in all", "", _milliseconds(forward), _milliseconds(backward), "100%"]
        total += [_memory(self.most_bytes), sum(row.multiply_adds or 0 for row in self.rows)]
        how = "replayed" if self.replayed else "executed normally"
        whole, parts = _milliseconds(self.step_seconds), _milliseconds(self.parts_seconds)
        notes = [
            f"The whole step, measured apart: {whole} ({how}; the fastest quarter of {self.steps})"
            f"; its parts: {parts}.",
            f"The processor does {self.most_multiply_adds_a_second / 1e9:.3g} billion multiply-adds"
            " a second in a product of matrices.",
        ]
        if self.most_bytes is not None:
            notes.append("Memory in all: the most that is alive at once.")
        reasons: dict[str, list[str]] = {}
        for row in self.rows:
            if row.reason:
                reasons.setdefault(f"{row.algorithm}; {row.reason}.", []).append(row.name)
        notes += [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()]
        title = f"A training step of {self.model_name!r}"
        return Table(title, columns, rows, [*total, "", "", ""], notes)

    def _cells(self, row: ProfileRow) -> list[Any]:
        rate = row.multiply_adds / row.seconds if row.multiply_adds and row.seconds else None
        share = row.share_of_processor
        return [
            row.name,
            row.type,
            _milliseconds(row.forward),
            _milliseconds(row.backward) if row.backward else "",
            f"{100 * row.seconds / max(self.parts_seconds, 1e-12):.1f}%",
            _memory(row.bytes),
            row.multiply_adds or None,
            None if rate is None else f"{rate / 1e9:.3g} G",
            None if share is None else f"{100 * share:.0f}%",
            row.algorithm,
        ]


def profile(
    model: Any, x: Any, y: Any = None, sample_weight: Any = None, seconds: float = 1.0
) -> Profile:
    """Where the time of a training step goes: forward and backward of each layer, and the rest.

    Measured is the step that `fit` runs, with fused layers and replayed, as far as the model allows
    it: the recorded kernel calls, each with a clock behind it, in turns with whole steps without
    one. Two layers that one kernel computes are one row. A kernel belongs to the layer that it is
    called for; what belongs to none has rows of its own: the batch (cut from the data), loss,
    sums of gradients (where a tensor is used twice), optimizer, metrics, and what is around the
    step: the copy of the weights' references that an interrupted step restores, and replay itself.
    The model stays as it is.

    Winograd's algorithm does fewer multiplications than are counted, so it may come above 100 % of
    the processor.

    Args:
        model: a compiled model of any kind.
        x: inputs, one batch.
        y: targets.
        sample_weight: weights of the samples.
        seconds: for how long to measure, about; the first call compiles kernels before.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> from minicnn.analysis import profile
        >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, name="dense")])
        >>> model.compile("adam", "mse")
        >>> found = profile(model, np.ones((8, 4)), np.ones((8, 2)), seconds=0.1)
        >>> [row.name for row in found.rows if row.type]
        ['dense']
        >>> found["optimizer"].seconds > 0 and found.replayed
        True

    Raises:
        ValueError: a model that is not compiled, missing targets, inputs of another shape.
    """
    check_model(model, "profile")
    check_loss(model, y, "profile")
    if model.optimizer is None:
        raise ValueError(f"`profile` needs an optimizer, but {model.name!r} is compiled without.")
    x = checked_inputs(model, x, "profile")
    _check_rows(x, y)
    x, y, sample_weight = tree.map_structure(_plain, (x, as_tensors(y), sample_weight))
    found = measured(model, x, y, sample_weight, seconds)
    most = most_multiply_adds_a_second()
    return Profile(model.name, found, _rows(model, x, found, most), most)


def _plain(x: Any) -> Any:
    return x.numpy() if hasattr(x, "numpy") else x


def _check_rows(x: Any, y: Any) -> None:
    counts = {len(a) for a in tree.flatten((x, y)) if hasattr(a, "shape") and len(a.shape)}
    if len(counts) > 1 or 0 in counts:
        raise ValueError(
            "`profile` needs one batch: inputs and targets of as many samples, at least one. "
            f"Received arrays of {sorted(counts)} samples."
        )


def _rows(model: Any, x: Any, found: Measured, most: float) -> list[ProfileRow]:
    counts = {row.name: row for row in _counts(model, x)}
    names = list(dict.fromkeys(owner.row for owner in found.parts))
    layers = [name for name in names if name in found.owners.layers]
    others = [name for name in names if name not in found.owners.layers and name != "batch"]
    order = [*(n for n in counts if n in layers), *(n for n in layers if n not in counts), "batch"]
    return [_row(name, found, counts, most) for name in [*order, *others]]


def _row(name: str, found: Measured, counts: dict[str, LayerOperations], most: float) -> ProfileRow:
    forward = found.parts.get(Owner(name, "forward"), 0.0)
    backward = found.parts.get(Owner(name, "backward"), 0.0)
    sizes = [found.memory.get(Owner(name, part), 0) for part in ("forward", "backward")]
    own = found.owners.layers.get(name, ())
    calls = [name, *_others_of(name, own)]
    operations_of = [counts[n] for n in calls if n in counts]
    known = all(o.multiply_adds is not None for o in operations_of)
    products = (
        sum(o.multiply_adds + o.backward_multiply_adds for o in operations_of) if known else None
    )
    seconds = forward + backward
    choice = next(filter(None, map(convolution_choice, own)), None)
    return ProfileRow(
        " + ".join(calls),
        " + ".join(type(layer).__name__ for layer in own),
        forward,
        backward,
        sum(sizes) if found.most_memory is not None else None,
        products if own else None,
        products / seconds / most if own and products and seconds else None,
        choice.algorithm if choice else "",
        choice.reason if choice else "",
    )


def _others_of(name: str, layers: tuple) -> list[str]:
    """The names of the calls that are fused with the first."""
    parent = name.rpartition("/")[0]
    return [f"{parent}/{layer.name}" if parent else layer.name for layer in layers[1:]]


def _counts(model: Any, x: Any) -> list[LayerOperations]:
    """The operations of each call for this batch; none where the model cannot be gone through."""
    arrays = tree.flatten(x)
    shapes = tree.map_structure(lambda a: tuple(a.shape), x) if len(arrays) > 1 else arrays[0].shape
    for settings in ({"batch_size": len(arrays[0])}, {"input_shape": shapes}):
        # The model may not know its lengths, or have a `call` that looks at values.
        with contextlib.suppress(ValueError, TypeError, AttributeError, NotImplementedError):
            return operations(model, **settings).layers
    return []


def _times(row: ProfileRow) -> tuple[float, float]:
    return row.forward, row.backward


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3f} ms"


def _memory(size: int | None) -> str:
    return readable_memory_size(size) if size else ""

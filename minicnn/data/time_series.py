"""`timeseries_dataset_from_array`: windows that slide over a series of values."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.data.dataset import Dataset, check_format
from minicnn.data.elements import as_array
from minicnn.data.specs import TensorSpec


def timeseries_dataset_from_array(
    data: Any,
    targets: Any,
    sequence_length: int,
    sequence_stride: int = 1,
    sampling_rate: int = 1,
    batch_size: int | None = 128,
    shuffle: bool = False,
    seed: int | None = None,
    start_index: int | None = None,
    end_index: int | None = None,
    format: str = "tf",
) -> Dataset:
    """Batches of windows that slide over values in the order of time.

    The window that starts at step i holds the steps `i, i + r, i + 2r, ...` for the sampling rate
    r. With `sequence_stride=s`, windows start at the steps `0, s, 2s, ...`.

    Args:
        data: `(steps, ...)`.
        targets: `targets[i]` belongs to the window that starts at step i; None for windows only.
        sequence_length: steps in a window.
        sequence_stride: distance of the starts of two windows.
        sampling_rate: distance of two steps inside a window.
        batch_size: windows in a batch, None for single ones.
        shuffle: whether the windows come in random order.
        seed: of the order.
        start_index: the first step to use.
        end_index: the first step not to use any more.
        format: "tf" for another order in each epoch, "grain" for the same; the result is always a
            `Dataset` of minicnn.

    Returns:
        A `Dataset` of windows `(batch, sequence_length, ...)`, or of pairs of windows and targets.

    Example:
        >>> windows = timeseries_dataset_from_array([1, 2, 3, 4, 5], [3, 4, 5], sequence_length=2)
        >>> for x, y in windows:
        ...     print(x, y)
        Tensor([[1, 2],
                [2, 3],
                [3, 4]], dtype=int32) Tensor([3, 4, 5], dtype=int32)
    """
    check_format(format)
    data = as_array(data)
    _check(len(data), start_index, end_index, sampling_rate, sequence_stride)
    used = slice(start_index, end_index)
    values = data[used]
    goals = None if targets is None else as_array(targets)[used]
    count = len(values) - (sequence_length - 1) * sampling_rate
    if goals is not None:
        count = min(count, len(goals))
    starts = np.arange(0, max(count, 0), sequence_stride)
    if shuffle:
        seed = int(np.random.randint(1e6)) if seed is None else seed
        np.random.RandomState(seed).shuffle(starts)
    steps = np.arange(sequence_length) * sampling_rate

    def window(start: np.ndarray) -> Any:
        x = values[start[..., None] + steps]
        return x if goals is None else (x, goals[start])

    windows = Dataset.from_tensor_slices(starts)
    if shuffle:
        buffer_size = 8 * batch_size if batch_size else 1024
        windows = windows.shuffle(buffer_size, seed, reshuffle_each_iteration=format == "tf")
    if batch_size is not None:
        windows = windows.batch(batch_size)
    axes = () if batch_size is None else (None,)
    spec = TensorSpec((*axes, sequence_length, *values.shape[1:]), values.dtype)
    if goals is not None:
        spec = spec, TensorSpec((*axes, *goals.shape[1:]), goals.dtype)
    return windows._then(lambda: map(window, windows._elements()), spec=lambda: spec)


def _check(count: int, start: int | None, end: int | None, sampling_rate: int, stride: int) -> None:
    distances = {"sampling_rate": sampling_rate, "sequence_stride": stride}
    for name, value in {**distances, "start_index": start, "end_index": end}.items():
        least = 0 if name == "start_index" else 1
        if value is not None and value < least:
            bound = "higher than 0" if least else "0 or greater"
            raise ValueError(f"`{name}` must be {bound}. Received: {name}={value}")
        if value is not None and value >= count:
            raise ValueError(
                f"`{name}` must be lower than the length of the data. Received: {name}={value}, "
                f"for data of length {count}"
            )
    if start and end is not None and end <= start:
        raise ValueError(
            "`end_index` must be higher than `start_index`. Received: "
            f"start_index={start}, and end_index={end}"
        )

"""The data from which a layer computes its state, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np


def batches_of(data: Any) -> Iterator[np.ndarray]:
    """The batches of the data given to `adapt`, in float64."""
    if isinstance(data, np.ndarray) or hasattr(data, "dtype"):
        yield np.asarray(data, "float64")
        return
    if hasattr(data, "__getitem__") and not hasattr(data, "__iter__"):
        data = (data[i] for i in range(len(data)))  # a PyDataset
    if not hasattr(data, "__iter__"):
        raise TypeError(
            f"adapt() takes an array or an iterable of batches. Received: {type(data).__name__}"
        )
    for batch in data:
        x = batch[0] if isinstance(batch, tuple) else batch
        if not hasattr(x, "shape"):
            raise TypeError(
                "adapt() takes batches that are arrays, with a `.shape`. Received one of type "
                f"{type(x).__name__}"
            )
        yield np.asarray(x, "float64")

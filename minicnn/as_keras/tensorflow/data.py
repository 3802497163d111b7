"""`tf.data.Options` and functions of `tf.data.experimental`."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from minicnn.as_keras.tensorflow.registry import named
from minicnn.as_keras.tensorflow.shapes import static
from minicnn.data import Dataset


class Options:
    """`tf.data.Options`: settings of threads and speed, which are kept and have no effect."""

    _GROUPS = tuple(
        "autotune experimental_distribute experimental_optimization experimental_threading "
        "threading".split()
    )
    _SETTINGS = tuple(
        "dataset_name deterministic experimental_deterministic experimental_external_state_policy "
        "experimental_slack experimental_symbolic_checkpoint experimental_warm_start "
        "framework_type".split()
    )
    __slots__ = _GROUPS + _SETTINGS

    def __init__(self) -> None:
        for name in self._GROUPS:
            setattr(self, name, SimpleNamespace())
        for name in self._SETTINGS:
            setattr(self, name, None)


class AutoShardPolicy(enum.IntEnum):
    """How data are shared out among machines, of which there is one."""

    OFF = -1
    AUTO = 0
    FILE = 1
    DATA = 2
    HINT = 3


named("data.experimental.cardinality")(lambda dataset: dataset.cardinality())


@named("data.experimental.assert_cardinality")
def assert_cardinality(expected_cardinality: Any) -> Callable[[Dataset], Dataset]:
    """For `apply`: the data set with this number of elements, which each pass checks."""
    expected = int(static(expected_cardinality))

    def elements(dataset: Dataset) -> Iterator[Any]:
        count = 0
        for element in dataset._elements():
            count += 1
            if count > expected >= 0:
                break
            yield element
        if count != expected:
            found = f"more than {expected}" if count > expected >= 0 else count
            raise ValueError(
                f"The data set was to have {expected} elements (`assert_cardinality`), but has "
                f"{found}."
            )

    return lambda dataset: dataset._then(lambda: elements(dataset), expected)

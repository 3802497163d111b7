"""The kernels of a training step as a Python program, to be read."""

from __future__ import annotations

from typing import Any

import numpy as np

from minicnn.autodiff.quiet import quiet
from minicnn.autodiff.temporary_values import temporary_values
from minicnn.layers.base.ownership_cache import ownership_cached
from minicnn.replay.program import Recording
from minicnn.replay.replayed_step import kind_of
from minicnn.trainers.all_or_nothing import state_variables
from minicnn.trainers.batch import as_tensors


def step_as_text(model: Any, x: Any, y: Any, sample_weight: Any = None) -> str:
    """The kernels of a training step on a batch, one a line, as a Python program.

    This is the program that `fit` replays (see `minicnn/replay`). The model stays as it is.

    Example:
        >>> import numpy as np
        >>> import minicnn as keras
        >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="line")])
        >>> model.compile(loss="mse")
        >>> print(step_as_text(model, np.ones((4, 2), "float32"), np.ones((4, 1), "float32")))
        def step(input_1, input_2):
            ...
            (a1, _) = dense_forward(input_1, ..., activation='linear')
            ...
            ...apply([Tensor(...), Tensor(...)], [variables[...], variables[...]])
            ...

    Raises:
        ValueError: the step looks at values, so that it is another program for other batches.
    """
    model._assert_compile_called("step_as_text")
    data = as_tensors((x, y, sample_weight))
    inputs: list[np.ndarray] = []
    kind_of(data, inputs)
    with temporary_values(state_variables(model)), ownership_cached(), quiet():
        step = model._without_logs("train_step")
        step(data)  # creates what is not created yet
        recording = Recording(inputs, state_variables(model))
        with recording.open():
            logs = step(data)
        recording.finish(logs)
    if recording.obstacle is not None:
        raise ValueError(
            f"The step of {model.name!r} is not one list of kernels: {recording.obstacle}. "
            "Expected layers, losses and metrics that compute with operations alone (`keras.ops`)."
        )
    return recording.source()

"""Settings of the whole library: the default float type, epsilon, image layout, the backend.

`minicnn.config` is the public face of this module. The values are kept in memory only. No file in
the home directory is read, so that a program gives the same numbers on every machine. Only these
environment variables change the settings from outside:

    MINICNN_BACKEND             "numba" (the default where Numba is installed) or "numpy"
    MINICNN_THREADS             number of threads (default: the number of processors)
    MINICNN_CONVOLUTION         "auto" (the default) or an algorithm that convolutions prefer
    MINICNN_REPLAY              "0" executes every step normally (default: "1", see `set_replay`)
    MINICNN_HOME, KERAS_HOME    the folder of downloads (default: ~/.keras)
    KERAS_MAX_EPOCHS, KERAS_MAX_STEPS_PER_EPOCH    limits for every training run
"""

from __future__ import annotations

import importlib.util
import logging
import numbers
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

BACKENDS = ("numba", "numpy")
NUMBA_NEEDS = {"numba": "numba", "llvmlite": "numba", "threadpoolctl": "threadpoolctl"}
"""The modules that the "numba" backend imports, and the packages that bring them."""
CONVOLUTION_ALGORITHMS = ("auto", "im2col", "direct", "winograd", "winograd_2x2")
DATA_FORMATS = ("channels_first", "channels_last")
FLOAT_TYPES = ("float16", "float32", "float64", "bfloat16")


def _integer_from_environment(variable: str) -> int | None:
    text = os.environ.get(variable)
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise ValueError(
            f"The environment variable {variable} must be a whole number. Received: {text!r}"
        ) from None


def _switch_from_environment(variable: str) -> bool:
    text = os.environ.get(variable) or "1"
    if text not in ("0", "1"):
        raise ValueError(f"The environment variable {variable} must be 0 or 1. Received: {text!r}")
    return text == "1"


values = SimpleNamespace(
    floatx="float32",
    epsilon=1e-7,
    image_data_format="channels_last",
    backend=None,
    threads=None,
    convolution_algorithm=None,
    fusion=True,
    replay=_switch_from_environment("MINICNN_REPLAY"),
    interactive_logging=True,
    traceback_filtering=True,
    max_epochs=_integer_from_environment("KERAS_MAX_EPOCHS"),
    max_steps_per_epoch=_integer_from_environment("KERAS_MAX_STEPS_PER_EPOCH"),
)

"""All settings by name. Change them with the functions below, which check what they get."""


def floatx() -> str:
    """The default float type, "float32" unless changed."""
    return values.floatx


def set_floatx(value: str) -> None:
    """Sets the default float type of weights and computations.

    >>> set_floatx("float64"); floatx()
    'float64'
    >>> set_floatx("float32")
    """
    if value not in FLOAT_TYPES:
        raise ValueError(
            f"Unknown `floatx` value: {value}. Expected one of {', '.join(FLOAT_TYPES)}."
        )
    values.floatx = str(value)


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite, 1e-7 unless changed."""
    return values.epsilon


def set_epsilon(value: float) -> None:
    """Sets the small number that keeps divisions and logarithms finite."""
    values.epsilon = value


def image_data_format() -> str:
    """The default layout of images, "channels_last" unless changed."""
    return values.image_data_format


def set_image_data_format(data_format: str) -> None:
    """Sets the default layout: "channels_last" (height, width, channels) or "channels_first"."""
    values.image_data_format = standardize_data_format(data_format)


def standardize_data_format(data_format: str | None) -> str:
    """The layout that an argument means: None is the default layout; case does not matter.

    >>> standardize_data_format("Channels_First")
    'channels_first'
    """
    if data_format is None:
        return values.image_data_format
    name = str(data_format).lower()
    if name not in DATA_FORMATS:
        raise ValueError(
            "The `data_format` argument must be one of "
            f"{{'channels_first', 'channels_last'}}. Received: data_format={data_format}"
        )
    return name


def backend() -> str:
    """The backend that computes: "numba" (fast, the default) or "numpy" (the definition).

    Where Numba is not installed the default is "numpy".
    """
    if values.backend is None:
        name = os.environ.get("MINICNN_BACKEND")
        values.backend = _checked_backend(name) if name else _default_backend()
    return values.backend


def set_backend(name: str) -> None:
    """Sets the backend for all computations from now on."""
    values.backend = _checked_backend(name)


def _checked_backend(name: str) -> str:
    if name not in BACKENDS:
        raise ValueError(f"Unknown backend {name!r}. Expected one of {', '.join(BACKENDS)}.")
    if name == "numba" and (missing := _missing_for_numba()):
        raise ImportError(
            f"The backend 'numba' needs {' and '.join(missing)}, which cannot be imported here. "
            f"Install with: pip install {' '.join(missing)}. Or choose the backend 'numpy', which "
            "needs nothing more and is slower."
        )
    return name


def _default_backend() -> str:
    if not (missing := _missing_for_numba()):
        return "numba"
    notify(
        f"minicnn: {' and '.join(missing)} cannot be imported, so NumPy computes, which is many "
        f"times slower. To change that: pip install {' '.join(missing)}"
    )
    return "numpy"


def _missing_for_numba() -> list[str]:
    """The packages that the "numba" backend needs and that are not installed."""
    packages = [package for module, package in NUMBA_NEEDS.items() if not _is_installed(module)]
    return list(dict.fromkeys(packages))


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # ValueError: `sys.modules` has something else in its place
        return False


def notify(message: str) -> None:
    """Writes a line to standard error, or to `logging` when interactive logging is disabled."""
    if not values.interactive_logging:
        logging.getLogger("minicnn").warning(message)
    elif sys.stderr is not None:
        print(message, file=sys.stderr, flush=True)


def convolution_algorithm() -> str:
    """The algorithm that convolutions prefer in the "numba" backend, "auto" unless changed."""
    if values.convolution_algorithm is None:
        set_convolution_algorithm(os.environ.get("MINICNN_CONVOLUTION") or "auto")
    return values.convolution_algorithm


def set_convolution_algorithm(name: str) -> None:
    """Sets the algorithm that convolutions prefer, to compare it with the others.

    "im2col", "direct", "winograd" (which computes tiles of 4 × 4) or "winograd_2x2" (whose rounding
    errors are ten times smaller). A convolution that it cannot compute is computed as with
    "auto", which takes the fastest for each size.
    """
    if name not in CONVOLUTION_ALGORITHMS:
        raise ValueError(
            f"Unknown convolution algorithm {name!r}. "
            f"Expected one of {', '.join(CONVOLUTION_ALGORITHMS)}."
        )
    values.convolution_algorithm = name


def threads() -> int:
    """The number of threads: MINICNN_THREADS, or else the processors that this process may use."""
    if values.threads is None:
        count = _integer_from_environment("MINICNN_THREADS")
        values.threads = _processors() if count is None else _thread_count(count)
    return values.threads


def set_threads(count: int | None) -> None:
    """Sets the number of threads, 1 or more; None: as many as at the start.

    Results do not change with the number of threads, bit for bit.

    >>> set_threads(1); threads()
    1
    >>> set_threads(None)
    """
    values.threads = None if count is None else _thread_count(count)


def _thread_count(count: Any) -> int:
    if isinstance(count, numbers.Integral) and not isinstance(count, bool) and count >= 1:
        return int(count)
    raise ValueError(
        "The number of threads (`set_threads` or MINICNN_THREADS) must be a whole number, "
        f"1 or more. Received: {count!r}"
    )


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_interactive_logging_enabled() -> bool:
    """Whether messages and progress lines are printed (True) or sent to `logging` (False)."""
    return values.interactive_logging


def enable_interactive_logging() -> None:
    """Prints messages and progress lines to standard output."""
    values.interactive_logging = True


def disable_interactive_logging() -> None:
    """Sends messages to `logging` instead of printing them."""
    values.interactive_logging = False


def is_traceback_filtering_enabled() -> bool:
    """The setting of Keras's name, without effect: tracebacks here are short and not filtered."""
    return values.traceback_filtering


def enable_traceback_filtering() -> None:
    """Makes `is_traceback_filtering_enabled` return True."""
    values.traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Makes `is_traceback_filtering_enabled` return False."""
    values.traceback_filtering = False


def max_epochs() -> int | None:
    """The upper limit on the epochs of every `fit`, or None."""
    return values.max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits the epochs of every `fit`, to try a long program quickly. None: no limit."""
    values.max_epochs = max_epochs


def max_steps_per_epoch() -> int | None:
    """The upper limit on the steps of an epoch of `fit`, `evaluate` or `predict`, or None."""
    return values.max_steps_per_epoch


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits the steps of an epoch of `fit`, `evaluate` or `predict`. None: no limit."""
    values.max_steps_per_epoch = max_steps_per_epoch


def keras_home() -> Path:
    """The folder of Keras's downloads: KERAS_HOME, or else ~/.keras."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def minicnn_home() -> Path:
    """The folder of downloads: MINICNN_HOME, or else Keras's."""
    home = os.environ.get("MINICNN_HOME")
    return Path(home).expanduser() if home else keras_home()


def fusion() -> bool:
    """Whether several operations, such as convolution, bias and relu, are fused into one kernel."""
    return values.fusion


def set_fusion(enabled: bool) -> None:
    """Sets whether several operations are fused into one kernel; True unless changed.

    Without fusion each operation is computed separately, as it is written. The results are the same
    up to rounding: use it to measure what fusion gains, or to look for a mistake.
    """
    values.fusion = bool(enabled)


def replay() -> bool:
    """Whether `fit`, `evaluate` and `predict` may replay recorded steps."""
    return values.replay


def set_replay(enabled: bool) -> None:
    """Sets whether steps may be replayed from their recorded kernel calls; True unless changed.

    Without it `fit` calls `train_step` for every batch, which is slower and the same to the last
    bit: to see what replay is worth, or to follow a step with a debugger. For one model,
    `compile(run_eagerly=True)` does the same.
    """
    values.replay = bool(enabled)

"""Settings of the whole library, under the names of `keras.config`.

The values live in `common/configuration.py`, which also lists the environment variables.
"""

from __future__ import annotations

from minicnn.backend import kernels
from minicnn.common import configuration, keras_names
from minicnn.common.configuration import (
    backend,
    convolution_algorithm,
    disable_interactive_logging,
    disable_traceback_filtering,
    enable_interactive_logging,
    enable_traceback_filtering,
    epsilon,
    floatx,
    fusion,
    image_data_format,
    is_interactive_logging_enabled,
    is_traceback_filtering_enabled,
    keras_home,
    max_epochs,
    max_steps_per_epoch,
    minicnn_home,
    replay,
    set_convolution_algorithm,
    set_epsilon,
    set_floatx,
    set_fusion,
    set_image_data_format,
    set_max_epochs,
    set_max_steps_per_epoch,
    set_replay,
    set_threads,
    standardize_data_format,
    threads,
)
from minicnn.dtype_policies import dtype_policy, set_dtype_policy
from minicnn.serialization.serialization_lib import enable_unsafe_deserialization

__all__ = [
    "backend",
    "convolution_algorithm",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "fusion",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_traceback_filtering_enabled",
    "keras_home",
    "max_epochs",
    "max_steps_per_epoch",
    "minicnn_home",
    "replay",
    "set_backend",
    "set_convolution_algorithm",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_fusion",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "set_replay",
    "set_threads",
    "standardize_data_format",
    "threads",
]


def set_backend(name: str) -> None:
    """Sets the backend for all computations from now on: "numba" or "numpy".

    Raises:
        ImportError: for "numba" where it is not installed.
    """
    configuration.set_backend(name)
    kernels.clear_cache()


def enable_flash_attention() -> None:
    """Accepted for Keras's programs, without effect: the algorithm is for other hardware."""


def disable_flash_attention() -> None:
    """Accepted for Keras's programs, without effect."""


def is_flash_attention_enabled() -> bool:
    """Whether attention may use the algorithm that is for other hardware: never."""
    return False


__getattr__ = keras_names.missing_in(__name__)

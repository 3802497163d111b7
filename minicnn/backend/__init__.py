"""Kernels: plain functions from arrays to arrays, which do all computation of the library.

They are called as `kernels.NAME`. NAME is looked up in the active backend, then in `backend/numpy`,
then in NumPy itself, so `kernels.conv` may be Numba's, and `kernels.exp` is `numpy.exp`:

>>> import numpy as np
>>> from minicnn.backend import kernels
>>> kernels.relu(np.array([-1.0, 2.0]))
array([0., 2.])

`minicnn.config.set_backend` or the environment variable `MINICNN_BACKEND` chooses the backend. By
default it is "numba", and "numpy" where Numba is not installed.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np

# `forks` makes a fork of the process wait until imports, such as those of kernels, are done.
from minicnn.common import configuration, forks, keras_names
from minicnn.common.configuration import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from minicnn.common.dtypes import is_float_dtype, is_int_dtype, result_type, standardize_dtype
from minicnn.common.naming import get_uid
from minicnn.common.session import clear_session

# The settings and helpers are here because Keras has them in `keras.backend`.
__all__ = [
    "Kernels",
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "kernels",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def is_keras_tensor(x: object) -> bool:
    """Whether it is a symbolic tensor, such as `Input` makes: one with a shape and no values.

    >>> import minicnn as keras
    >>> keras.backend.is_keras_tensor(keras.Input((3,)))
    True
    >>> keras.backend.is_keras_tensor(keras.ops.ones(3))
    False
    """
    return getattr(type(x), "is_symbolic", False)


class Kernels:
    """The functions of the active backend as attributes, each looked up once.

    A function that was found is stored as an attribute of the instance. Python calls `__getattr__`
    only for attributes that do not exist, so from the second use on there is no lookup.
    """

    def __getattr__(self, name: str) -> Callable:
        if name.startswith("__"):
            raise AttributeError(name)
        function = find_kernel(name)
        self.__dict__[name] = function
        return function

    def clear_cache(self) -> None:
        """Forget all functions that were looked up; `config.set_backend` calls this."""
        self.__dict__.clear()


def find_kernel(name: str) -> Callable:
    """The function `name` of the active backend, of `backend/numpy` or of NumPy, in that order.

    Each backend lists its kernels by file in `MODULES`, so that only the needed file is imported.
    """
    active = configuration.backend()
    for folder in dict.fromkeys((active, "numpy")):
        package = f"{__name__}.{folder}"
        for module, names in import_module(package).MODULES.items():
            if name in names:
                return getattr(import_module(f"{package}.{module}"), name)
    if hasattr(np, name):
        return getattr(np, name)
    raise AttributeError(
        f"There is no kernel {name!r}: it is neither in backend/{active}, nor in backend/numpy, "
        "nor in NumPy."
    )


kernels = Kernels()

__getattr__ = keras_names.missing_in(__name__)

"""NaN and infinity are results like any other, as in Keras: NumPy does not warn of them."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

quiet = functools.partial(np.errstate, all="ignore")
"""`with quiet():` inside, NumPy gives no warning of overflows or invalid numbers."""


def quietly(function: Callable, *arguments: Any) -> Any:
    """`function(*arguments)`, inside `quiet`."""
    with quiet():
        return function(*arguments)

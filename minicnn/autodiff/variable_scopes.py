"""Scopes that change how variables are read, assigned and made inside."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

from minicnn.common import dtypes
from minicnn.common.session import temporarily


class _Assignment(threading.local):
    forbidden = False


assignment = _Assignment()


@contextlib.contextmanager
def keep_state():
    """Inside, `assign` changes nothing: a computation is only looked at, not carried out."""
    with temporarily(assignment, forbidden=True):
        yield


class _Creation(threading.local):
    new: list[tuple[Any, Any]] | None = None


creation = _Creation()


@contextlib.contextmanager
def collect_new_variables():
    """Inside, variables that are made go into a list with their first values: it is given."""
    with temporarily(creation, new=[]):
        yield creation.new


class _Autocast(threading.local):
    dtype: str | None = None


autocast = _Autocast()


class AutocastScope:
    """Inside, floating point variables are read in `dtype`; with None, as they are."""

    def __init__(self, dtype: str | None):
        if dtype is not None:
            dtype = dtypes.standardize_dtype(dtype)
            if not dtypes.is_float_dtype(dtype):
                raise ValueError(
                    "`AutocastScope` can only be used with a floating-point dtype. Received: "
                    f"{dtype}"
                )
        self.dtype = dtype

    def __enter__(self) -> AutocastScope:
        self._before, autocast.dtype = autocast.dtype, self.dtype
        return self

    def __exit__(self, *exception) -> None:
        autocast.dtype = self._before


def autocast_dtype() -> str | None:
    """The type that floating point variables are read in now, if a scope says so."""
    return autocast.dtype

"""The functions of `minicnn.ops`, for the files that `minicnn.ops` itself is made of.

Derivatives are written in operations, so the files of `ops/` need the whole of it while it is being
put together. They write

    from minicnn.autodiff import operations as ops

and say `ops.where` as everywhere. This module is empty until `minicnn/ops/__init__.py`, which
imports them all, has filled it with its functions.
"""

from __future__ import annotations

from typing import Any


def fill(functions: dict[str, Any]) -> None:
    """Gives this module the functions of `minicnn.ops`, by name."""
    globals().update(functions)


def __getattr__(name: str) -> Any:
    raise AttributeError(
        f"There is no operation {name!r}. (Operations are here once `minicnn.ops` is imported.)"
    )

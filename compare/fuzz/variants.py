"""The other ways in which minicnn computes a network, which must give the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from minicnn import config


class Variant(NamedTuple):
    """Settings of `minicnn.config` under which results are the same.

    `exact` says whether they are the same bits, or only the same within what float32 explains.
    """

    name: str
    exact: bool
    settings: Mapping[str, Any]

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def avoids_winograd(self) -> bool:
        """Whether no convolution is computed by Winograd's algorithm."""
        return bool({"convolution_algorithm", "backend"} & {*self.settings})

    @property
    def command(self) -> str:
        """What a program begins with to compute in this way."""
        calls = (f"keras.config.set_{key}({value!r})" for key, value in self.settings.items())
        return "; ".join(calls)


USUAL = Variant("usual", True, {"threads": 2, "replay": True, "fusion": True})
VARIANTS = (
    Variant("executed normally, not replayed", True, {"replay": False}),
    Variant("on one thread", True, {"threads": 1}),
    Variant("without fusion", False, {"fusion": False}),
    Variant("with convolution by im2col", False, {"convolution_algorithm": "im2col"}),
    Variant("on the NumPy backend", False, {"backend": "numpy"}),
)


@contextlib.contextmanager
def configured(variant: Variant) -> Iterator[None]:
    """Context with the usual settings and those of a variant."""
    settings = {**USUAL.settings, **variant.settings}
    before = {name: getattr(config, name)() for name in settings}
    try:
        _set(settings)
        yield
    finally:
        _set(before)


def _set(settings: Mapping[str, Any]) -> None:
    for name, value in settings.items():
        getattr(config, f"set_{name}")(value)

"""Cases that combine arguments: each two values of different arguments occur in one of them."""

from __future__ import annotations

import functools

from compare.cases.case import Case


@functools.cache
def cases() -> tuple[Case, ...]:
    """All of them."""
    # Imported here, as each combines values when it is imported, which takes seconds, and many
    # processes of `compare` run cases that they are sent.
    from compare.cases.catalogue.combinations import (
        attention,
        layers,
        losses,
        metrics,
        operations,
        optimizers,
        parts,
        preprocessing,
        recurrent,
        training,
    )

    return (
        *layers.CASES,
        *recurrent.CASES,
        *attention.CASES,
        *preprocessing.CASES,
        *parts.CASES,
        *losses.CASES,
        *metrics.CASES,
        *optimizers.CASES,
        *operations.CASES,
        *training.CASES,
    )

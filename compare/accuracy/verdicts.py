"""Computes the verdict on a data set from all its runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.accuracy.runs import TEST_IMAGES
from compare.accuracy.statistics import equivalence

LEARNED = 0.5  # with an accuracy below this, the network has learned nothing


def verdict_on(
    dataset: str, results: list[dict[str, Any]], margin: float, images: int | None
) -> dict[str, Any]:
    """The verdict on a data set. Accuracies and differences are in per cent."""
    accuracies = {
        name: np.array(
            [
                100 * r["accuracy"]
                for r in sorted(results, key=lambda r: r["seed"])
                if (r["dataset"], r["library"]) == (dataset, name)
            ]
        )
        for name in ("minicnn", "keras")
    }
    step = 100 / min(images or TEST_IMAGES, TEST_IMAGES)
    found = equivalence(accuracies["minicnn"] - accuracies["keras"], margin, step)
    learned = min(a.mean() for a in accuracies.values()) > 100 * LEARNED
    return {
        "dataset": dataset,
        "pairs": len(accuracies["keras"]),
        **{
            name: {"mean": float(a.mean()), "spread": float(a.std(ddof=1))}
            for name, a in accuracies.items()
        },
        "difference": found.mean,
        "difference spread": found.spread,
        "interval 90": found.interval,
        "interval 95": found.wide_interval,
        "margin": margin,
        "p": found.p,
        "verdict": found.verdict if learned else "nothing learned",
    }

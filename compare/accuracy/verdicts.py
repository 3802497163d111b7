"""Computes the verdict on a data set from all its runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from compare.accuracy.runs import TEST_IMAGES
from compare.accuracy.statistics import equivalence, level_of

LEARNED = 0.5  # with an accuracy below this, the network has learned nothing


def verdict_on(
    dataset: str, results: list[dict[str, Any]], margin: float, images: int | None, look: int = 1
) -> dict[str, Any]:
    """The verdict on a data set at a look. Accuracies and differences are in per cent."""
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
    found = equivalence(accuracies["minicnn"] - accuracies["keras"], margin, step, level_of(look))
    learned = min(a.mean() for a in accuracies.values()) > 100 * LEARNED
    return {
        "dataset": dataset,
        "look": look,
        "pairs": len(accuracies["keras"]),
        **{
            name: {"mean": float(a.mean()), "spread": float(a.std(ddof=1))}
            for name, a in accuracies.items()
        },
        "difference": found.mean,
        "difference spread": found.spread,
        "level": found.level,
        "confidence": 1 - 2 * found.level,
        "interval": found.interval,
        "margin": margin,
        "p": found.p,
        "verdict": found.verdict if learned else "nothing learned",
    }

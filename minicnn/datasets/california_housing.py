"""California housing: prices of houses in the districts of California in 1990."""

from __future__ import annotations

import numpy as np

from minicnn.datasets.npz_files import Split, arrays_of, shuffled, split

SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
SIZES = {"large": None, "small": 600}


def load_data(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> Split:
    """Prices in dollars: `(x_train, y_train), (x_test, y_test)`, 20,640 districts.

    `x` has the shape `(districts, 8)`. Looks in `MINICNN_HOME` and in Keras's cache, and else
    downloads.

    Args:
        version: "large", or "small" for 600 districts.
        path: the name of the file.
        test_split: the fraction to test with.
        seed: of the order.

    Source: Pace and Barry, "Sparse spatial autoregressions" (1997).
    """
    if version not in SIZES:
        raise ValueError(
            f"Argument `version` must be one of 'small', 'large'. Received: version={version}"
        )
    arrays = arrays_of("California housing", path, SHA256)
    x, y = (arrays[name][: SIZES[version]] for name in "xy")
    return split(*shuffled(np.random.RandomState(seed), x, y), test_split)

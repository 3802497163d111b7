"""Boston housing: prices of houses in the suburbs of Boston around 1978.

The data have a variable that counts the share of Black residents: they are for studying methods and
their ethics, not houses. California housing is of the same kind without it.
"""

from __future__ import annotations

import numpy as np

from minicnn.datasets.npz_files import Split, arrays_of, shuffled, split

SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Split:
    """Prices: `(x_train, y_train), (x_test, y_test)`, 506 of them in thousands of dollars.

    `x` has the shape `(houses, 13)`. Looks in `MINICNN_HOME` and in Keras's cache, and else
    downloads.

    Args:
        path: the name of the file.
        test_split: the fraction to test with.
        seed: of the order.

    Source: Harrison and Rubinfeld, "Hedonic prices and the demand for clean air" (1978).
    """
    arrays = arrays_of("Boston housing", path, SHA256)
    return split(*shuffled(np.random.RandomState(seed), arrays["x"], arrays["y"]), test_split)

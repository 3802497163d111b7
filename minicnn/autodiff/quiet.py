"""NaN and infinity are results like any other, as in Keras: NumPy does not warn of them."""

import functools

import numpy as np

quiet = functools.partial(np.errstate, all="ignore")
"""`with quiet():` inside, NumPy gives no warning of overflows or invalid numbers."""

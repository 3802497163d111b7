"""The order at which the Taylor remainder shrinks: it needs no step size.

With the right gradient g, `|f(x + td) − f(x) − t ⟨g, d⟩|` shrinks as t², with a wrong one as t.
Source: Farrell et al., "Automated derivation of the adjoint of high-level transient finite element
programs" (2013), section 5.
"""

from __future__ import annotations

import numpy as np

from minicnn.testing.differences import ROUNDING, Line

STEPS = 2.0 ** -np.arange(3, 16)


def remainder_order(line: Line, here: np.ndarray, cotangent: np.ndarray, claimed: float) -> float:
    """The order of the remainder: 2 or more if `claimed` is the derivative, 1 if it is not.

    Infinite where nothing but rounding remains, as for a linear function.
    """
    changes = np.array([cotangent @ (line(t) - here) for t in STEPS])
    remainders = np.abs(changes - STEPS * claimed)
    rounding = 100 * ROUNDING * max(float(np.abs(here) @ np.abs(cotangent)), 1e-300)
    usable = remainders > rounding
    count = int(np.argmin(usable)) if not usable.all() else len(STEPS)
    if count < 2:
        return float("inf")
    orders = np.log2(remainders[: count - 1] / remainders[1:count])
    return float(np.median(orders[-4:]))

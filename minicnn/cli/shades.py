"""Numbers as characters: bars, and maps in five shades."""

from __future__ import annotations

import numpy as np

_SHADES = np.array(list(" ░▒▓█"))
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LENGTH = 30


def bar(share: float) -> str:
    """A bar of at most 30 characters; the share is between 0 and 1, one below 0 has none.

    >>> bar(0.1), bar(0.05), bar(-1.0)
    ('███', '█▌', '')
    """
    if not share > 0:
        return ""
    whole, rest = divmod(round(min(share, 1.0) * _LENGTH * 8), 8)
    return "█" * whole + _EIGHTHS[rest].strip()


def shaded(values: np.ndarray, most: int = 28) -> str:
    """A map `(height, width)` of values from 0 in shades, two characters for each value.

    Larger maps are made smaller: a character shows the largest value of its part.

    >>> print(shaded(np.array([[0.0, 1.0], [0.5, 0.25]])))
    ┌────┐
    │  ██│
    │▒▒░░│
    └────┘
    """
    height, width = values.shape
    step = -(-max(height, width) // most)
    padded = np.pad(np.nan_to_num(values), ((0, -height % step), (0, -width % step)))
    rows, columns = padded.shape[0] // step, padded.shape[1] // step
    small = padded.reshape(rows, step, columns, step).max(axis=(1, 3))
    levels = np.rint(small / (small.max() or 1.0) * (len(_SHADES) - 1)).astype(int)
    lines = ["".join(np.repeat(_SHADES[row], 2)) for row in np.clip(levels, 0, 4)]
    edge = "─" * (2 * columns)
    return "\n".join([f"┌{edge}┐", *(f"│{line}│" for line in lines), f"└{edge}┘"])

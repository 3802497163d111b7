"""Memory that was freed stays with the process, to be used again.

A step of training fills arrays of many megabytes and lets go of them. The C library would give each
of them back to the system, which hands it out again page by page, with zeros in every page: for a
network with large images that is a fifth of the time of a step. The arrays of the next step have
the same sizes, so what is kept is used again, and the process grows no larger than at its largest.
"""

from __future__ import annotations

import ctypes
import sys

# Parameters of glibc's `mallopt`; see its manual page.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
LARGEST = 2**30
LARGEST_OF_OLD = 2**25  # glibc before 2.35 takes no larger MMAP_THRESHOLD


def keep_freed_memory() -> bool:
    """Ask the C library for it, where that is glibc; whether it agreed."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    agreed = mallopt(MMAP_THRESHOLD, LARGEST) or mallopt(MMAP_THRESHOLD, LARGEST_OF_OLD)
    return bool(agreed and mallopt(TRIM_THRESHOLD, LARGEST))

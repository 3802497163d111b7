"""Makes the C library keep freed memory, so that the next arrays use it again.

A training step allocates arrays of many megabytes and frees them. By default the C library returns
large blocks to the system, and the system gives new ones page by page, filled with zeros: for a
network with large images this takes a fifth of a step. The arrays of the next step have the same
sizes, so kept memory is used again, and the process grows no larger than its largest step.
"""

from __future__ import annotations

import ctypes
import sys

# Parameters of glibc's `mallopt`; see its manual page.
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3
LARGEST = 2**30
LARGEST_OF_OLD = 2**25  # glibc before 2.35 takes no larger MMAP_THRESHOLD


def keep_freed_memory() -> bool:
    """Set glibc (on Linux) to keep freed memory; whether that succeeded."""
    if sys.platform != "linux":
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    agreed = mallopt(MMAP_THRESHOLD, LARGEST) or mallopt(MMAP_THRESHOLD, LARGEST_OF_OLD)
    return bool(agreed and mallopt(TRIM_THRESHOLD, LARGEST))

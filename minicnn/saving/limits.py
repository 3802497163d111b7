"""Limits on the memory and time for reading a file.

A file is checked against these before memory is allocated for it. The rule behind the numbers:
memory in proportion to the file's size plus a fixed amount, and two seconds for what is not data.
The largest networks in use stay within them (a VGG16 has 138 million weights, a NASNet 1,040
layers).
"""

from __future__ import annotations

MEBIBYTE = 1 << 20

SLACK_BYTES = 64 * MEBIBYTE
"""Memory that any file may take, however small it is."""

ARCHIVE_EXPANSION = 8
"""The members of an archive may unpack to this many times its size, plus the slack."""

WEIGHTS_EXPANSION = 16
"""The data sets read from a weights file may have this many times its size, plus the slack."""

CHUNKS = 20_000
"""Pieces that a data set is cut into."""

GROUPS = 20_000
"""Groups of a weights file that are listed."""

GROUP_NESTING = 100
"""Groups inside each other: a model in a model takes two."""

DIRECTORY_BYTES = MEBIBYTE
"""The list of an archive's members: 10,000 or so."""

CONFIG_BYTES = 16 * MEBIBYTE
"""The text of a model's config (a DenseNet201 has 0.7 MB)."""

METADATA_BYTES = 1 << 16
"""The text that says who wrote the file, and when."""

CONFIG_CONTAINERS = 70_000
"""Lists and dicts in a config: those of 3,900 layers (a Dense layer has 18), or of 10,000 calls."""

CONFIG_NESTING = 200
"""Lists and dicts inside each other; a model inside a model takes about 6."""

UNSAVED_ELEMENTS = 1 << 24
"""Elements of the weights of a model that its file has no values for."""

UNTRAINED_ELEMENTS = 1 << 28
"""Elements of the weights of a model that is made from a config alone."""


class FileRefused(ValueError):
    """A file is damaged, or reading it would exceed a limit."""

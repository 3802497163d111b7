"""What reading a file may cost: every limit, in one table.

A file is checked against these before anything is made for it. The rule behind the numbers: memory
in proportion to the file's own size, with a fixed amount besides, and two seconds for what is not
data. Each leaves room for the largest networks in use (a VGG16 has 138 million weights, a NASNet
1,040 layers).
"""

from __future__ import annotations

MEBIBYTE = 1 << 20

SLACK_BYTES = 64 * MEBIBYTE
"""Memory that any file may take, however small it is."""

ARCHIVE_EXPANSION = 8
"""Besides the slack: the members of an archive may unpack to so many times its size."""

WEIGHTS_EXPANSION = 16
"""Besides the slack: the data sets read from a weights file, to so many times its size."""

CHUNKS = 20_000
"""Pieces that a data set is cut into."""

DIRECTORY_BYTES = MEBIBYTE
"""The list of an archive's members: 10,000 or so."""

CONFIG_BYTES = 16 * MEBIBYTE
"""The text of a model's config (a DenseNet201 has 0.7 MB)."""

CONFIG_CONTAINERS = 70_000
"""Lists and dicts in a config: those of 3,900 layers (a Dense layer has 18), or of 10,000 calls."""

CONFIG_NESTING = 200
"""Lists and dicts inside each other; a model inside a model takes about 6."""

UNSAVED_ELEMENTS = 1 << 24
"""Elements of the weights of a model that its file has no values for."""

UNTRAINED_ELEMENTS = 1 << 28
"""Elements of the weights of a model that is made from a config alone."""


class FileRefused(ValueError):
    """A file is damaged, or it asks for more than reading it may cost."""

"""Checks of an HDF5 file's data sets: their size in memory, and whether they may be read."""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np

from minicnn.common.printing import readable_memory_size
from minicnn.saving import limits
from minicnn.saving.limits import FileRefused

NUMBERS_AND_BYTES = "biufcS"
# Filters by HDF5's numbers: deflate, shuffle and the checksum of Fletcher. The unpacked size of
# others is not known in advance.
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_CHECKSUM_SIZE = 4


def size_in_memory(dataset: Any) -> int:
    """Bytes of the whole data set, or of one of its chunks if that is more."""
    elements = max(math.prod(dataset.shape or ()), math.prod(dataset.chunks or ()))
    return elements * dataset.dtype.itemsize


def named_dtype(dataset: Any) -> str | None:
    """The attribute "dtype", which names the type where HDF5 has none like it."""
    if "dtype" not in dataset.attrs:
        return None
    attribute = dataset.attrs.get_id("dtype")
    value = dataset.attrs["dtype"] if attribute.shape == () else None
    return value if isinstance(value, str) else None


def check_dataset(dataset: Any, description: str, file_size: int) -> None:
    """Raises for a data set that is not stored in the file, or cannot be a weight."""
    where = f"'{dataset.name}' in {description}"
    if dataset.external or dataset.is_virtual:
        raise FileRefused(
            f"Not allowed: H5 file {description} with data in other files "
            f"(external Dataset or virtual Dataset) at '{dataset.name}'."
        )
    kind, bfloat16 = dataset.dtype.kind, np.dtype("V2")  # HDF5 has no such type: two bytes
    if dataset.shape is None or (kind not in NUMBERS_AND_BYTES and dataset.dtype != bfloat16):
        raise FileRefused(
            f"Not allowed: {where} is of type {str(dataset.dtype)[:100]}. Weights are numbers, "
            "each of the same size."
        )
    _check_is_stored(dataset, where, file_size)
    if dataset.chunks is not None:
        _check_chunks(dataset, where, file_size)


def _check_is_stored(dataset: Any, where: str, file_size: int) -> None:
    """Raises if the file stores far less than the size that it declares for a data set."""
    declared, stored = size_in_memory(dataset), min(dataset.id.get_storage_size(), file_size)
    if declared > limits.SLACK_BYTES + limits.WEIGHTS_EXPANSION * stored:
        raise FileRefused(
            f"Not allowed: {where} declares {readable_memory_size(declared)}, but the file holds "
            f"{readable_memory_size(stored)} of it: a potential decompression/shape bomb."
        )


def _check_chunks(dataset: Any, where: str, file_size: int) -> None:
    plan = dataset.id.get_create_plist()
    filters = [plan.get_filter(i)[0] for i in range(plan.get_nfilters())]
    if set(filters) - {_DEFLATE, _SHUFFLE, _CHECKSUM} or filters.count(_DEFLATE) > 1:
        raise FileRefused(
            f"Not allowed: {where} is compressed by the filters {filters} of HDF5. Weights are "
            "stored as they are, or by gzip (with shuffle and fletcher32, or without)."
        )
    lengths = zip(dataset.shape, dataset.chunks, strict=True)
    count = math.prod(-(-length // chunk) for length, chunk in lengths)
    if count > limits.CHUNKS:
        raise FileRefused(
            f"Not allowed: {where} is cut into {count} chunks of shape {dataset.chunks}. "
            f"Expected {limits.CHUNKS} or fewer."
        )
    if _DEFLATE in filters:
        _check_deflated_chunks(dataset, where, filters.index(_DEFLATE), file_size)


def _check_deflated_chunks(dataset: Any, where: str, place: int, file_size: int) -> None:
    """Raises if a compressed chunk unpacks to more bytes than its shape has."""
    size = math.prod(dataset.chunks) * dataset.dtype.itemsize + _CHECKSUM_SIZE
    chunks: list[Any] = []
    dataset.id.chunk_iter(chunks.append)
    for chunk in chunks:
        if chunk.filter_mask & (1 << place):  # this chunk is not compressed
            continue
        packed = b""
        if chunk.size <= file_size:
            _, packed = dataset.id.read_direct_chunk(chunk.chunk_offset)
        unpacker = zlib.decompressobj()
        unpacked = len(unpacker.decompress(packed, size + 1))
        if chunk.size > file_size or unpacked > size or unpacker.unconsumed_tail:
            raise FileRefused(
                f"Not allowed: a chunk of {where} of {readable_memory_size(chunk.size)} unpacks "
                f"to more than its shape {dataset.chunks}: a potential decompression bomb."
            )

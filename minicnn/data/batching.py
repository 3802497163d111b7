"""Elements put together in batches, and batches taken apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any, Self

import numpy as np

from minicnn import tree
from minicnn.data import cardinality
from minicnn.data.base import Elements
from minicnn.data.elements import as_array, check_arrays, is_flat, row_of
from minicnn.data.specs import with_shapes


class Batching(Elements):
    """Batches of elements, and elements of batches."""

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
    ) -> Self:
        """Every `batch_size` elements as one, along a new first axis.

        Args:
            batch_size: elements in a batch; the last one may be smaller.
            drop_remainder: whether to leave out a last batch that is smaller.
            num_parallel_calls, deterministic: no effect.

        Raises:
            ValueError: elements of unequal shapes.
        """
        size = cardinality.whole("batch_size", batch_size, least=1)
        result = self._then(
            lambda: batched(self._elements(), size, drop_remainder),
            cardinality.batches(self._count, size, drop_remainder),
            lambda: with_shapes(
                self.element_spec, lambda shape: (size if drop_remainder else None, *shape)
            ),
        )
        result._batch_size = size
        return result

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
    ) -> Self:
        """Batches of elements of unequal shapes, which are filled up at the end of each axis.

        Args:
            batch_size: elements in a batch; the last one may be smaller.
            padded_shapes: the shape to fill up to, None in it for the largest length in the batch;
                for tuples and dicts a structure of shapes. By default all lengths are None.
            padding_values: 0 by default, "" for strings.
            drop_remainder: whether to leave out a last batch that is smaller.

        Example:
            >>> from minicnn.data import Dataset
            >>> words = Dataset.from_tensor_slices([1, 3]).map(lambda n: np.ones(int(n), "int32"))
            >>> next(words.padded_batch(2).as_numpy_iterator())
            array([[1, 0, 0],
                   [1, 1, 1]], dtype=int32)
        """
        size = cardinality.whole("batch_size", batch_size, least=1)
        return self._then(
            lambda: padded(self._elements(), size, drop_remainder, padded_shapes, padding_values),
            cardinality.batches(self._count, size, drop_remainder),
            lambda: with_shapes(
                self.element_spec,
                lambda shape: (size if drop_remainder else None, *(None for _ in shape)),
            ),
        )

    def unbatch(self) -> Self:
        """The rows of each element, one by one.

        >>> from minicnn.data import Dataset
        >>> list(Dataset.range(3).batch(2).unbatch().as_numpy_iterator())
        [np.int64(0), np.int64(1), np.int64(2)]
        """
        return self._then(
            lambda: unbatched(self._elements()),
            count=cardinality.UNKNOWN,
            spec=lambda: with_shapes(self.element_spec, lambda shape: shape[1:]),
        )


def batched(elements: Iterator[Any], size: int, drop_remainder: bool) -> Iterator[Any]:
    """Batches of `size` elements; the last one may be smaller, or is left out."""
    for number, some in _groups(elements, size, drop_remainder):
        yield leaf_by_leaf(some, lambda leaves, path, n=number: _stacked(leaves, path, n))


def padded(
    elements: Iterator[Any], size: int, drop_remainder: bool, shapes: Any, values: Any
) -> Iterator[Any]:
    """Batches whose elements are filled up to the same shape, at the end of each axis."""
    for number, some in _groups(elements, size, drop_remainder):
        paths = [path for path, _ in tree.flatten_with_path(some[0])]
        given = zip(_per_leaf(shapes, some[0], True), _per_leaf(values, some[0]), strict=True)
        fill = dict(zip(paths, given, strict=True))
        yield leaf_by_leaf(
            some,
            lambda leaves, path, n=number, to=fill: _stacked(_filled(leaves, *to[path]), path, n),
        )


def unbatched(batches: Iterable[Any]) -> Iterator[Any]:
    """The elements of each batch, one by one."""
    for batch in batches:
        check_arrays("unbatch", batch)
        leaves = [leaf for leaf in tree.flatten(batch) if leaf is not None]
        lengths = {leaf.shape[0] if leaf.ndim else None for leaf in leaves}
        if len(lengths) != 1 or None in lengths:
            raise ValueError(
                "`unbatch` needs batches whose arrays have as many rows. Received arrays of shapes "
                f"{', '.join(str(leaf.shape) for leaf in leaves)}."
            )
        for row in range(lengths.pop()):
            yield row_of(batch, row)


def _groups(elements: Iterator[Any], size: int, drop_remainder: bool) -> Iterator[tuple[int, list]]:
    """Lists of `size` elements, numbered."""
    for number in itertools.count():
        some = list(itertools.islice(elements, size))
        if not some or (drop_remainder and len(some) < size):
            return
        check_arrays("batch", some[0])
        yield number, some


def leaf_by_leaf(elements: list, join: Any) -> Any:
    """The structure of the elements with `join(leaves, path)` for the leaves of each place."""
    first = elements[0]
    if type(first) is np.ndarray:
        return join(elements, ())
    if is_flat(first):
        columns = zip(*elements, strict=True)
        return tuple([join(leaves, (place,)) for place, leaves in enumerate(columns)])
    paths = [path for path, _ in tree.flatten_with_path(first)]
    columns = zip(*map(tree.flatten, elements), strict=True)
    joined = [join(leaves, path) for path, leaves in zip(paths, columns, strict=True)]
    return tree.pack_sequence_as(first, joined)


def _stacked(leaves: Any, path: tuple, number: int) -> Any:
    if leaves[0] is None:
        return None
    try:
        return np.stack(leaves)
    except ValueError:
        shape = leaves[0].shape
        other = next(i for i, leaf in enumerate(leaves) if leaf.shape != shape)
        place = f" at {list(path)}" if path else ""
        raise ValueError(
            f"`batch` needs elements of equal shapes, but of batch {number} the elements 0 and "
            f"{other} have the shapes {shape} and {leaves[other].shape}{place}. Use "
            "`padded_batch`, or pad or resize the elements before (`utils.pad_sequences`)."
        ) from None


def _filled(leaves: Any, shape: Any, value: Any) -> list:
    """The leaves filled up to a shape; None for the largest length there is."""
    if leaves[0] is None:
        return leaves
    lengths = np.max([leaf.shape for leaf in leaves], axis=0).astype(int).tolist()
    if shape is not None:
        sizes = [None if size in (None, -1) else int(size) for size in shape]
        too_small = len(sizes) != len(lengths) or any(
            size is not None and size < length for size, length in zip(sizes, lengths, strict=False)
        )
        if too_small:
            raise ValueError(
                f"`padded_batch` was to fill up to padded_shapes={tuple(sizes)}, but there are "
                f"elements of shape {tuple(lengths)}."
            )
        lengths = [n if size is None else size for size, n in zip(sizes, lengths, strict=True)]
    if value is None:
        value = "" if leaves[0].dtype.kind in "US" else 0
    dtype = np.result_type(*leaves) if leaves[0].dtype.kind in "US" else leaves[0].dtype
    filled = []
    for leaf in leaves:
        array = np.full(lengths, as_array(value), dtype)
        array[tuple(map(slice, leaf.shape))] = leaf
        filled.append(array)
    return filled


def _per_leaf(given: Any, element: Any, is_shape: bool = False) -> list:
    """What an argument says for each leaf: one for all, or a structure like the element."""
    count = len(tree.flatten(element))
    if given is None or (not is_shape and not tree.is_nested(given)):
        return [given] * count
    if not tree.is_nested(element):
        return [given]
    parts: list = []
    tree.map_structure_up_to(element, parts.append, given)
    return parts

"""Data sets of arrays, numbers and file names, and of what a generator yields."""

from __future__ import annotations

import glob
import itertools
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np

from minicnn import tree
from minicnn.common.describe import described
from minicnn.common.dtypes import numpy_dtype
from minicnn.data import cardinality
from minicnn.data.base import Elements
from minicnn.data.elements import as_array, as_arrays, as_tensors, row_of
from minicnn.data.specs import TensorSpec, spec_of, with_shapes


class Sources(Elements):
    """The ways to begin a data set."""

    @classmethod
    def from_tensor_slices(cls, tensors: Any) -> Self:
        """The rows of an array, or of the arrays in a tuple or dict.

        >>> from minicnn.data import Dataset
        >>> list(Dataset.from_tensor_slices(([1, 2], ["a", "b"])).as_numpy_iterator())
        [(np.int32(1), np.str_('a')), (np.int32(2), np.str_('b'))]
        """
        arrays = as_arrays(tensors)
        count = row_count(arrays)
        spec = lambda: with_shapes(spec_of(arrays), lambda shape: shape[1:])  # noqa: E731
        return cls(lambda: sliced(arrays, count), count, spec)

    @classmethod
    def from_tensors(cls, tensors: Any) -> Self:
        """A single element."""
        arrays = tree.map_structure(np.array, as_arrays(tensors), none_is_leaf=False)
        return cls(lambda: iter([arrays]), 1, lambda: spec_of(arrays))

    @classmethod
    def range(cls, *args: Any, output_type: Any = "int64") -> Self:
        """Whole numbers as in Python's `range`.

        >>> from minicnn.data import Dataset
        >>> list(Dataset.range(1, 6, 2).as_numpy_iterator())
        [np.int64(1), np.int64(3), np.int64(5)]
        """
        numbers = range(*(cardinality.whole("range", value) for value in args))
        spec = TensorSpec((), output_type)
        start, stop, step = numbers.start, numbers.stop, numbers.step
        return cls(lambda: counted(start, stop, step, spec.dtype), len(numbers), lambda: spec)

    @classmethod
    def from_generator(
        cls,
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = (),
        output_signature: Any = None,
    ) -> Self:
        """The elements that a generator function yields; it is called for each pass.

        Args:
            generator: a function that returns an iterator.
            output_types, output_shapes: the older way to give a signature.
            args: arguments of the generator.
            output_signature: a `TensorSpec` for each array of an element; None in a shape for a
                length that differs.

        Example:
            >>> from minicnn.data import Dataset, TensorSpec
            >>> spec = (TensorSpec((None,), "float32"), TensorSpec((), "int32"))
            >>> dataset = Dataset.from_generator(
            ...     lambda: (([1.0] * n, n) for n in range(1, 3)), output_signature=spec
            ... )
            >>> [(x.tolist(), int(y)) for x, y in dataset]
            [([1.0], 1), ([1.0, 1.0], 2)]
        """
        if not callable(generator):
            raise TypeError(
                "`from_generator` takes a function that returns an iterator, so that it can begin "
                f"again. Received: {described(generator)}"
            )
        if output_signature is None and output_types is None:
            raise TypeError(
                "`from_generator` needs the types of the elements: output_signature="
                "TensorSpec(shape, dtype), or a tuple or dict of them."
            )
        signature = output_signature
        if signature is None:
            signature = signature_from(output_types, output_shapes)
        args = tuple(as_tensors(as_arrays(each)) for each in args)
        return cls(
            lambda: generated(generator, args, signature), cardinality.UNKNOWN, lambda: signature
        )

    @classmethod
    def list_files(cls, file_pattern: Any, shuffle: bool = True, seed: int | None = None) -> Self:
        """The names of files that match a pattern (or several), in another order at each pass.

        Raises:
            ValueError: no file matches.
        """
        patterns = np.atleast_1d(as_arrays(file_pattern)).tolist()
        names = sorted({name for pattern in patterns for name in glob.glob(pattern)})  # noqa: PTH207
        if not names:
            raise ValueError(f"No file matches {', '.join(map(repr, patterns))}.")
        files = cls.from_tensor_slices(names)
        return files.shuffle(len(names), seed) if shuffle else files

    @classmethod
    def zip(cls, *args: Any, datasets: Any = None) -> Self:
        """Elements of several data sets side by side, until one of them ends.

        The data sets are arguments, or in a tuple or dict, whose structure the elements have then.
        """
        together = (args[0] if len(args) == 1 else args) if args else datasets
        parts = tree.flatten(together)
        wrong = next((part for part in parts if not isinstance(part, Elements)), None)
        if wrong is not None or not parts:
            raise TypeError(f"`zip` takes data sets. Received: {described(together)}")
        return cls(
            lambda: (
                _packed(together, elements)
                for elements in zip(*(part._elements() for part in parts), strict=False)
            ),
            cardinality.zipped(part._count for part in parts),
            lambda: _packed(together, [part.element_spec for part in parts]),
        )


def row_count(arrays: Any) -> int:
    """How many rows all the arrays have.

    Raises:
        ValueError: none, arrays without rows, or with different numbers of them.
    """
    leaves = [leaf for leaf in tree.flatten(arrays) if leaf is not None]
    if not leaves:
        raise ValueError("`from_tensor_slices` needs at least one array.")
    if any(leaf.ndim == 0 for leaf in leaves):
        raise ValueError(
            "`from_tensor_slices` cuts arrays into their rows, but received a single number. Use "
            "`from_tensors` for one element."
        )
    lengths = {len(leaf) for leaf in leaves}
    if len(lengths) > 1:
        raise ValueError(
            "`from_tensor_slices` needs arrays with the same number of rows. Received arrays of "
            f"shapes {', '.join(str(leaf.shape) for leaf in leaves)}."
        )
    return lengths.pop()


def sliced(arrays: Any, count: int) -> Iterator[Any]:
    """The rows of arrays."""
    return (row_of(arrays, row) for row in range(count))


def counted(start: int, stop: int, step: int, dtype: str) -> Iterator[np.ndarray]:
    """Numbers, each an array without axes."""
    return (np.array(number, dtype) for number in range(start, stop, step))


def signature_from(types: Any, shapes: Any) -> Any:
    """The signature that the older arguments `output_types` and `output_shapes` mean."""
    if shapes is None:
        return tree.map_structure(lambda dtype: TensorSpec(None, dtype), types)
    return tree.map_structure_up_to(types, lambda dtype, s: TensorSpec(s, dtype), types, shapes)


def generated(generator: Callable, args: tuple, signature: Any) -> Iterator[Any]:
    """What a generator yields, in the types of a signature and checked against it."""
    for number, value in enumerate(generator(*args)):
        yield _fitted(value, signature, number)


def _fitted(value: Any, signature: Any, number: int) -> Any:
    if isinstance(signature, tuple) and isinstance(value, list):
        value = tuple(value)
    try:
        return tree.map_structure_up_to(signature, _checked, signature, value)
    except (ValueError, TypeError) as error:
        raise type(error)(
            f"Element {number} of the generator does not fit its signature: {error}"
        ) from None


def _checked(spec: Any, value: Any) -> np.ndarray:
    dtype = numpy_dtype(spec.dtype)
    array = as_array(value)
    if (dtype.kind == "U") != (array.dtype.kind in "US"):
        raise TypeError(f"expected the type {spec.dtype}, but received {array.dtype}.")
    array = array if dtype.kind == "U" else array.astype(dtype)
    shape = spec.shape
    if shape is None:
        return array
    pairs = itertools.zip_longest(shape, array.shape, fillvalue=-1)
    if any(size is not None and size != length for size, length in pairs):
        raise ValueError(f"expected the shape {tuple(shape)}, but received {array.shape}.")
    return array


def _packed(structure: Any, leaves: list | tuple) -> Any:
    """The structure with other things, which may be structures themselves, for its leaves."""
    remaining = iter(leaves)
    return tree.map_structure(lambda _: next(remaining), structure)

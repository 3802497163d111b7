"""Planted bugs in data sets. `tests/data/test_planted_bugs.py` holds them to `tf.data` and Keras.

`near` names the pipelines there that a bug must change.
"""

from __future__ import annotations

from compare.mutants.planted.switch import FORWARD, Bug

DATA = "minicnn.data."


def bug(what: str, module: str, original: str, wrong: str, *near: str) -> Bug:
    """A bug in the elements of a data set."""
    return Bug(what, FORWARD, module, original, wrong, near)


BUGS = [
    bug(
        "a drawn element stays in the buffer, and the next one is lost",
        DATA + "shuffling",
        "drawn, buffer[place] = buffer[place], element",
        "drawn = buffer[place]",
        "shuffle: small buffer",
    ),
    bug(
        "the last buffer is not shuffled",
        DATA + "shuffling",
        "random.shuffle(buffer)",
        "random.shuffle(list(buffer))",
        "shuffle: whole",
    ),
    bug(
        "a pass that is broken off is kept as if it were whole",
        DATA + "caching",
        "made = []",
        "made = self._kept = []",
        "cache",
    ),
    bug(
        "nothing is kept",
        DATA + "caching",
        "self._kept = made",
        "self._kept = None",
        "cache",
    ),
    bug(
        "the last batch is left out",
        DATA + "batching",
        "if not some or (drop_remainder and len(some) < size):",
        "if not some or len(some) < size:",
        "batch",
    ),
    bug(
        "the last row of a batch is left out",
        DATA + "batching",
        "for row in range(lengths.pop()):",
        "for row in range(lengths.pop() - 1):",
        "unbatch",
    ),
    bug(
        "elements are filled up at the beginning",
        DATA + "batching",
        "array[tuple(map(slice, leaf.shape))] = leaf",
        "array[tuple(slice(-n, None) for n in leaf.shape)] = leaf",
        "padded_batch",
    ),
    bug(
        "one element too many is taken",
        DATA + "ordering",
        "itertools.islice(self._elements(), most)",
        "itertools.islice(self._elements(), most + 1)",
        "take",
    ),
    bug(
        "one element too many is skipped",
        DATA + "ordering",
        "itertools.islice(self._elements(), first, None)",
        "itertools.islice(self._elements(), first + 1, None)",
        "skip",
    ),
    bug(
        "every shard begins with the first element",
        DATA + "ordering",
        "itertools.islice(self._elements(), start, None, step)",
        "itertools.islice(self._elements(), 0, None, step)",
        "shard",
    ),
    bug(
        "the elements of another data set come first",
        DATA + "ordering",
        "itertools.chain(self._elements(), dataset._elements())",
        "itertools.chain(dataset._elements(), self._elements())",
        "concatenate",
    ),
    bug(
        "elements are repeated once too often",
        DATA + "ordering",
        "itertools.count() if endless else range(times)",
        "itertools.count() if endless else range(times + 1)",
        "repeat",
    ),
    bug(
        "the elements of a window lie side by side",
        DATA + "windows",
        "yield following[::stride]",
        "yield following[:size]",
        "window",
    ),
    bug(
        "a window begins one element too late",
        DATA + "windows",
        "del following[:shift]",
        "del following[: shift + 1]",
        "window",
    ),
    bug(
        "a data set that has ended keeps its place for another turn",
        DATA + "flattening",
        "open_passes[place] = current if taken == block else None",
        "open_passes[place] = current if taken else None",
        "interleave",
    ),
    bug(
        "an element that does not fit is left out, and the later ones come",
        DATA + "mapping",
        "                    return\n                yield element",
        "                    continue\n                yield element",
        "take_while",
    ),
    bug(
        "data sets are zipped from the last to the first",
        DATA + "sources",
        "zip(*(part._elements() for part in parts), strict=False)",
        "zip(*(part._elements() for part in parts[::-1]), strict=False)",
        "zip",
    ),
    bug(
        "what a generator yields keeps its type",
        DATA + "sources",
        'array = array if dtype.kind == "U" else array.astype(dtype)',
        'array = array if dtype.kind == "U" else array.astype(array.dtype)',
        "from_generator",
    ),
    bug(
        "sequences are filled up at the other end",
        "minicnn.preprocessing.sequence",
        'if padding == "pre"',
        'if padding != "pre"',
        "pad_sequences",
    ),
    bug(
        "sequences are cut off at the other end",
        "minicnn.preprocessing.sequence",
        'if truncating == "pre"',
        'if truncating != "pre"',
        "pad_sequences",
    ),
    bug(
        "the second part follows the first instead of ending the data",
        DATA + "splitting",
        "samples[len(samples) - right :]",
        "samples[left : left + right]",
        "split_dataset",
    ),
    bug(
        "steps in a window lie side by side",
        DATA + "time_series",
        "steps = np.arange(sequence_length) * sampling_rate",
        "steps = np.arange(sequence_length)",
        "timeseries",
    ),
    bug(
        "windows start at every step",
        DATA + "time_series",
        "np.arange(0, max(count, 0), sequence_stride)",
        "np.arange(0, max(count, 0), 1)",
        "timeseries",
    ),
]

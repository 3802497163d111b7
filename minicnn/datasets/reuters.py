"""Reuters: short news as lists of word numbers, of 46 topics."""

from __future__ import annotations

import numpy as np

from minicnn.datasets.encoded_texts import encoded, with_common_words, without_long
from minicnn.datasets.npz_files import Split, arrays_of, shuffled, split, word_index_of

SHA256 = "d6586e694ee56d7a4e65172e12b3e987c03096cb01eab99753921ef915959916"
WORDS_MD5 = "4d44cc38712099c9e383dc6e5f11a921"
TOPICS = (
    "cocoa grain veg-oil earn acq wheat copper housing money-supply coffee sugar trade reserves "
    "ship cotton carcass crude nat-gas cpi money-fx interest gnp meal-feed alum oilseed gold tin "
    "strategic-metal livestock retail ipi iron-steel rubber heat jobs lei bop zinc orange pet-chem "
    "dlr gas silver wpi hog lead"
)


def load_data(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> Split:
    """News: `(x_train, y_train), (x_test, y_test)`, 11,228 of them, labels from 0 to 45.

    The arguments are those of `imdb.load_data`, and `test_split`, the fraction to test with. Looks
    in `MINICNN_HOME` and in Keras's cache, and else downloads (2 MB).
    """
    arrays = arrays_of("Reuters", path, SHA256)
    texts, labels = shuffled(np.random.RandomState(seed), arrays["x"], arrays["y"])
    texts, labels = without_long(encoded(texts, start_char, index_from), labels, maxlen)
    return split(with_common_words(texts, num_words, skip_top, oov_char), labels, test_split)


def get_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """The number of each word, without `index_from`."""
    return word_index_of("Reuters's words", path, WORDS_MD5)


def get_label_names() -> tuple[str, ...]:
    """The topics in the order of the labels.

    >>> get_label_names()[3:5], len(get_label_names())
    (('earn', 'acq'), 46)
    """
    return tuple(TOPICS.split())

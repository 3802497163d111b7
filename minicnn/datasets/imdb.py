"""IMDB: reviews of films as lists of word numbers, good or bad."""

from __future__ import annotations

import numpy as np

from minicnn.datasets.encoded_texts import encoded, with_common_words, without_long
from minicnn.datasets.npz_files import Split, arrays_of, shuffled, word_index_of

SHA256 = "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f"
WORDS_MD5 = "bfafd718b763782e994055a2d397834f"


def load_data(
    path: str = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int | None = 3,
) -> Split:
    """Reviews: `(x_train, y_train), (x_test, y_test)`, 25,000 and 25,000 of them.

    A review is a list of word numbers, the most frequent words first; labels are 0 (bad) or 1.

    Looks in `MINICNN_HOME` and in Keras's cache, and else downloads (17 MB).

    Args:
        path: the name of the file.
        num_words: words with this number or a larger one are replaced; None keeps all but the
            rarest.
        skip_top: words with a smaller number are replaced.
        maxlen: reviews that are as long or longer are left out.
        seed: of the order.
        start_char: the number at the start of each review; None for no such mark.
        oov_char: the number that replaces words; None leaves them out.
        index_from: is added to all words' numbers.

    Source: Maas et al., "Learning word vectors for sentiment analysis" (2011).
    """
    arrays = arrays_of("IMDB", path, SHA256)
    random, parts = np.random.RandomState(seed), []
    for part in ("train", "test"):
        texts, labels = shuffled(random, arrays[f"x_{part}"], arrays[f"y_{part}"])
        parts.append(without_long(encoded(texts, start_char, index_from), labels, maxlen))
    (x_train, y_train), (x_test, y_test) = parts
    x = with_common_words(x_train + x_test, num_words, skip_top, oov_char)
    return (x[: len(x_train)], y_train), (x[len(x_train) :], y_test)


def get_word_index(path: str = "imdb_word_index.json") -> dict[str, int]:
    """The number of each word, without `index_from`."""
    return word_index_of("IMDB's words", path, WORDS_MD5)

"""Texts as lists of word numbers: what IMDB and Reuters do with their arguments."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np


def encoded(
    texts: Iterable[Any], start_char: int | None, index_from: int | None
) -> list[list[int]]:
    """The texts with their words' numbers moved by `index_from`, behind a mark for the start."""
    start = [] if start_char is None else [start_char]
    return [start + [word + (index_from or 0) for word in text] for text in texts]


def without_long(
    texts: list[list[int]], labels: np.ndarray, maxlen: int | None
) -> tuple[list[list[int]], np.ndarray]:
    """Only the texts shorter than `maxlen`, as in Keras.

    Raises:
        ValueError: there is none.
    """
    if not maxlen:
        return texts, labels
    kept = [number for number, text in enumerate(texts) if len(text) < maxlen]
    if not kept:
        raise ValueError(
            f"After filtering for sequences shorter than maxlen={maxlen}, no sequence was kept. "
            "Increase maxlen."
        )
    return [texts[number] for number in kept], labels[kept]


def with_common_words(
    texts: list[list[int]], num_words: int | None, skip_top: int, oov_char: int | None
) -> np.ndarray:
    """The texts with `oov_char` for words that are too rare or too common; None leaves them out."""
    limit = num_words or max(max(text) for text in texts)
    chosen = np.empty(len(texts), object)
    for number, text in enumerate(texts):
        if oov_char is None:
            chosen[number] = [word for word in text if skip_top <= word < limit]
        else:
            chosen[number] = [w if skip_top <= w < limit else oov_char for w in text]
    return chosen

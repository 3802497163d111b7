"""What `parity` and `fuzz` judge a mutant by: their cases and networks with Keras's answers.

Keras's answer does not depend on the mutant, so it is computed once and stored.
"""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from compare import parity
from compare.cases import catalogue
from compare.cases.case import Case
from compare.cases.network import Network
from compare.fuzz import network_verdict
from compare.libraries import worker
from compare.libraries.minicnn import MiniCNN
from compare.libraries.truth import Truth
from compare.parity import stored_answers

FUZZ_SEED = 1


class ParityCase(NamedTuple):
    """A case of `parity`, with what Keras and the other judges say."""

    case: Case
    answer: parity.Answer

    def run(self) -> None:
        """Run the lines that the verdict depends on: once each, without its repetitions."""
        parity.result_of(MiniCNN(), self.case)
        truth = Truth(confirm=False)
        with truth.settings():
            parity.result_of(truth, self.case)

    def wrong(self) -> str | None:
        """What `parity` finds wrong, or None."""
        findings = parity.examine(self.case, self.answer)
        return next((f"{f.quantity}: {f.wrong}" for f in findings if f.wrong), None)


class FuzzNetwork(NamedTuple):
    """A network of `fuzz`, with Keras's result of its case."""

    network: Network
    keras: Any

    def run(self) -> None:
        """Run the lines that the verdict depends on."""
        self.wrong()

    def wrong(self) -> str | None:
        """What `fuzz` finds wrong, or None."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            verdict = network_verdict.examine(self.network, lambda case: self.keras)
        if verdict.what != network_verdict.DIFFERS:
            return None
        return f"{verdict.shown.quantity}: {verdict.shown.wrong}"


class StoredItems:
    """The items in a file: the index is read, and an item when it is asked for.

    The file has the pickled items one after the other, the pickled index (where each name's item
    begins), and the place of the index in its last eight bytes.
    """

    def __init__(self, path: Path):
        self._path = path
        with path.open("rb") as file:
            file.seek(-8, os.SEEK_END)
            file.seek(int.from_bytes(file.read(8), "little"))
            self._places: dict[str, int] = pickle.load(file)

    @property
    def names(self) -> list[str]:
        """The names of all items, in their order."""
        return list(self._places)

    def __getitem__(self, name: str) -> Any:
        with self._path.open("rb") as file:
            file.seek(self._places[name])
            return pickle.load(file)

    @staticmethod
    def write(path: Path, items: Iterable[tuple[Any, str]]) -> None:
        """Write pairs of an item and its name."""
        unfinished, places = path.with_suffix(".unfinished"), {}
        with unfinished.open("wb") as file:
            for item, name in items:
                places[name] = file.tell()
                pickle.dump(item, file)
            index = file.tell()
            pickle.dump(places, file)
            file.write(index.to_bytes(8, "little"))
        unfinished.rename(path)


def write(path: Path, backend: str, networks: int) -> None:
    """Compute Keras's answers and store the items."""
    answers = stored_answers.kept(backend) or list(parity.every_answer(backend, catalogue.cases()))
    items: list[tuple[Any, str]] = [
        (ParityCase(case, answer), f"parity {case.kind}.{case.label}") for case, answer in answers
    ]
    items += [(item, f"fuzz network {i}") for i, item in enumerate(_networks(backend, networks))]
    StoredItems.write(path, items)


def _networks(backend: str, count: int) -> Iterator[FuzzNetwork]:
    """The networks that `fuzz` draws by FUZZ_SEED."""
    from compare.fuzz import search

    drawn: dict[str, FuzzNetwork] = {}
    function = "compare.fuzz.network_verdict:keras_results"
    with worker.open_worker(backend, function) as run_in_keras:

        def examine(network: Network) -> network_verdict.Verdict:
            def ask(case: Case) -> Any:
                keras = run_in_keras(case)
                drawn.setdefault(repr(network), FuzzNetwork(network, keras))
                return keras

            return network_verdict.examine(network, ask)

        search.Search(examine).run(count, FUZZ_SEED)
    return iter(drawn.values())

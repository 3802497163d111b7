"""`ServerState`: what all pages share: a network, the test images, whose turn it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from minicnn.examples.small_convnet import MODEL_FILE, Images, load
from minicnn.studio.shown_network import ShownNetwork
from minicnn.studio.turns import Turns


class ServerState:
    """What all pages share.

    Attributes:
        network: the one that a page looks at unless it has its own.
        turns: who uses models takes a turn; handlers of messages have it already.
        pages: the `PageState` of each open page.
        learning: how far the training is that runs because there was no model; None without.

    Args:
        model: the shared network.
        source: where it is from, in words.
        dataset: what it was trained with.
    """

    def __init__(self, model: Any, source: str, dataset: str = "mnist"):
        self.turns = Turns()
        self.pages: set[Any] = set()
        self.learning: dict[str, Any] | None = None
        self.network = ShownNetwork(model, source, dataset)
        self._test_images: dict[str, Images] = {}

    def test_images(self, dataset: str) -> Images:
        """The 10,000 test images of a data set, with pixels from 0 to 1."""
        if dataset not in self._test_images:
            self._test_images[dataset] = load(dataset)[1]
        return self._test_images[dataset]

    def tell_viewers(self, event: str, **content: Any) -> None:
        """Sends an event to every page that looks at the shared network."""
        for page in tuple(self.pages):
            if page.network is self.network:
                page.tell(event, **content)


def default_model_file() -> Path:
    """Where `minicnn train` saves its model, below the current folder."""
    return Path("runs", "mnist", MODEL_FILE)

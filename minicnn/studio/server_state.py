"""`ServerState`: what all pages share: the network, the test images, whose turn it is."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from minicnn.examples.small_convnet import MODEL_FILE, Images, load
from minicnn.studio.network_description import NetworkDescription
from minicnn.studio.turns import Turns


class ServerState:
    """What all pages share.

    Attributes:
        model: the network.
        source: where it is from, in words.
        turns: who uses models takes a turn; handlers of messages have it already.
        pages: the `PageState` of each open page.
        learning: how far the training is that runs because there was no model; None without.
    """

    def __init__(self, model: Any, source: str):
        self.turns = Turns()
        self.pages: set[Any] = set()
        self.learning: dict[str, Any] | None = None
        self.set_model(model, source)

    def set_model(self, model: Any, source: str) -> None:
        """Shows another network from now on."""
        self.model, self.source = model, source
        self.description = NetworkDescription(model)

    @functools.cached_property
    def test_images(self) -> Images:
        """The 10,000 test images of MNIST, with pixels from 0 to 1."""
        return load("mnist")[1]

    def tell_all(self, event: str, **content: Any) -> None:
        """Sends an event to every open page."""
        for page in tuple(self.pages):
            page.tell(event, **content)


def default_model_file() -> Path:
    """Where `minicnn train` saves its model, below the current folder."""
    return Path("runs", "mnist", MODEL_FILE)

"""`ShownNetwork`: a network that pages look at, and what they must know of it."""

from __future__ import annotations

from typing import Any

from minicnn.studio.network_description import NetworkDescription


class ShownNetwork:
    """A network with its description.

    Attributes:
        model: the network.
        source: where it is from, in words.
        description: its layers, and what it takes.
        dataset: what it was trained with, as far as that is known.
    """

    def __init__(self, model: Any, source: str, dataset: str = "mnist"):
        self.model, self.source, self.dataset = model, source, dataset
        self.description = NetworkDescription(model)

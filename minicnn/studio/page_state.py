"""`PageState`: what one open page has; it is freed when the page is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minicnn.examples.small_convnet import Images
from minicnn.studio.network_description import NetworkDescription
from minicnn.studio.server_state import ServerState
from minicnn.studio.shown_network import ShownNetwork


class PageState:
    """What one page has.

    Attributes:
        server: what it shares with all pages.
        network: the network that it looks at: the server's, until `show` gives it another.
        dataset: whose classes and test images it shows.
        network_input: the drawing as the network gets it, a batch of one; None while the canvas
            is empty.
        tell: `tell("name", **content)` sends the page an event, from any thread. Of events of one
            name that could not be sent yet, the newest is.
        on_close: functions to call when the page is closed, as to stop what it started.
        kept: for the files in `answers/`: what they keep for this page, each under a name of its
            own.
        kept_of_network: the same, but forgotten when the page looks at another network.
    """

    def __init__(self, server: ServerState, tell: Callable[..., None]):
        self.server = server
        self.network = server.network
        self.dataset = server.network.dataset
        self.tell = tell
        self.network_input: np.ndarray | None = None
        self.on_close: list[Callable[[], None]] = []
        self.kept: dict[str, Any] = {}
        self.kept_of_network: dict[str, Any] = {}

    @property
    def model(self) -> Any:
        """The network that the page looks at."""
        return self.network.model

    @property
    def description(self) -> NetworkDescription:
        """The layers of that network, and what it takes."""
        return self.network.description

    def show(self, network: ShownNetwork) -> None:
        """Looks at another network from now on, and lets go of the one before."""
        self.network = network
        self.network_input = None
        self.use_dataset(network.dataset)

    def use_dataset(self, dataset: str) -> None:
        """Shows the classes and test images of a data set from now on."""
        self.dataset = dataset
        self.kept_of_network.clear()

    @property
    def test_images(self) -> Images:
        """The test images of the page's data set."""
        return self.server.test_images(self.dataset)

    def close(self) -> None:
        """Stops what the page started, and lets go of what it held."""
        for stop in self.on_close:
            stop()
        self.on_close.clear()
        self.kept.clear()
        self.show(self.server.network)

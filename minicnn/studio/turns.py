"""`Turns`: one computation at a time, in the order in which they came."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock that is given to whoever waits longest.

    A training takes a turn for each of its steps, so that drawings are answered between them. With
    an ordinary lock the training would take it again before any other thread wakes up.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._next_ticket = 0
        self._now = 0

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until all who came before are done; inside, nobody else computes."""
        self.take()
        try:
            yield
        finally:
            self.give_back()

    def take(self) -> None:
        """Waits for the turn."""
        with self._changed:
            ticket = self._next_ticket
            self._next_ticket += 1
            self._changed.wait_for(lambda: self._now == ticket)

    def give_back(self) -> None:
        """Ends the turn."""
        with self._changed:
            self._now += 1
            self._changed.notify_all()

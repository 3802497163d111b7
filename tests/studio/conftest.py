"""A page without a browser (`ask`), and one in headless Chromium (`page`) on a trained network."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx")

import uvicorn
from starlette.testclient import TestClient

import minicnn as keras
from minicnn.studio import running
from minicnn.studio.first_training import FirstTraining, untrained_model
from minicnn.studio.server import application
from minicnn.studio.server_state import ServerState
from tests.studio.protocol import decode

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


def small_model():
    """A network with a branch, quick and untrained."""
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Conv2D(4, 3, padding="same", name="first")(inputs)
    y = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name="second")(x)
    z = keras.layers.Flatten(name="flat")(keras.layers.Add(name="sum")([x, y]))
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax", name="scores")(z))


def picture(pixels):
    """Amounts of ink as a message carries them."""
    pixels = np.ascontiguousarray(pixels, "uint8")
    ink = base64.b64encode(pixels.tobytes()).decode()
    return {"side": list(pixels.shape), "ink": ink}


def one(side=112):
    """A canvas with a vertical stroke."""
    pixels = np.zeros((side, side), "uint8")
    pixels[side // 4 : -side // 4, side // 2 : side // 2 + 8] = 255
    return pixels


@pytest.fixture
def server():
    """What the pages share, with a small network."""
    return ServerState(small_model(), "a test")


@contextlib.contextmanager
def opened(server, **settings):
    """A function that sends a message and returns its answer, as one page."""
    client = TestClient(application(server), base_url="http://127.0.0.1:8028", **settings)
    ids = itertools.count(1)
    with client.websocket_connect(
        "ws://127.0.0.1:8028/socket", headers={"origin": "http://127.0.0.1:8028"}
    ) as socket:

        def ask(type, **fields):
            message = {"id": next(ids), "type": type, **fields}
            socket.send_json(message)
            while True:
                answer = received(socket)
                if answer.get("id") == message["id"]:
                    return answer

        ask.socket = socket
        yield ask


def received(socket):
    """The next answer or event, decoded."""
    message = socket.receive()
    content = message.get("text")
    return decode(content if content is not None else message["bytes"])


@pytest.fixture
def ask(server):
    """Asks as one page does: `ask("draw", picture=...)`."""
    with opened(server) as ask:
        yield ask


class Studio:
    """A studio that runs in a thread, at `address`."""

    def __init__(self, server):
        self.server = server
        self._socket = running.free_socket("127.0.0.1", 8300)
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}/"
        self._uvicorn = uvicorn.Server(running.config(server, "127.0.0.1"))
        self._thread = threading.Thread(
            target=self._uvicorn.run, kwargs={"sockets": [self._socket]}, daemon=True
        )
        self._thread.start()

    def end(self):
        self._uvicorn.force_exit = self._uvicorn.should_exit = True
        self._thread.join(5)
        self._socket.close()


@pytest.fixture(scope="session")
def trained():
    """The network that the studio trains where there is no model."""
    server = ServerState(untrained_model(), "a test")
    training = FirstTraining(server)
    training.run()
    return server.network.model


@pytest.fixture(scope="session")
def studio(trained):
    """A running studio with the trained network; all browser tests share it."""
    studio = Studio(ServerState(trained, "a test"))
    yield studio
    studio.end()


@pytest.fixture(scope="session")
def browser(playwright_engine):
    """Headless Chromium: the one that CHROME names, or the system's."""
    names = [os.environ["CHROME"]] if os.environ.get("CHROME") else CHROMIUMS
    path = next((found for name in names if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip(f"there is no browser: none of {', '.join(names)} (CHROME names another)")
    browser = playwright_engine.chromium.launch(
        executable_path=str(Path(path)), args=["--no-sandbox", "--disable-gpu"]
    )
    yield browser
    browser.close()


@pytest.fixture
def page(studio, browser):
    """The page, open and connected. A test fails if the browser's console has an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    with watched_page(context, studio.address) as page:
        yield page
    context.close()


@contextlib.contextmanager
def watched_page(context, address):
    """A page of a context, and the check that nothing went wrong in it."""
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    page.goto(address)
    page.wait_for_selector("[data-strip] li")
    yield page
    assert errors == []


def draw(page, *strokes):
    """Draws strokes with the mouse; points are parts of the canvas's side."""
    box = page.locator("[data-drawing]").bounding_box()
    for stroke in strokes:
        for i, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if i == 0:
                page.mouse.down()
        page.mouse.up()


SEVEN = ((0.3, 0.25), (0.5, 0.24), (0.7, 0.25), (0.6, 0.45), (0.5, 0.65), (0.42, 0.85))
ONE = ((0.5, 0.2), (0.5, 0.5), (0.5, 0.8))


def answer_is(page, digit):
    """Waits until the page says that it sees this digit."""
    page.wait_for_function(
        "digit => document.querySelector('[data-guess] strong')?.textContent === digit",
        arg=str(digit),
    )

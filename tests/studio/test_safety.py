"""What the server refuses: other pages, messages that are too large or not in the table."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from minicnn.studio import running
from minicnn.studio.fields import LARGEST_SIDE
from minicnn.studio.messages import LONGEST_MESSAGE, MESSAGES
from minicnn.studio.server import application
from minicnn.studio.server_state import ServerState
from tests.studio.conftest import one, opened, picture, received, small_model

OWN = "127.0.0.1:8028"


@pytest.fixture
def client(server):
    return TestClient(application(server), base_url=f"http://{OWN}")


@pytest.mark.parametrize("host", [OWN, "localhost:9", "[::1]:8028", "127.0.0.1"])
def test_the_page_is_sent_to_this_computer(client, host):
    answer = client.get("/", headers={"host": host})
    assert answer.status_code == 200 and "Draw a digit" in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example:8028"},
        {"host": "evil.example@127.0.0.1:x"},
        {"host": "[::1"},
        {"host": ""},
        {"host": OWN, "origin": "http://evil.example"},
        {"host": OWN, "origin": "null"},
        {"host": OWN, "origin": f"https://{OWN}"},
        {"host": OWN, "origin": "http://127.0.0.1:9999"},
        {"host": "evil.example", "origin": "http://evil.example"},
    ],
)
def test_other_pages_get_nothing(client, server, headers):
    for path in ("/", "/page/main.js"):
        assert client.get(path, headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect) as refused:
        client.websocket_connect(f"ws://{OWN}/socket", headers=headers).__enter__()
    assert refused.value.code == 1008
    assert not server.pages


@pytest.mark.parametrize("path", ["/page/../server.py", "/page/%2e%2e/server.py", "/page/", "/x"])
def test_only_files_of_the_page_are_sent(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/", "/page/main.js"])
def test_nothing_can_be_posted(client, path):
    assert client.post(path, content=b"x").status_code == 405


@pytest.mark.parametrize(
    ("message", "says"),
    [
        ("[]", "JSON object"),
        ("{", "is JSON"),
        ("[" * 100_000, "is JSON"),
        (json.dumps({"type": "draw"}), "needs an `id`"),
        (json.dumps({"id": True, "type": "draw"}), "needs an `id`"),
        (json.dumps({"id": 1}), "no message of type None"),
        (json.dumps({"id": 1, "type": "drow"}), "Did you mean 'draw'"),
        (json.dumps({"id": 1, "type": ["draw"]}), "no message of type"),
        ('{"id": 1, "type": "\\ud800"}', "no message of type"),
        ('{"id": 1, "type": "map", "layer": "\\ud800", "channel": 0}', "no layer"),
        ('{"id": ' + "1" * 5000 + "}", "is JSON"),
        ('{"id": 1, "type": "draw", "picture": NaN}', "must be a picture"),
        (json.dumps({"id": 1, "type": "draw"}), "needs the field `picture`"),
        (json.dumps({"id": 1, "type": "hello", "x": 1}), "has no field 'x'"),
        (json.dumps({"id": 1, "type": "test_image", "index": 10_000}), "from 0 to 9999"),
        (json.dumps({"id": 1, "type": "test_image", "index": 1.0}), "from 0 to 9999"),
        ("x" * (LONGEST_MESSAGE + 1), "at most 1,048,576 characters"),
    ],
)
def test_an_error_says_what_came_and_what_was_expected(ask, message, says):
    ask.socket.send_text(message)
    assert says in received(ask.socket)["error"]


@pytest.mark.parametrize(
    "sent",
    [
        {"side": [2, 2], "ink": base64.b64encode(b"abc").decode()},
        {"side": [2, 2], "ink": "!!!!"},
        {"side": [2, 2], "ink": "ÄÖ"},
        {
            "side": [LARGEST_SIDE + 1, 1],
            "ink": base64.b64encode(b"a" * (LARGEST_SIDE + 1)).decode(),
        },
        {"side": [0, 0], "ink": ""},
        {"side": [-1, -4], "ink": base64.b64encode(b"abcd").decode()},
        {"side": [True, 1], "ink": base64.b64encode(b"a").decode()},
        {"side": "22", "ink": ""},
        {"side": [2, 2]},
        [1, 2],
        None,
    ],
)
def test_a_picture_is_as_large_as_it_says_and_not_too_large(ask, sent):
    assert "must be a picture" in ask("draw", picture=sent)["error"]


def test_bytes_are_no_message_and_the_page_goes_on(ask):
    ask.socket.send_bytes(b"\0\1\2")
    assert "texts" in received(ask.socket)["error"]
    assert ask("draw", picture=picture(one()))["empty"] is False


def test_addresses_but_no_names_are_answered_where_other_computers_are_let_in(server):
    config = running.config(server, "0.0.0.0")
    client = TestClient(config.app, base_url="http://192.168.0.7:8028")
    assert client.get("/").status_code == 200
    assert client.get("/", headers={"host": "evil.example"}).status_code == 403
    assert client.get("/", headers={"origin": "http://evil.example"}).status_code == 403


def test_a_page_that_does_not_read_gets_no_more(ask):
    """Its messages wait in the network, not in the server's memory; then all are answered."""
    for _ in range(3000):
        ask.socket.send_text("{")
    assert all("error" in received(ask.socket) for _ in range(3000))
    assert ask("hello")["network"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
names = sorted({field for row in MESSAGES.values() for field in row.fields} | {"nothing"})
near_messages = st.fixed_dictionaries(
    {"type": st.sampled_from([*sorted(MESSAGES), "nothing"]) | json_values},
    optional={"id": st.integers() | json_values, **dict.fromkeys(names, json_values)},
)


@pytest.fixture(scope="module")
def steady():
    """A page whose drawing has been answered, for many examples."""
    server = ServerState(small_model(), "a test")
    with opened(server) as ask:
        ask("draw", picture=picture(one()))
        yield ask, server


@settings(max_examples=80)
@given(st.one_of(st.text(max_size=200), near_messages, json_values))
def test_whatever_comes_is_answered_and_damages_nothing(steady, message):
    ask, server = steady
    (page,) = server.pages
    before = [w.copy() for w in server.network.model.get_weights()]
    drawing = page.network_input
    text = message if isinstance(message, str) else json.dumps(message)
    ask.socket.send_text(text)
    answer = received(ask.socket)
    if "error" in answer:
        assert isinstance(answer["error"], str) and len(answer["error"]) < 600
        assert page.network_input is drawing and page.model is server.network.model
    else:
        assert answer["type"] in MESSAGES
    after = server.network.model.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def test_more_pages_than_there_may_be_are_refused(client, server, monkeypatch):
    monkeypatch.setattr("minicnn.studio.server.MOST_PAGES", 2)
    with opened(server), opened(server), pytest.raises(WebSocketDisconnect) as refused:
        client.websocket_connect(f"ws://{OWN}/socket").__enter__()
    assert refused.value.code == 1013

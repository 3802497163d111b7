"""What the server refuses: other pages, messages that are too large or not in the table."""

import base64
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

import minicnn as keras
from minicnn.studio import running
from minicnn.studio.fields import LARGEST_SIDE
from minicnn.studio.messages import LONGEST_MESSAGE, MESSAGES, MessageError, checked
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


LAYER = {"layer": "first", "channel": 0, "row": 1, "column": 2}
RUN = {
    "dataset": "mnist",
    "layers": ["conv 8", "dense 32"],
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "batch_size": 32,
    "epochs": 1,
    "images": 100,
}
VALID = {
    "hello": {},
    "lessons": {},
    "lesson": {"topic": "conv2d"},
    "lesson_error": {"topic": "conv2d"},
    "lesson_example": {"topic": "conv2d", "settings": {"strides": 2}, "numbers": {"bias": [1.0]}},
    "draw": {"picture": picture(one()), "treatment": True, "layers": ["first"], "channels": 4},
    "map": {"layer": "first", "channel": 0},
    "maps": {"layers": ["first"], "channels": 2},
    "test_image": {"index": 3},
    "number": LAYER,
    "backward": {"class_index": 1, "channels": 2},
    "gradient_number": {"class_index": 1, **LAYER},
    "weight_step": {"class_index": 1, "weight": "first/kernel", "index": [0, 0, 0, 0]},
    "ablation": {"channels": {"first": [0]}},
    "ablated_accuracy": {"channels": {"first": [0]}},
    "count_mistakes": {"start": 0},
    "mistaken_pictures": {"true": 1, "predicted": 2},
    "run_start": RUN,
    "run_control": {"do": "go"},
    "run_view": {"epoch": 0},
    "run_use": {"epoch": 0},
}
"""For each message with fields some that pass the checks, so that one wrong field is what fails."""


def test_there_is_a_valid_example_of_each_message_with_fields():
    assert {name for name, row in MESSAGES.items() if row.fields} <= set(VALID)
    for name, fields in VALID.items():
        if name in MESSAGES:
            checked(json.dumps({"id": 1, "type": name, **fields}))


@st.composite
def nearly_valid(draw):
    """A valid message of any type with one field replaced, taken away or added."""
    name = draw(st.sampled_from(sorted(n for n in VALID if n in MESSAGES and MESSAGES[n].fields)))
    fields = dict(VALID[name])
    field = draw(st.sampled_from([*sorted(fields), "one more"]))
    if draw(st.booleans()):
        fields.pop(field, None)
    else:
        fields[field] = draw(json_values | st.floats(allow_nan=True) | st.integers(-(2**70), 2**70))
    return name, fields


def state_of(page, server):
    """What no refused message may change."""
    return (
        page.network_input,
        page.network,
        server.network,
        dict(page.kept),
        list(page.on_close),
        keras.config.backend(),
        keras.config.floatx(),
    )


@settings(max_examples=150)
@given(nearly_valid())
def test_one_wrong_field_is_refused_and_changes_nothing(steady, sent):
    name, fields = sent
    ask, server = steady
    (page,) = server.pages
    try:
        checked(json.dumps({"id": 1, "type": name, **fields}))
    except MessageError:
        pass
    else:
        return  # another valid message
    before, weights = state_of(page, server), [w.copy() for w in page.model.get_weights()]
    error = ask(name, **fields)["error"]
    assert isinstance(error, str) and len(error) < 600
    for was, now in zip(before, state_of(page, server), strict=True):
        assert was is now or was == now
    after = page.model.get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(weights, after, strict=True))


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("map", {"layer": "nowhere", "channel": 0}),
        ("map", {"layer": "first", "channel": 99}),
        ("number", {**LAYER, "row": 10**6}),
        ("gradient_number", {**LAYER, "class_index": 9999}),
        ("weight_step", {"class_index": 1, "weight": "first/kernel", "index": [10**6] * 8}),
        ("weight_step", {"class_index": 1, "weight": "\0", "index": []}),
        ("ablation", {"channels": {"first": [10**6]}}),
        ("lesson_example", {"topic": "conv2d", "settings": {"strides": 10**300}}),
        ("run_view", {"epoch": 0}),
        ("run_use", {"epoch": 0}),
        ("run_control", {"do": "step"}),
    ],
)
def test_what_passes_the_checks_but_does_not_exist_is_answered(steady, name, fields):
    ask, server = steady
    (page,) = server.pages
    before = state_of(page, server)
    answer = ask(name, **fields)
    assert "a fault of the studio" not in answer.get("error", "")
    assert before[1:3] == state_of(page, server)[1:3]
    assert ask("hello")["network"]["classes"] == 10


def test_code_in_a_model_file_is_not_run(tmp_path):
    """The studio loads with the loader that all files go through."""
    layer = keras.layers.Lambda(lambda x: x + 1)
    model = keras.Sequential([keras.Input((28, 28, 1)), layer, keras.layers.Flatten()])
    path = tmp_path / "lambda.keras"
    with pytest.warns(UserWarning, match="lambda"):
        model.save(path)
    with pytest.raises(ValueError, match=r"lambda|code"):
        running.load_model(str(path))


def test_more_pages_than_there_may_be_are_refused(client, server, monkeypatch):
    monkeypatch.setattr("minicnn.studio.server.MOST_PAGES", 2)
    with opened(server), opened(server), pytest.raises(WebSocketDisconnect) as refused:
        client.websocket_connect(f"ws://{OWN}/socket").__enter__()
    assert refused.value.code == 1013

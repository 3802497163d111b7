"""What `RemoteMonitor` sends, received by a server, beside what Keras sends to it."""

import http.server
import json
import threading
import urllib.parse

import numpy as np
import pytest

import minicnn


@pytest.fixture
def server():
    """A server on this computer; the requests that came, and the status that it answers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.server.came.append((self.path, dict(self.headers), body))
            self.send_response(self.server.status)
            self.end_headers()

        def log_message(self, *arguments):
            """Prints nothing."""

    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.came, server.status = [], 200
        server.root = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


SETTINGS = {"path": "/here", "field": "values", "headers": {"X-Token": "a"}}
LOGS = {"loss": np.float32(0.5), "counts": np.array(3), "text": "é&="}


@pytest.mark.parametrize("as_json", [False, True])
def test_the_server_receives_what_keras_sends(keras, server, as_json):
    pytest.importorskip("requests")
    for library in (minicnn, keras):
        monitor = library.callbacks.RemoteMonitor(server.root, send_as_json=as_json, **SETTINGS)
        monitor.on_epoch_end(3, LOGS)
    (path, headers, body), (their_path, their_headers, their_body) = server.came
    assert path == their_path == "/here"
    for name in ("Content-Type", "X-Token"):
        assert headers[name] == their_headers[name]
    if not as_json:
        body, their_body = (urllib.parse.parse_qs(b)["values"][0] for b in (body, their_body))
    assert json.loads(body) == json.loads(their_body)
    assert json.loads(body) == {"epoch": 3, "loss": 0.5, "counts": 3, "text": "é&="}


def test_training_sends_each_epoch(server):
    server.status = 500  # an answer, whatever it says, is no reason to stop
    model = minicnn.Sequential([minicnn.Input((2,)), minicnn.layers.Dense(1)])
    model.compile("sgd", "mse")
    monitor = minicnn.callbacks.RemoteMonitor(server.root, send_as_json=True)
    history = model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[monitor])
    sent = [json.loads(body) for _, _, body in server.came]
    assert [x["epoch"] for x in sent] == [0, 1, 2]
    assert [x["loss"] for x in sent] == history.history["loss"]


def test_a_server_that_is_not_there_is_a_warning_and_a_file_an_error():
    with pytest.warns(UserWarning, match="Could not reach RemoteMonitor"):
        minicnn.callbacks.RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {"loss": 1.0})
    with pytest.raises(ValueError, match="must begin with http"):
        minicnn.callbacks.RemoteMonitor("file:///etc").on_epoch_end(0)

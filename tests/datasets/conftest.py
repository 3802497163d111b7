"""A computer without data sets, and a web server with them."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from minicnn.datasets import cache


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The places that are searched, all empty: `minicnn`, `keras` and `system` below a folder."""
    monkeypatch.setenv("MINICNN_HOME", str(tmp_path / "minicnn"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(cache, "SYSTEM_FOLDER", tmp_path / "system")
    return tmp_path


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.requested.append(self.path)
        super().do_GET()

    def copyfile(self, source, outputfile):
        outputfile.write(source.read()[: self.server.cut])


class _Server(ThreadingHTTPServer):
    cut = None  # where to break off every answer

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


@pytest.fixture
def server(tmp_path):
    """Serves `server.folder` at `server.address` and notes what was `requested`."""
    folder = tmp_path / "served"
    folder.mkdir()
    with _Server(("127.0.0.1", 0), partial(_Handler, directory=folder)) as server:
        server.folder, server.requested = folder, []
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()

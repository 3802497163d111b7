"""`RemoteMonitor`: sends logs to a server."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import warnings
from typing import Any

from minicnn.callbacks.callback import Callback, Logs


class RemoteMonitor(Callback):
    """Sends the logs of each epoch to a server, by HTTP POST.

    The epoch and its logs are a JSON object: in a field of a form, or by itself. Training goes on
    with a warning where the server cannot be reached.

    Example:
        >>> import minicnn as keras
        >>> monitor = keras.callbacks.RemoteMonitor("http://localhost:9000", send_as_json=True)
        >>> monitor.request(0, {"loss": 0.5}).data
        b'{"epoch": 0, "loss": 0.5}'

    Args:
        root: the server's address.
        path: what follows it.
        field: the name of the field of the form.
        headers: a dict of HTTP headers.
        send_as_json: whether the JSON text is sent by itself, not in a form.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def request(self, epoch: int, logs: Logs = None) -> urllib.request.Request:
        """The request that sends the logs of an epoch."""
        values = {key: getattr(x, "tolist", lambda x=x: x)() for key, x in (logs or {}).items()}
        body = json.dumps({"epoch": epoch, **values})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        if not self.send_as_json:
            body = urllib.parse.urlencode({self.field: body})
        headers: dict[str, Any] = {"Content-Type": kind, **(self.headers or {})}
        return urllib.request.Request(self.root + self.path, body.encode(), headers, method="POST")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Sends the logs."""
        request = self.request(epoch, logs)
        if request.type not in ("http", "https"):
            raise ValueError(
                f"RemoteMonitor's `root` must begin with http:// or https://. Received: {self.root}"
            )
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError:
            return  # the server was reached, and it is its answer that says so
        except OSError as error:
            warnings.warn(
                f"Could not reach RemoteMonitor root server at {self.root}: {error}", stacklevel=2
            )

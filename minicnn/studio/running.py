"""Starts the studio: the model, a free port, the server, the browser; ends it with Ctrl-C."""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Any

import uvicorn

from minicnn.examples.small_convnet import CLASS_NAMES
from minicnn.saving import load_model
from minicnn.studio.backends import on_backend
from minicnn.studio.first_training import FirstTraining, untrained_model
from minicnn.studio.messages import LONGEST_MESSAGE
from minicnn.studio.server import LOCAL_NAMES, application
from minicnn.studio.server_state import ServerState, default_model_file

PORTS_TO_TRY = 50


def run(model: Any, port: int, host: str, open_page: bool) -> None:
    """Serves until Ctrl-C."""
    server, training = server_state(model)
    with free_socket(host, port) as listening:
        address = _address(host, listening.getsockname()[1])
        print(f"minicnn studio: {address}  (Ctrl-C ends it)", flush=True)
        if training is not None:
            training.start()
        if open_page:
            threading.Timer(0.5, _open, [address]).start()
        try:
            _Server(config(server, host)).run(sockets=[listening])
        except KeyboardInterrupt:
            pass
        finally:
            if training is not None:
                training.stop()
        print("\nThe studio has ended.", flush=True)


def server_state(model: Any = None) -> tuple[ServerState, FirstTraining | None]:
    """What the pages share, with this model or file or what is there; a training without any."""
    if model is None and default_model_file().is_file():
        model = default_model_file()
    if isinstance(model, Path):
        server = ServerState(load_model(model), f"{model}", dataset_of(model))
    elif model is not None:
        server = ServerState(model, "a model of this program")
    else:
        with on_backend("numpy"):  # needs no compiling, so the page is there at once
            server = ServerState(untrained_model(), "trained here, just now")
        return server, FirstTraining(server)
    if server.network.description.problem:
        print(f"minicnn studio: {server.network.description.problem}", file=sys.stderr, flush=True)
    return server, None


def dataset_of(file: Path) -> str:
    """What the model in a file was trained with, if `minicnn train` chose its folder."""
    return next((part for part in file.resolve().parts[::-1] if part in CLASS_NAMES), "mnist")


def free_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on the port, or on the next free one after a sentence about it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for one in range(port, min(port + PORTS_TO_TRY, 2**16)):
        listening = socket.socket(family)
        if os.name == "posix":  # a port that was just used is free; elsewhere it means other things
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, one))
            listening.listen(128)
        except OSError as error:
            listening.close()
            if error.errno not in _TAKEN:
                raise OSError(f"cannot listen on {host}, port {one}: {error.strerror}.") from None
            print(f"Port {one} is in use; trying the next one.", file=sys.stderr, flush=True)
            continue
        return listening
    raise OSError(f"no port from {port} to {one} is free: choose another with --port.")


def _taken() -> set[int]:
    import errno

    return {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}


_TAKEN = _taken()


def _address(host: str, port: int) -> str:
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{shown}:{port}/"


def config(server: ServerState, host: str) -> uvicorn.Config:
    """How uvicorn serves the page on this address."""
    local = host in LOCAL_NAMES
    hosts = LOCAL_NAMES if local else (*LOCAL_NAMES, host, socket.gethostname().lower(), "*")
    return uvicorn.Config(
        application(server, hosts),
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=4 * LONGEST_MESSAGE,  # more ends the connection; less gets an error message
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
        limit_concurrency=1000,
        lifespan="off",
        server_header=False,
    )


class _Server(uvicorn.Server):
    """Ends at the first Ctrl-C, without waiting for the pages to go."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.force_exit = True
        super().handle_exit(sig, frame)


def _open(address: str) -> None:
    """Opens the page in the browser of the desktop, if there is one."""
    on_a_desktop = sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )
    if on_a_desktop:
        webbrowser.open(address)

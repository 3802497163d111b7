"""The Starlette application: the files of the page, the WebSocket, and who may use them."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from minicnn.studio.connection import converse
from minicnn.studio.server_state import ServerState

PAGE = Path(__file__).parent / "page"
MOST_PAGES = 100
LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
TRY_AGAIN_LATER = 1013  # a code of WebSockets
_HOST = re.compile(r"(\[(?P<address>[0-9a-f:.]+)\]|(?P<name>[^][:@/]+))(:\d+)?")

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def application(server: ServerState, hosts: Sequence[str] = LOCAL_NAMES) -> ASGIApp:
    """The page and its WebSocket.

    Args:
        server: what the pages share.
        hosts: the names and addresses in a request's `Host` that are answered, without ports.
    """

    async def index(_: object) -> Response:
        return FileResponse(PAGE / "index.html")

    async def socket(websocket: WebSocket) -> None:
        if len(server.pages) >= MOST_PAGES:
            await websocket.close(TRY_AGAIN_LATER, f"{MOST_PAGES} pages are open already.")
            return
        await converse(websocket, server)

    routes = [
        Route("/", index),
        WebSocketRoute("/socket", socket),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    return OwnPagesOnly(Starlette(routes=routes), hosts)


class OwnPagesOnly:
    """Refuses requests that other web pages make a browser send.

    A page of another origin gives itself away by its `Origin`, and one whose name was pointed at
    this machine (DNS rebinding) by its `Host`. Programs other than browsers need not send an
    `Origin`.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str]):
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, if it may be answered."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif not self._is_own(Headers(scope=scope)):
            await _refuse(scope, receive, send)
        else:
            await self._app(scope, receive, _with_headers(send))

    def _is_own(self, headers: Headers) -> bool:
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or len(origins) > 1 or self._name(hosts[0]) is None:
            return False
        return not origins or origins[0] == f"http://{hosts[0]}"

    def _name(self, host: str) -> str | None:
        """The name in a `Host` without the port, if it is one of ours."""
        found = _HOST.fullmatch(host.lower())
        name = found and (found["address"] or found["name"])
        if name in self._hosts or ("*" in self._hosts and name and _is_address(name)):
            return name
        return None


def _is_address(name: str) -> bool:
    """Whether a host is given as a number, which no other page can point elsewhere."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocket(scope, receive, send).close(1008)
        return
    reason = "The studio answers its own page only, at the address that it printed.\n"
    await PlainTextResponse(reason, 403)(scope, receive, send)


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(HEADERS)
        await send(message)

    return send_with_headers

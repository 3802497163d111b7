"""One page's WebSocket: reads its messages, lets them be answered, sends answers and events."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from minicnn.studio.encoding import encode
from minicnn.studio.messages import MessageError, Request, checked
from minicnn.studio.page_state import PageState
from minicnn.studio.server_state import ServerState

MOST_WAITING = 100
"""Messages of one page that may wait for an answer."""
MOST_UNSENT = 500
"""Answers that a page has not read yet, until no more of its messages are read."""


async def converse(socket: WebSocket, server: ServerState) -> None:
    """Answers one page until it is closed, then frees what it held."""
    await socket.accept()
    outbox = Outbox(asyncio.get_running_loop())
    page = PageState(server, outbox.tell)
    inbox: deque[Request] = deque()
    arrived = asyncio.Event()
    server.pages.add(page)
    tasks = [
        asyncio.create_task(_receive_all(socket, inbox, arrived, outbox)),
        asyncio.create_task(_answer_all(inbox, arrived, page, outbox)),
        asyncio.create_task(outbox.send_to(socket)),
    ]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.pages.discard(page)
        for task in tasks:
            task.cancel()
        page.close()
    for task in done:
        if not isinstance(task.exception(), WebSocketDisconnect):
            task.result()


async def _receive_all(
    socket: WebSocket, inbox: deque[Request], arrived: asyncio.Event, outbox: Outbox
) -> None:
    while True:
        _receive(await _content(socket), inbox, outbox)
        arrived.set()
        if outbox.is_full:
            await outbox.room()


async def _content(socket: WebSocket) -> str | bytes:
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code") or 1000)
    text = message.get("text")
    return text if text is not None else message["bytes"]


def _receive(content: str | bytes, inbox: deque[Request], outbox: Outbox) -> None:
    """Puts a message in the line. One that says "newest only" takes the place of older ones."""
    try:
        request = checked(content)
    except MessageError as error:
        outbox.answer({"id": error.id, "error": str(error)})
        return
    if request.message.newest_only:
        for older in [one for one in inbox if one.type == request.type]:
            inbox.remove(older)
            outbox.answer({"id": older.id, "type": older.type, "skipped": True})
    if len(inbox) >= MOST_WAITING:
        reason = f"Too much at once: {MOST_WAITING} messages are waiting for an answer already."
        outbox.answer({"id": request.id, "error": reason})
        return
    inbox.append(request)


async def _answer_all(
    inbox: deque[Request], arrived: asyncio.Event, page: PageState, outbox: Outbox
) -> None:
    while True:
        while inbox:
            request = inbox.popleft()
            outbox.answer(await in_thread(lambda request=request: _answer(request, page)))
            await outbox.room()
        arrived.clear()
        await arrived.wait()


def _answer(request: Request, page: PageState) -> str | bytes:
    """The encoded answer, or the encoded error."""
    handler, fields = request.message.handler, request.fields
    head = {"id": request.id, "type": request.type}
    turns = page.server.turns
    try:
        with turns.turn() if request.message.takes_turn else contextlib.nullcontext():
            answer = handler(page, **fields)
        return encode(head | answer)
    except (ValueError, IndexError, OSError) as error:
        return encode(head | {"error": str(error)})
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        reason = f"{type(error).__name__}: {error} (a fault of the studio; its terminal says more)"
        return encode(head | {"error": reason})


async def in_thread(work: Callable[[], Any]) -> Any:
    """What `work` returns, computed in a thread that does not outlive the process."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def finish(result: Any) -> None:
        if not done.done():  # the page may have been closed
            done.set_result(result)

    def run() -> None:
        result = work()
        with contextlib.suppress(RuntimeError):  # the loop may be closed
            loop.call_soon_threadsafe(finish, result)

    threading.Thread(target=run, daemon=True).start()
    return await done


class Outbox:
    """What is to be sent to a page: answers in their order, and of each event the newest."""

    def __init__(self, loop: asyncio.AbstractEventLoop):
        self._loop = loop
        self._answers: deque[str | bytes] = deque()
        self._events: dict[str, dict[str, Any]] = {}
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()

    def answer(self, content: dict[str, Any] | str | bytes) -> None:
        """Adds an answer, or one that is encoded already. For the event loop's thread."""
        self._answers.append(encode(content) if isinstance(content, dict) else content)
        self._filled.set()

    def tell(self, event: str, **content: Any) -> None:
        """Adds an event, from any thread."""
        with contextlib.suppress(RuntimeError):  # the loop may be closed
            self._loop.call_soon_threadsafe(self._add_event, event, content)

    def _add_event(self, event: str, content: dict[str, Any]) -> None:
        self._events[event] = content
        self._filled.set()

    @property
    def is_full(self) -> bool:
        """Whether the page should read before it asks more."""
        return len(self._answers) >= MOST_UNSENT

    async def room(self) -> None:
        """Waits until all answers are sent, so that a page that does not read gets no more."""
        while self._answers:
            self._emptied.clear()
            await self._emptied.wait()

    async def send_to(self, socket: WebSocket) -> None:
        """Sends whatever comes, until it is cancelled."""
        while True:
            while self._answers or self._events:
                await self._send(socket, self._next())
            self._emptied.set()
            self._filled.clear()
            await self._filled.wait()

    def _next(self) -> str | bytes:
        if self._answers:
            return self._answers.popleft()
        event = next(iter(self._events))
        return encode({"event": event, **self._events.pop(event)})

    @staticmethod
    async def _send(socket: WebSocket, content: str | bytes) -> None:
        send = socket.send_text if isinstance(content, str) else socket.send_bytes
        await send(content)

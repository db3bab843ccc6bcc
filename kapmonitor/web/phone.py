"""`/ws/pager`: the line to the page that makes a phone a pager.

The service beats every 2 s as it does for other pagers, and the page answers each beat while somebody can see
it. Whoever does not answer is offline: kapmonitor.paging.phones.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import msgspec
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from kapmonitor.clock import Clock
from kapmonitor.errors import KapmonitorError
from kapmonitor.model import rfc3339
from kapmonitor.pages import Page
from kapmonitor.paging.phones import Seen
from kapmonitor.people import Person
from kapmonitor.ports import Health, PhoneDesk
from kapmonitor.web.access import Access
from kapmonitor.web.guard import person_of, token_of
from kapmonitor.web.phone_messages import (
    FROM_PHONE,
    Called,
    FromPhone,
    Heartbeat,
    Hello,
    Lost,
    Noted,
    Refused,
    Said,
    Says,
    Stands,
    ToPhone,
)
from kapmonitor.web.socket import LOGGED_OUT, STALLED_S

HEARTBEAT_S = 2.0
HELLO_WITHIN_S = 10.0
WAITING = 256
"""Messages that may wait for one phone; beyond, its line is cut, and it comes again for what stands."""
NOT_YOURS = 4409
MALFORMED = 4400
BEHIND = 4429


class Line:
    """What waits for one open page. Implements `ports.PhoneLine`; `end`: why nothing more will come."""

    def __init__(self) -> None:
        self.end = 0
        self._waiting: asyncio.Queue[ToPhone | None] = asyncio.Queue(WAITING)

    def put(self, message: ToPhone) -> None:
        """Have it sent; never blocks."""
        if self._waiting.full():
            self.close(BEHIND)
        else:
            self._waiting.put_nowait(message)

    def close(self, code: int) -> None:
        """End it: after what waits, or at once where too much does."""
        self.end = self.end or code
        if not self._waiting.full():
            self._waiting.put_nowait(None)

    def page(self, page: Page) -> None:
        """A page for its screen."""
        self.put(Called(page))

    def lost(self, by: str) -> None:
        """It is this pager no longer."""
        self.put(Lost(by))
        self.close(NOT_YOURS)

    async def next(self) -> bytes | None:
        """The next message; None where the line is to be ended."""
        if self.end == BEHIND:
            return None
        message = await self._waiting.get()
        return None if message is None else msgspec.json.encode(message)


@dataclass(frozen=True, slots=True)
class PhoneSocket:
    """The handler of the socket; `add_to` names its address."""

    desk: PhoneDesk
    access: Access
    health: Health
    clock: Clock = field(default_factory=Clock)
    """Of real time, whatever the speed of a demo."""

    def add_to(self, app: FastAPI) -> None:
        """Put the socket on the app."""
        app.add_api_websocket_route("/ws/pager", self.live)

    async def live(self, socket: WebSocket) -> None:
        """Be the line until the page goes, its log-in ends, it falls behind, or the pager is another's."""
        await socket.accept()
        line = Line()
        try:
            pager = await self._hello(socket, line, person_of(socket))
        except (WebSocketDisconnect, TimeoutError):
            return
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(socket, pager, line))
                tasks.create_task(self._beat(socket, line))
                tasks.create_task(self._send(socket, line))
        except* (WebSocketDisconnect, TimeoutError):
            pass
        finally:
            self.desk.gone(pager, line)

    async def _hello(self, socket: WebSocket, line: Line, person: Person) -> str:
        """Which pager it is; one that is not its own is told so by `_send`."""
        async with asyncio.timeout(HELLO_WITHIN_S):
            hello = await _message(socket)
        if not isinstance(hello, Hello):
            line.close(MALFORMED)
            return ""
        try:
            standing = self.desk.join(hello.pager, hello.key, line, by=person)
        except KapmonitorError as error:
            line.put(Refused(str(error)))
            line.close(NOT_YOURS)
        else:
            self._beat_once(line)
            line.put(Stands(standing.pages, standing.complete))
        return hello.pager

    async def _listen(self, socket: WebSocket, pager: str, line: Line) -> None:
        while True:
            match await _message(socket):
                case Says() as says:
                    self.desk.says(pager, line, Seen(says.visible, says.sound, says.battery))
                case Said() as said:
                    self.desk.receipt(pager, line, bytes(said.receipt))
                    line.put(Noted(said.number))
                case _:
                    line.close(MALFORMED)

    async def _beat(self, socket: WebSocket, line: Line) -> None:
        """Every beat is use of the log-in: a phone that is carried is not logged out."""
        while self.access.use(token_of(socket)) is not None:
            await asyncio.sleep(HEARTBEAT_S)
            self._beat_once(line)
        line.close(LOGGED_OUT)

    async def _send(self, socket: WebSocket, line: Line) -> None:
        while (message := await line.next()) is not None:
            async with asyncio.timeout(STALLED_S):
                await socket.send_text(message.decode())
        await socket.close(line.end)
        raise WebSocketDisconnect(line.end)

    def _beat_once(self, line: Line) -> None:
        if self.health.monitoring():
            line.put(Heartbeat(rfc3339(self.clock.utc())))


async def _message(socket: WebSocket) -> FromPhone | None:
    """What the page says next; None where it makes no sense.

    Raises:
        WebSocketDisconnect: the page is gone.
    """
    came = await socket.receive()
    if came["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(came.get("code", 1005))
    try:
        return FROM_PHONE.decode(came.get("text") or came.get("bytes") or b"")
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None

"""`/ws`: one socket a page. Pages say what can be seen and heard there; what they want done goes by POST."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

from kapmonitor.web.access import Access
from kapmonitor.web.displays import Displays
from kapmonitor.web.feed import Client, LiveFeed
from kapmonitor.web.guard import display_of, display_token_of, login_of, token_of, view_of

LOGGED_OUT = 4401
STALLED_S = 20.0


@dataclass(frozen=True, slots=True)
class LiveSocket:
    """The handler of the socket; a client that takes nothing for `stalled_s` seconds is closed."""

    feed: LiveFeed
    access: Access
    displays: Displays
    stalled_s: float = STALLED_S

    def add_to(self, app: FastAPI) -> None:
        """Put the socket on the app."""
        app.add_api_websocket_route("/ws", self.live)

    async def live(self, socket: WebSocket) -> None:
        """Send frames until the page goes, its log-in ends, or it stops reading."""
        try:
            await socket.accept()
            with self.feed.client(lambda: view_of(socket, self.access)) as client:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(_listen(socket, client))
                    tasks.create_task(self._send(socket, client))
        except* (WebSocketDisconnect, TimeoutError):
            pass

    async def _send(self, socket: WebSocket, client: Client) -> None:
        """Every frame sent is use of the log-in: a wall that is watched is not logged out."""
        while self._holds(socket):
            frame = await client.next()
            async with asyncio.timeout(self.stalled_s):
                await socket.send_bytes(frame)
        await socket.close(LOGGED_OUT)

    def _holds(self, socket: WebSocket) -> bool:
        """Whether the log-in or the screen that opened this socket is still what it was."""
        login, display = login_of(socket), display_of(socket)
        if login is not None:
            return self.access.use(token_of(socket)) is login
        return display is not None and self.displays.use(display_token_of(socket)) is display


async def _listen(socket: WebSocket, client: Client) -> None:
    """Until the page is gone; reading is how we learn that."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect
        client.report.take(message.get("text") or message.get("bytes") or "")

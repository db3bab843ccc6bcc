"""A byte link over a pyserial port that the event loop cannot watch: COM ports, rfc2217://, loop://."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial

from serial.serialutil import SerialBase

from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.errors import LinkLostError
from kapmonitor.transports.inbox import Inbox
from kapmonitor.transports.threads import in_thread, post, start_thread

LOOK_UP_S = 0.5
"""How long the reading thread may sit in one call, and so how long closing may take."""

_BROKEN = (OSError, ValueError, TypeError)
"""What pyserial raises when a port fails, or is closed while a thread is in it (TypeError)."""


class ThreadedLink(ByteLink):
    """One thread reads; writing and changing settings each take a thread for as long as they last."""

    def __init__(
        self,
        port: SerialBase,
        name: str,
        apply: Callable[[SerialSettings], None],
        close: Callable[[], None],
    ) -> None:
        """Read from the open `port` from now on; `apply` changes its settings, `close` ends it."""
        port.timeout = LOOK_UP_S
        self._port = port
        self._name = name
        self._apply = apply
        self._close_port = close
        self._inbox = Inbox()
        self._loop = asyncio.get_running_loop()
        self._writing = asyncio.Lock()
        self._setting = threading.Lock()
        self._settings: SerialSettings | None = None
        self._closing = threading.Event()
        self._reader = start_thread(self._read_on)

    async def read(self) -> bytes:
        """The bytes that came since the last call, at least one; waits for them."""
        return await self._inbox.get()

    async def write(self, data: bytes) -> None:
        """Send all of `data`, under the settings of the last `configure`."""
        async with self._writing:
            self._inbox.check()
            try:
                await in_thread(partial(self._set_and_write, data), lambda _: None)
            except _BROKEN as error:
                self._inbox.lose(f"{self._name} is gone: {error}")
                raise LinkLostError(self._inbox.lost) from error

    def configure(self, settings: SerialSettings) -> None:
        """Have the line set soon, and before whatever is written next."""
        self._settings = settings
        start_thread(self._set)

    async def close(self) -> None:
        """Stop reading and close the port; takes a little more than `LOOK_UP_S` at most."""
        self._closing.set()
        await in_thread(self._close, lambda _: None)

    def _close(self) -> None:
        self._close_port()
        self._reader.join(2 * LOOK_UP_S)

    def _set_and_write(self, data: bytes) -> None:
        self._set()
        self._port.write(data)

    def _set(self) -> None:
        with self._setting:
            settings, self._settings = self._settings, None
            try:
                if settings is not None:
                    self._apply(settings)
            except _BROKEN as error:
                self._lost(error)

    def _read_on(self) -> None:
        try:
            while not self._closing.is_set():
                data = self._port.read(1)
                if data:
                    data += self._port.read(self._waiting())
                    post(self._loop, partial(self._inbox.put, data))
        except _BROKEN as error:
            self._lost(error)

    def _waiting(self) -> int:
        waiting: int = getattr(self._port, "in_waiting", 0)  # every port has it, their base class has not
        return waiting

    def _lost(self, error: Exception) -> None:
        post(self._loop, partial(self._inbox.lose, f"{self._name} is gone: {error}"))

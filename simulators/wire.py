"""Ports for simulated devices, as real as can be: pseudo-terminals, and sockets as of a serial server."""

from __future__ import annotations

import asyncio
import os
import termios
import tty
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path

from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.errors import ConfigError
from kapmonitor.transports.descriptor import DescriptorLink
from kapmonitor.transports.inbox import Inbox

FULL_BYTES = 4096
"""As much as a terminal keeps unread; more on a socket would only be stale."""


@asynccontextmanager
async def pty_port(path: str | None = None) -> AsyncGenerator[tuple[str, ByteLink]]:
    """A pseudo-terminal: the port's name for a driver, and the device's end of the line.

    The port lasts as long as the context, whoever opens and closes it meanwhile; then it is unplugged. With
    `path` it is found there too, by a symbolic link of that name.

    Raises:
        ConfigError: something that is not a symbolic link stands at `path`.
    """
    master, slave = os.openpty()
    try:
        tty.setraw(slave)
        os.fchmod(slave, 0o600)
        with _linked(path, os.ttyname(slave)) as url:
            end = _PtyEnd(master, slave)
            try:
                yield url, end
            finally:
                end.detach()
    finally:
        os.close(slave)
        os.close(master)


@asynccontextmanager
async def tcp_port(host: str = "127.0.0.1", port: int = 0) -> AsyncGenerator[tuple[str, ByteLink]]:
    """A serial server with one line: its `socket://` address, and the device's end of the line.

    One connection at a time; further ones are closed. Port 0 takes a free one.
    """
    end = _TcpEnd()
    server = await asyncio.start_server(end.serve, host, port)
    try:
        yield f"socket://{host}:{server.sockets[0].getsockname()[1]}", end
    finally:
        server.close()
        await end.hang_up()


class _PtyEnd(DescriptorLink):
    """The device's side of a pseudo-terminal.

    `slave` stays open here: without it, reading fails while nobody has the port open.
    """

    def __init__(self, master: int, slave: int) -> None:
        super().__init__(master, "The simulated port")
        self._slave = slave

    async def write(self, data: bytes) -> None:
        # A device sends on whether anybody listens or not. Once the terminal is full of what nobody read,
        # the fresh bytes are worth more.
        if self.write_some(data) < len(data):
            termios.tcflush(self._slave, termios.TCIFLUSH)


class _TcpEnd(ByteLink):
    """The device's side of a socket, with or without somebody at the other."""

    def __init__(self) -> None:
        self._inbox = Inbox()
        self._writer: asyncio.StreamWriter | None = None
        self._serving: asyncio.Task[None] | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None:
            writer.close()
            return
        self._writer, self._serving = writer, asyncio.current_task()
        try:
            with suppress(ConnectionError):
                while data := await reader.read(FULL_BYTES):
                    self._inbox.put(data)
        finally:
            self._writer = None
            writer.close()

    async def hang_up(self) -> None:
        self._inbox.lose("The simulated port is closed")
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.wait({self._serving})

    async def read(self) -> bytes:
        return await self._inbox.get()

    async def write(self, data: bytes) -> None:
        writer = self._writer
        if writer is not None and writer.transport.get_write_buffer_size() < FULL_BYTES:
            writer.write(data)

    def configure(self, settings: SerialSettings) -> None:
        pass


@contextmanager
def _linked(path: str | None, port: str) -> Generator[str]:
    """`port` under the name `path` too, as long as the context lasts."""
    if path is None:
        yield port
        return
    place = Path(path)
    if place.exists() and not place.is_symlink():
        raise ConfigError([f"{path} is no symbolic link: choose another path for the simulated port"])
    fresh = place.with_name(f".{place.name}.{os.getpid()}")
    fresh.symlink_to(port)
    fresh.replace(place)  # in one step: whoever looks finds the old port or the new one
    try:
        yield path
    finally:
        with suppress(OSError):
            if str(place.readlink()) == port:
                place.unlink()

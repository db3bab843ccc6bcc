"""Sits between clients and a broker and keeps every byte: topics, payloads, client ids, wills, log-ins."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wiretap:
    """All that went to the broker on `port` and back, a buffer for each connection and direction."""

    def __init__(self) -> None:
        self.port = 0
        self.sent: list[bytearray] = []
        self.received: list[bytearray] = []

    def connects(self) -> list[bytes]:
        """The CONNECT of each connection: client id, last will, user and password."""
        return [bytes(each[: _first_packet(each)]) for each in self.sent if each]

    def rest(self) -> bytes:
        """Everything else."""
        after = [bytes(each[_first_packet(each) :]) for each in self.sent if each]
        return b"\n".join([*after, *map(bytes, self.received)])


def _first_packet(stream: bytearray) -> int:
    """The length of the first MQTT packet (3.1.1 §2.2.3)."""
    length, shift, at = 0, 0, 1
    while True:
        length |= (stream[at] & 0x7F) << shift
        shift, at = shift + 7, at + 1
        if not stream[at - 1] & 0x80:
            return at + length


@asynccontextmanager
async def wiretap(broker_port: int) -> AsyncIterator[Wiretap]:
    """A tap before the broker at `broker_port`."""
    tap = Wiretap()
    copying: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", broker_port)
        tap.sent.append(sent := bytearray())
        tap.received.append(received := bytearray())
        for each in (_copied(reader, back, sent), _copied(there, writer, received)):
            copying.add(asyncio.create_task(each))

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    tap.port = server.sockets[0].getsockname()[1]
    try:
        yield tap
    finally:
        server.close()
        for task in copying:
            task.cancel()
        await asyncio.gather(*copying, return_exceptions=True)


async def _copied(source: asyncio.StreamReader, target: asyncio.StreamWriter, into: bytearray) -> None:
    try:
        with suppress(ConnectionError):
            while piece := await source.read(65536):
                into += piece
                target.write(piece)
                await target.drain()
    finally:
        target.close()

"""A byte link over a file descriptor of a terminal or socket, read and written by the event loop itself.

pyserial's own reading is not used: it waits with `select`, which fails on descriptors above 1023, so that
past some 200 ports every further one stays silent without an error.
"""

from __future__ import annotations

import asyncio
import os

from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.errors import LinkLostError
from kapmonitor.transports.inbox import Inbox

READ_BYTES = 16_384


class DescriptorLink(ByteLink):
    """Reads as soon as there is something, so that the backlog is ours and bounded; POSIX only."""

    def __init__(self, descriptor: int, name: str) -> None:
        """Watch `descriptor` from now on; `name` is what errors call it. Does not own the descriptor."""
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._name = name
        self._inbox = Inbox()
        self._writing = asyncio.Lock()
        self._room = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(descriptor, self._arrived)

    async def read(self) -> bytes:
        """The bytes that came since the last call, at least one; waits for them."""
        return await self._inbox.get()

    async def write(self, data: bytes) -> None:
        """Send all of `data`; waits while the line is full."""
        async with self._writing:
            while data:
                self._inbox.check()
                sent = self.write_some(data)
                if sent == 0:
                    await self._room_to_write()
                data = data[sent:]

    def write_some(self, data: bytes) -> int:
        """Send what fits on the line now; how many bytes that were."""
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._lose(str(error.strerror))
            raise LinkLostError(self._inbox.lost) from error

    def configure(self, settings: SerialSettings) -> None:
        """Nothing: a bare descriptor has no line."""

    def detach(self) -> None:
        """Stop watching, before the owner closes the descriptor."""
        self._lose("this end closed it")

    async def _room_to_write(self) -> None:
        self._room.clear()
        self._loop.add_writer(self._descriptor, self._room.set)
        try:
            await self._room.wait()
        finally:
            if self._inbox.lost is None:
                self._loop.remove_writer(self._descriptor)

    def _arrived(self) -> None:
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:  # EIO: the far end of a terminal is gone, or its plug is out
            self._lose(str(error.strerror))
            return
        if data:
            self._inbox.put(data)
        else:
            self._lose("the other end closed it")

    def _lose(self, why: str) -> None:
        # Once: by the next time the number may belong to another file.
        if self._inbox.lost is None:
            self._loop.remove_reader(self._descriptor)
            self._loop.remove_writer(self._descriptor)
            self._inbox.lose(f"{self._name} is gone: {why}")
            self._room.set()

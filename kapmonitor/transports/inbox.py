"""What has arrived on a link and nobody has read yet."""

from __future__ import annotations

import asyncio

from kapmonitor.errors import LinkLostError

BACKLOG_BYTES = 65_536
"""Over three minutes of a 60 Hz oximeter. What is older is dropped: nobody wants it as a live value."""


class Inbox:
    """Bytes from a link's far end, and the news that there will be no more."""

    def __init__(self) -> None:
        """Empty, and not lost; belongs to the running loop."""
        self._bytes = bytearray()
        self._news = asyncio.Event()
        self.lost: str | None = None
        """Why nothing more will come, once that is so."""

    def put(self, data: bytes) -> None:
        """Add `data`; drops the oldest bytes beyond `BACKLOG_BYTES`."""
        self._bytes += data
        del self._bytes[:-BACKLOG_BYTES]
        self._news.set()

    def lose(self, why: str) -> None:
        """Nothing more will come; what is here can still be read. Only the first `why` counts."""
        self.lost = self.lost or why
        self._news.set()

    async def get(self, at_most: int = BACKLOG_BYTES) -> bytes:
        """What there is, at least one byte and no more than `at_most`; waits for it.

        Raises:
            LinkLostError: everything has been read and the link is lost.
        """
        await self._news.wait()
        if not self._bytes:
            raise LinkLostError(self.lost)
        data = bytes(self._bytes[:at_most])
        del self._bytes[:at_most]
        if not self._bytes and self.lost is None:
            self._news.clear()
        return data

    def check(self) -> None:
        """Raise `LinkLostError` where the link is lost, whether or not there are bytes left."""
        if self.lost is not None:
            raise LinkLostError(self.lost)

"""Links that say what was recorded: to a driver they look as the real ones did."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from kapmonitor import errors
from kapmonitor.device import SerialSettings
from kapmonitor.errors import DeviceRefusedError, KapmonitorError, LinkLostError
from kapmonitor.flight.records import Answered, Came, LinkRecord, Lost, Question, Wrote

PATIENCE_S, IMPATIENT_S = 0.5, 0.05
"""For so long the recording waits for a driver to say what it said then, before it goes on without (s).

Bytes that are read together make a driver late by a quarter of a second; what comes later than half a one
never comes, and all that waits for it would be later than it was.
"""

_ERRORS: dict[str, type[KapmonitorError]] = {
    each.__name__: each
    for each in (
        errors.LinkError,
        LinkLostError,
        errors.DeviceNotFoundError,
        errors.NeedsPairingError,
        DeviceRefusedError,
    )
}


class _Waiting:
    """Waits for what the driver does; once it did not come, shortly only, until it does again."""

    def __init__(self) -> None:
        self._changed = asyncio.Event()
        self._patience_s = PATIENCE_S

    def changed(self) -> None:
        """The driver did something."""
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> bool:
        """Whether it holds, within a little while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                while not holds():
                    self._changed.clear()
                    await self._changed.wait()
        there = holds()
        self._patience_s = PATIENCE_S if there else IMPATIENT_S
        return there


class ReplayedBytes:
    """A `ByteLink`. What the driver writes goes nowhere, but what came after it is only read after it."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._came = bytearray()
        self._error: KapmonitorError | None = None
        self._news = asyncio.Event()
        self._written: list[bytes] = []
        self._waiting = _Waiting()

    async def read(self) -> bytes:
        """What came since the last call; then, where the link was lost, the error that said so."""
        await self._news.wait()
        if not self._came:
            raise self._error or LinkLostError("the recording ends here")
        data = bytes(self._came)
        self._came.clear()
        if self._error is None:
            self._news.clear()
        return data

    async def write(self, data: bytes) -> None:
        """Nothing is sent."""
        if self._error is not None:
            raise self._error
        self._written.append(data)
        self._waiting.changed()

    def configure(self, settings: SerialSettings) -> None:
        """A recording has no line."""

    def close(self) -> None:
        """Whoever still talks to it hears that it is over."""
        self._error = self._error or LinkLostError("the link was closed")

    async def play(self, record: LinkRecord) -> None:
        """Have happen what was recorded, now; for what the driver did, wait a little until it does."""
        match record:
            case Came(data=data):
                self._came += data
                self._news.set()
            case Wrote(data=data):
                if await self._waiting.until(lambda: data in self._written):
                    del self._written[: self._written.index(data) + 1]
            case Lost(error=error, text=text):
                self._error = _ERRORS.get(error, LinkLostError)(text)
                self._news.set()
            case _:
                pass  # only Bluetooth devices answer


class ReplayedGatt:
    """A `GattLink`. Every question is answered as it was, once that was so."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._heard: dict[str, Callable[[bytes], None]] = {}
        self._asked: dict[tuple[str, str], asyncio.Future[bytes]] = {}
        self._unasked: dict[tuple[str, str], Answered] = {}
        self._waiting = _Waiting()
        self._lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def subscribe(self, characteristic: str, on_value: Callable[[bytes], None]) -> None:
        """As recorded."""
        self._heard[characteristic] = on_value
        await self._ask("subscribe", characteristic)

    async def read(self, characteristic: str) -> bytes:
        """As recorded."""
        return await self._ask("read", characteristic)

    async def write(self, characteristic: str, data: bytes) -> None:
        """As recorded; nothing is sent."""
        del data
        await self._ask("write", characteristic)

    async def has(self, characteristic: str) -> bool:
        """As recorded."""
        return (await self._ask("has", characteristic)) == b"\1"

    async def lost(self) -> None:
        """When it was lost."""
        await self._lost

    def close(self) -> None:
        """Nobody talks to it any more: every question ends with its driver."""

    async def play(self, record: LinkRecord) -> None:
        """Have happen what was recorded, now; for what the driver did, wait a little until it does."""
        match record:
            case Came(data=data, characteristic=name):
                if await self._waiting.until(lambda: name in self._heard):
                    self._heard[name](data)
            case Answered(question=question, characteristic=name):
                key = question, name
                if await self._waiting.until(lambda: key in self._asked):
                    _answer(self._asked.pop(key), record)
                else:
                    self._unasked[key] = record
            case Lost(error=error, text=text) if not self._lost.done():
                self._lost.set_exception(_ERRORS.get(error, LinkLostError)(text))
                self._lost.exception()  # seen, whether or not the driver waits for it
            case _:
                pass  # what was written is followed by its answer

    async def _ask(self, question: Question, characteristic: str) -> bytes:
        future: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        key = question, characteristic
        if key in self._unasked:
            _answer(future, self._unasked.pop(key))
        else:
            self._asked[key] = future
        self._waiting.changed()
        return await future


def _answer(future: asyncio.Future[bytes], record: Answered) -> None:
    if future.done():  # whoever asked was cancelled
        return
    if record.error:
        future.set_exception(_ERRORS.get(record.error, DeviceRefusedError)(record.text))
    else:
        future.set_result(record.data)

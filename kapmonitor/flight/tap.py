"""Listens at the links under the drivers: what passes is noted and passed on as it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import cast

from kapmonitor.device import ByteLink, Connector, GattLink, LinkKind, SerialSettings
from kapmonitor.errors import KapmonitorError, LinkError
from kapmonitor.flight.records import (
    Answered,
    Came,
    Closed,
    LinkRecord,
    Lost,
    Opened,
    Question,
    Wrote,
)

Note = Callable[[LinkRecord], None]
"""Takes what passed; never blocks, never raises."""
Now = Callable[[], float]


def tapped(
    device: str, kind: LinkKind, connect: Connector[object], now: Now, note: Note
) -> Connector[object]:
    """`connect` with everything on its links told to `note`; `now` in the service's monotonic seconds."""

    @asynccontextmanager
    async def connected() -> AsyncGenerator[object]:
        async with connect() as link:
            note(Opened(now(), device))
            try:
                if kind is LinkKind.SERIAL:
                    yield _ByteTap(device, cast("ByteLink", link), now, note)
                else:
                    yield _GattTap(device, cast("GattLink", link), now, note)
            finally:
                note(Closed(now(), device))

    return connected


class _Tap:
    def __init__(self, device: str, now: Now, note: Note) -> None:
        self._device = device
        self._now = now
        self._note = note

    def _came(self, data: bytes, characteristic: str = "") -> None:
        self._note(Came(self._now(), self._device, data, characteristic))

    def _wrote(self, data: bytes, characteristic: str = "") -> None:
        self._note(Wrote(self._now(), self._device, data, characteristic))

    def _lost(self, error: LinkError) -> None:
        self._note(Lost(self._now(), self._device, type(error).__name__, str(error)))


class _ByteTap(_Tap):
    """A `ByteLink`."""

    def __init__(self, device: str, link: ByteLink, now: Now, note: Note) -> None:
        super().__init__(device, now, note)
        self._link = link

    async def read(self) -> bytes:
        try:
            data = await self._link.read()
        except LinkError as error:
            self._lost(error)
            raise
        self._came(data)
        return data

    async def write(self, data: bytes) -> None:
        self._wrote(data)
        try:
            await self._link.write(data)
        except LinkError as error:
            self._lost(error)
            raise

    def configure(self, settings: SerialSettings) -> None:
        self._link.configure(settings)


class _GattTap(_Tap):
    """A `GattLink`."""

    def __init__(self, device: str, link: GattLink, now: Now, note: Note) -> None:
        super().__init__(device, now, note)
        self._link = link

    async def subscribe(self, characteristic: str, on_value: Callable[[bytes], None]) -> None:
        def heard(data: bytes) -> None:
            self._came(data, characteristic)
            on_value(data)

        try:
            await self._link.subscribe(characteristic, heard)
        except KapmonitorError as error:
            self._refused("subscribe", characteristic, error)
            raise
        self._answered("subscribe", characteristic)

    async def read(self, characteristic: str) -> bytes:
        try:
            data = await self._link.read(characteristic)
        except KapmonitorError as error:
            self._refused("read", characteristic, error)
            raise
        self._answered("read", characteristic, data)
        return data

    async def write(self, characteristic: str, data: bytes) -> None:
        self._wrote(data, characteristic)
        try:
            await self._link.write(characteristic, data)
        except KapmonitorError as error:
            self._refused("write", characteristic, error)
            raise
        self._answered("write", characteristic)

    async def has(self, characteristic: str) -> bool:
        try:
            there = await self._link.has(characteristic)
        except KapmonitorError as error:
            self._refused("has", characteristic, error)
            raise
        self._answered("has", characteristic, bytes([there]))
        return there

    async def lost(self) -> None:
        try:
            await self._link.lost()
        except LinkError as error:
            self._lost(error)
            raise

    def _answered(self, question: Question, characteristic: str, data: bytes = b"") -> None:
        self._note(Answered(self._now(), self._device, question, characteristic, data))

    def _refused(self, question: Question, characteristic: str, error: KapmonitorError) -> None:
        kind, text = type(error).__name__, str(error)
        self._note(Answered(self._now(), self._device, question, characteristic, b"", kind, text))

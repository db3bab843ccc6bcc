"""A driver and what it reports, on a line in memory that may be bad; shared by the serial drivers' tests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TypeVar

import pytest

from kapmonitor.device import ByteLink, SerialSettings
from kapmonitor.model import BloodPressure, Observation, Reading, Waveform
from kapmonitor.transports.memory import Faults

WIRES = [
    pytest.param(Faults(), id="perfect"),
    pytest.param(Faults(piece=1), id="one-byte-at-a-time"),
    pytest.param(Faults(joined_s=0.1), id="joined"),
    pytest.param(Faults(delay_s=0.05), id="delayed"),
    pytest.param(Faults(seed=1, loss=0.005), id="lossy"),
    pytest.param(Faults(seed=2, garbage=0.005), id="noisy"),
    pytest.param(
        Faults(seed=3, loss=0.005, garbage=0.005, delay_s=0.05, joined_s=0.02, piece=3), id="all-of-it"
    ),
]
"""The same conversation over worse and worse wires."""

T = TypeVar("T", Reading, Waveform, BloodPressure)


class Seen:
    """What a driver reported, with the loop's time."""

    def __init__(self) -> None:
        self.all: list[tuple[float, Observation]] = []
        self._news = asyncio.Event()

    def report(self, observations: Sequence[Observation]) -> None:
        now = asyncio.get_running_loop().time()
        self.all += [(now, each) for each in observations]
        self._news.set()

    def of(self, kind: type[T]) -> list[T]:
        return [each for _, each in self.all if isinstance(each, kind)]

    def readings(self, quantity: str) -> list[Reading]:
        return [each for each in self.of(Reading) if each.quantity == quantity]

    def values(self, quantity: str) -> list[float]:
        return [each.value for each in self.readings(quantity) if each.value is not None]

    def pleth(self) -> list[float]:
        return [value for wave in self.of(Waveform) for value in wave.values]

    async def until(self, quantity: str) -> None:
        """Wait for a value."""
        while not self.values(quantity):
            self._news.clear()
            await self._news.wait()

    async def measured(self, count: int = 1) -> BloodPressure:
        """Wait for the cuff's measurement number `count`."""
        while len(self.of(BloodPressure)) < count:
            self._news.clear()
            await self._news.wait()
        return self.of(BloodPressure)[count - 1]


class Tapped(ByteLink):
    """Passes everything on and notes what the driver sends, and when."""

    def __init__(self, link: ByteLink) -> None:
        self._link = link
        self.sent: list[tuple[float, bytes]] = []

    async def read(self) -> bytes:
        return await self._link.read()

    async def write(self, data: bytes) -> None:
        self.sent.append((asyncio.get_running_loop().time(), data))
        await self._link.write(data)

    def configure(self, settings: SerialSettings) -> None:
        self._link.configure(settings)


async def end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

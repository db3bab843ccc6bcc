"""Many straps on one central: what `make bench` measures and a test checks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bumble.gatt import Characteristic

from kapmonitor.clock import Clock
from kapmonitor.model import Route
from kapmonitor.transports.ble import BleAdapter
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import Body
from tests.bluetooth import room


class CountingStrap(HeartRateStrap):
    """Counts what it says while somebody listens."""

    sent = 0

    async def notify(self, characteristic: Characteristic[bytes], value: bytes) -> None:
        if characteristic is self._measurement:
            self.sent += len(self._listeners(characteristic))
        await super().notify(characteristic, value)


@dataclass(frozen=True, slots=True)
class Crowd:
    """`received` of `sent` notifications, of `straps` straps that were all connected after `connected_s`."""

    straps: int
    connected_s: float
    sent: int
    received: int


async def crowd(clock: Clock, straps: int, seconds: float) -> Crowd:
    """Connect `straps` straps at once, and listen to all of them for `seconds` of `clock`."""
    devices = [
        (CountingStrap(Body(number, Route.INTRAVENOUS, clock.now()), clock, seed=number), address)
        for number, address in enumerate(f"C0:00:00:00:01:{number:02X}" for number in range(straps))
    ]
    received = 0

    def count(_: bytes) -> None:
        nonlocal received
        received += 1

    async with room(clock, *devices, search_s=10, connect_s=60) as (_, adapter):
        listening = [asyncio.Event() for _ in devices]
        began = asyncio.get_running_loop().time()
        listeners = [
            asyncio.create_task(_listen(adapter, address, count, event))
            for (_, address), event in zip(devices, listening, strict=True)
        ]
        for event in listening:
            await event.wait()
        connected_s = asyncio.get_running_loop().time() - began
        await clock.sleep(seconds)
        for device, _ in devices:
            device.silence()
        await asyncio.sleep(1)  # what is under way arrives
        for listener in listeners:
            listener.cancel()
        await asyncio.gather(*listeners, return_exceptions=True)
    return Crowd(straps, connected_s, sum(device.sent for device, _ in devices), received)


async def _listen(
    adapter: BleAdapter, address: str, count: Callable[[bytes], None], listening: asyncio.Event
) -> None:
    async with adapter.connector(address)() as link:
        await link.subscribe("2a37", count)
        listening.set()
        await link.lost()

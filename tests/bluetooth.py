"""A room with Bluetooth in it, for tests: a virtual radio, devices on it, and a central that looks for them.

Everything runs in this process and on its event loop, so that the room may also live in jumping time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from kapmonitor.clock import Clock
from kapmonitor.device import Driver, GattLink
from kapmonitor.errors import LinkError
from kapmonitor.model import BloodPressure, Observation, Reading, Route
from kapmonitor.transports.ble import BleAdapter, bumble_adapter
from simulators.peripheral import Peripheral
from simulators.physiology import Body, BodyEvent
from simulators.radio import Radio

STRAP = "C0:00:00:00:00:01"
OXIMETER = "C0:00:00:00:00:02"
CUFF = "C0:00:00:00:00:03"
NOBODY = "C0:00:00:00:00:99"


def person(clock: Clock, *events: BodyEvent, seed: int = 7) -> Body:
    """Somebody to wear the devices."""
    return Body(seed, Route.INTRAMUSCULAR, clock.now(), events)


@asynccontextmanager
async def on_air(
    radio: Radio, *devices: tuple[Peripheral, str]
) -> AsyncGenerator[list[asyncio.Task[None]], None]:
    """Have `devices` run at their addresses; whatever ends one of them early fails the test."""
    tasks = [asyncio.create_task(device.run(radio, address)) for device, address in devices]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


@asynccontextmanager
async def room(
    clock: Clock,
    *devices: tuple[Peripheral, str],
    search_s: float = 10.0,
    connect_s: float = 20.0,
    latency_s: float = 0.0,
) -> AsyncGenerator[tuple[Radio, BleAdapter], None]:
    """A radio with `devices` on it, and an adapter for its central."""
    async with (
        Radio(latency_s=latency_s) as radio,
        bumble_adapter(clock, radio.central(), search_s=search_s, connect_s=connect_s) as adapter,
        on_air(radio, *devices),
    ):
        yield radio, adapter


class Inbox:
    """What came, in its order; `next` waits for it."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()
        self.put = self._queue.put_nowait

    @property
    def empty(self) -> bool:
        return self._queue.empty()

    async def next(self) -> bytes:
        async with asyncio.timeout(40):
            return await self._queue.get()


class Heard:
    """What a driver reported, in its order."""

    def __init__(self) -> None:
        self.all: list[Observation] = []
        self._more = asyncio.Event()

    def report(self, observations: Sequence[Observation]) -> None:
        self.all.extend(observations)
        self._more.set()

    def readings(self, quantity: str) -> list[Reading]:
        return [each for each in self.all if isinstance(each, Reading) and each.quantity == quantity]

    @property
    def pressures(self) -> list[BloodPressure]:
        return [each for each in self.all if isinstance(each, BloodPressure)]

    async def until(self, enough: Callable[[], bool], within_s: float = 40.0) -> None:
        """Wait until `enough()` of what was reported."""
        async with asyncio.timeout(within_s):
            while not enough():
                self._more.clear()
                await self._more.wait()


@asynccontextmanager
async def driving(driver: Driver[GattLink], adapter: BleAdapter, address: str) -> AsyncGenerator[Heard, None]:
    """Have `driver` talk to the device at `address`; what it reports."""
    heard = Heard()

    async def talk() -> None:
        async with adapter.connector(address)() as link:
            await driver.run(link, heard.report)

    task = asyncio.create_task(talk())
    try:
        yield heard
        assert not task.done(), f"the driver ended: {task}"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def hearing(clock: Clock, device: Peripheral, driver: Driver[GattLink]) -> AsyncGenerator[Heard, None]:
    """A room with `device` in it and `driver` talking to it; what that reports."""
    async with room(clock, (device, STRAP)) as (_, adapter), driving(driver, adapter, STRAP) as heard:
        yield heard


async def lost(link: GattLink) -> LinkError:
    """The error that `link` is lost with."""
    try:
        async with asyncio.timeout(40):
            await link.lost()
    except LinkError as error:
        return error
    raise AssertionError("lost() returned")

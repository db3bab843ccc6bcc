"""Looking for Bluetooth devices that are missed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager, suppress

from bleak import BleakAdapter as SystemAdapter
from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback

from kapmonitor.errors import LinkError
from kapmonitor.transports.ble_link import STACK_ERRORS, no_bluetooth, not_found
from kapmonitor.transports.ble_stack import GRACE_S, Jobs, Stack

_BURST_S = 5.0
_NOT_HEARD = -127
"""The signal of a device that bleak tells of because BlueZ learnt something, not because it was heard."""
_TAKEN_OVER = ["1800", "1801", "180d", "1810", "1822"]
"""Services one of which every device of ours has."""


class _Missed:
    """A device that somebody waits for, and for how many more seconds of scanning."""

    def __init__(self, address: str, seconds: float) -> None:
        self.address = address.upper()
        self.heard: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()
        self._left = seconds
        self._since = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def listen(self) -> None:
        """The radio listens: the time runs."""
        if self._timer is None and not self.heard.done():
            loop = asyncio.get_running_loop()
            self._since = loop.time()
            self._timer = loop.call_later(self._left, self.give_up, not_found(self.address))

    def rest(self) -> None:
        """The radio does something else."""
        if self._timer is not None:
            self._timer.cancel()
            self._left -= asyncio.get_running_loop().time() - self._since
            self._timer = None

    def give_up(self, error: LinkError) -> None:
        """It is not to be had, and why."""
        if not self.heard.done():
            self.heard.set_exception(error)


class Search:
    """One search for all devices that are missed, as long as any is.

    A device is given up after so many seconds of scanning: what the radio spends on connecting to others says
    nothing about it. It scans in bursts. A burst ends when a missed device is heard, so that it can be
    connected to, and after some seconds anyway: others need the radio too, and a hanging scan is begun anew.
    """

    def __init__(self, stack: Stack, radio: asyncio.Lock, jobs: Jobs) -> None:
        """`radio` is held during a burst."""
        self._stack = stack
        self._radio = radio
        self._jobs = jobs
        self.heard: dict[str, float] = {}
        """By address: how strongly (dBm) what was missed was heard last."""
        self._missed: list[_Missed] = []
        self._scanning = False
        self._interrupt = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def find(self, address: str, seconds: float) -> BLEDevice:
        """Wait until the device at `address` is heard.

        Raises:
            DeviceNotFoundError: it was not, within `seconds` of scanning.
            LinkError: there is no Bluetooth here, and why.
        """
        missed = _Missed(address, seconds)
        self._missed.append(missed)
        if self._scanning:
            missed.listen()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._search(), name="Bluetooth search")
        try:
            return await missed.heard
        finally:
            missed.rest()
            self._missed.remove(missed)
            if not self._missed:
                self._interrupt.set()

    async def close(self) -> None:
        """Search no more."""
        for each in self._missed:
            each.give_up(LinkError("Bluetooth was closed"))
        self._interrupt.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=GRACE_S)
            self._task.cancel()

    @asynccontextmanager
    async def scanner(
        self, on_advert: AdvertisementDataCallback | None = None
    ) -> AsyncGenerator[BleakScanner, None]:
        """A scanner that runs.

        Raises:
            LinkError: there is no Bluetooth here, and why.
        """
        scanner = BleakScanner(on_advert, backend=self._stack.scanner, **self._stack.arguments)
        try:
            try:
                async with asyncio.timeout(GRACE_S):
                    await scanner.start()
            except STACK_ERRORS as error:
                raise no_bluetooth(error) from error
            yield scanner
        finally:
            await asyncio.wait({self._jobs.start(_stop(scanner))}, timeout=GRACE_S)

    async def _search(self) -> None:
        try:
            while any(not each.heard.done() for each in self._missed):
                self._interrupt.clear()
                async with self._radio, self.scanner(self._hear):
                    with self._listening():
                        await self._burst()
        except (LinkError, *STACK_ERRORS) as error:
            for each in self._missed:
                each.give_up(LinkError(str(error)))

    @contextmanager
    def _listening(self) -> Generator[None]:
        """Meanwhile the time of every missed device runs."""
        self._scanning = True
        for each in self._missed:
            each.listen()
        try:
            yield
        finally:
            self._scanning = False
            for each in self._missed:
                each.rest()

    async def _burst(self) -> None:
        await self._look_at_connected()
        with suppress(TimeoutError):
            async with asyncio.timeout(_BURST_S):
                await self._interrupt.wait()

    def _hear(self, device: BLEDevice, advert: AdvertisementData) -> None:
        if advert.rssi > _NOT_HEARD:
            if any(each.address == device.address.upper() for each in self._missed):
                self.heard[device.address.upper()] = advert.rssi
            self._found(device)

    async def _look_at_connected(self) -> None:
        """What Linux is still connected to, as since a crash of ours, does not advertise."""
        if self._stack.scanner is None and sys.platform == "linux":
            system = await SystemAdapter.get()
            for device in await system.get_connected_devices(_TAKEN_OVER):
                self._found(device)

    def _found(self, device: BLEDevice) -> None:
        for each in self._missed:
            if device.address.upper() == each.address and not each.heard.done():
                each.heard.set_result(device)
                self._interrupt.set()


async def _stop(scanner: BleakScanner) -> None:
    with suppress(*STACK_ERRORS):
        await scanner.stop()

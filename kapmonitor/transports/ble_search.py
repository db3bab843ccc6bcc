"""Looking for Bluetooth devices that are missed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

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


class Search:
    """One search for all devices that are missed, as long as any is.

    It scans in bursts. A burst ends when a missed device is heard, so that it can be connected to, and
    after some seconds anyway: others need the radio too, and a scan that hangs is begun anew.
    """

    def __init__(self, stack: Stack, radio: asyncio.Lock, jobs: Jobs) -> None:
        """`radio` is held during a burst."""
        self._stack = stack
        self._radio = radio
        self._jobs = jobs
        self._missed: dict[asyncio.Future[BLEDevice], str] = {}
        self._interrupt = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def find(self, address: str, seconds: float) -> BLEDevice:
        """Wait until the device at `address` is heard.

        Raises:
            DeviceNotFoundError: it was not, within `seconds`.
            LinkError: there is no Bluetooth here, and why.
        """
        heard: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()
        self._missed[heard] = address.upper()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._search(), name="Bluetooth search")
        try:
            async with asyncio.timeout(seconds):
                return await heard
        except TimeoutError:
            raise not_found(address) from None
        finally:
            self._missed.pop(heard, None)
            if not self._missed:
                self._interrupt.set()

    async def close(self) -> None:
        """Search no more."""
        self._missed.clear()
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
            while any(not heard.done() for heard in self._missed):
                self._interrupt.clear()
                async with self._radio, self.scanner(self._hear):
                    await self._look_at_connected()
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_BURST_S):
                            await self._interrupt.wait()
        except (LinkError, *STACK_ERRORS) as error:
            for heard in self._missed:
                if not heard.done():
                    heard.set_exception(LinkError(str(error)))

    def _hear(self, device: BLEDevice, advert: AdvertisementData) -> None:
        if advert.rssi > _NOT_HEARD:
            self._found(device)

    async def _look_at_connected(self) -> None:
        """What Linux is still connected to, as since a crash of ours, does not advertise."""
        if self._stack.scanner is None and sys.platform == "linux":
            system = await SystemAdapter.get()
            for device in await system.get_connected_devices(_TAKEN_OVER):
                self._found(device)

    def _found(self, device: BLEDevice) -> None:
        for heard, address in self._missed.items():
            if device.address.upper() == address and not heard.done():
                heard.set_result(device)
                self._interrupt.set()


async def _stop(scanner: BleakScanner) -> None:
    with suppress(*STACK_ERRORS):
        await scanner.stop()

"""Bluetooth LE through bleak: searching, connecting, letting go.

One radio does one thing at a time: while any device is missed the adapter searches in bursts, and each
device that is heard is connected to alone. Bluetooth keeps real time whatever the clock's speed is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import BleakDeviceNotFoundError

from kapmonitor.clock import Clock
from kapmonitor.device import Connector, GattLink
from kapmonitor.errors import ConfigError, LinkError
from kapmonitor.transports.ble_link import STACK_ERRORS, BleLink, explained, not_found
from kapmonitor.transports.ble_search import Search
from kapmonitor.transports.ble_stack import GRACE_S, Jobs, Stack

if TYPE_CHECKING:
    from bumble.transport.common import Transport

_SIG_BASE = "-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Found:
    """A device that advertises: `services` by 16-bit or full UUID, `rssi` in dBm."""

    address: str
    name: str | None
    services: tuple[str, ...]
    rssi: int


class BleAdapter:
    """One Bluetooth radio: hands out a `Connector` for each device. `close` it at the end."""

    def __init__(
        self, clock: Clock, stack: Stack | None = None, *, search_s: float = 10.0, connect_s: float = 15.0
    ) -> None:
        """The system's Bluetooth, unless `stack` is another.

        `search_s`: for how many seconds of scanning a device is looked for before it counts as not there;
        `connect_s`: how long connecting may take before it is abandoned.
        """
        self._clock = clock
        self._stack = stack or Stack()
        self._search_s = search_s
        self._connect_s = connect_s
        self._radio = asyncio.Lock()
        self._jobs = Jobs()
        self._search = Search(self._stack, self._radio, self._jobs)

    def connector(self, address: str) -> Connector[GattLink]:
        """What connects to the device at `address` (on macOS, the identifier that the system gives it)."""
        return partial(self._connected, address)

    def signal(self, address: str) -> float | None:
        """How strongly the device at `address` was heard when it was found last (dBm); None: not yet."""
        return self._search.heard.get(address.upper())

    async def scan(self, seconds: float) -> list[Found]:
        """The devices heard within `seconds`, nearest first.

        Raises:
            LinkError: there is no Bluetooth here, and why.
        """
        async with self._radio, self._search.scanner() as scanner:
            await self._clock.sleep(seconds)
        heard = scanner.discovered_devices_and_advertisement_data.values()
        found = [
            Found(
                device.address,
                _on_one_line(device.name),
                tuple(map(_short, advert.service_uuids)),
                advert.rssi,
            )
            for device, advert in heard
        ]
        return sorted(found, key=lambda each: -each.rssi)

    async def available(self) -> bool:
        """Whether there is a radio that can be used."""
        try:
            async with self._radio, self._search.scanner():
                pass
        except LinkError:
            return False
        return True

    async def forget(self, address: str) -> None:
        """Drop the bond with the device at `address`, so that the next connect pairs anew."""
        client = self._client(address, lambda _: None)
        try:
            with suppress(BleakDeviceNotFoundError):
                await client.unpair()
        except STACK_ERRORS as error:
            raise explained(address, error) from error

    async def close(self) -> None:
        """Stop searching, and let links that are being closed finish."""
        await self._search.close()
        await self._jobs.close()

    @asynccontextmanager
    async def _connected(self, address: str) -> AsyncGenerator[GattLink, None]:
        link = await self._open(address)
        try:
            yield link
        finally:
            # In a task of its own: a second cancellation must not leave a device held by nobody.
            await asyncio.wait({self._jobs.start(link.close())}, timeout=GRACE_S)

    async def _open(self, address: str) -> BleLink:
        device = await self._search.find(address, self._search_s)
        link = BleLink(address, partial(self._client, device))
        job = self._jobs.start(self._connect(address, link))
        try:
            await asyncio.wait({job})
        except asyncio.CancelledError:
            self._jobs.start(_undo(job, link))
            raise
        job.result()
        return link

    async def _connect(self, address: str, link: BleLink) -> None:
        """Connect with the radio to ourselves; abandon what takes too long, even if it ignores that."""
        async with self._radio:
            opening = self._jobs.start(link.open())
            try:
                await asyncio.wait({opening}, timeout=self._connect_s)
            finally:
                if not opening.done():
                    self._jobs.start(_undo(opening, link))
                    await asyncio.wait({opening}, timeout=GRACE_S)
        if not opening.done() or opening.cancelled():
            raise not_found(address)
        opening.result()

    def _client(self, device: BLEDevice | str, gone: Callable[[BleakClient], None]) -> BleakClient:
        return BleakClient(
            device,
            gone,
            timeout=0.8 * self._connect_s,  # so that bleak gives up by itself, before it is abandoned
            backend=self._stack.client,
            **self._stack.arguments,
        )


async def _undo(opening: asyncio.Task[None], link: BleLink) -> None:
    """Have `opening` stop, however long that takes it, and close what it may have opened."""
    opening.cancel()
    await asyncio.wait({opening})
    await link.close()


def _on_one_line(name: str | None) -> str | None:
    """Anybody's device nearby may call itself anything: a name goes into a terminal and a file's comment."""
    return name and "".join(each if each.isprintable() else "?" for each in name)


def _short(uuid: str) -> str:
    """The 16-bit form of a UUID of the Bluetooth SIG."""
    return uuid[4:8] if uuid.startswith("0000") and uuid.endswith(_SIG_BASE) else uuid


@asynccontextmanager
async def bumble_adapter(
    clock: Clock,
    hci: str | Transport,
    *,
    bonds: Path | None = None,
    own_address: str = "F0:CA:FE:00:00:01",
    search_s: float = 10.0,
    connect_s: float = 15.0,
) -> AsyncGenerator[BleAdapter, None]:
    """An adapter over bumble: virtual Bluetooth, or a dongle without the system's Bluetooth stack.

    `hci` is a bumble transport (`tcp-client:127.0.0.1:6402`, `usb:0`, `serial:/dev/ttyACM0,1000000`) or the
    one of a radio in this process (`Radio.central()`). It is opened when first needed, and again after it
    was lost. `bonds` is the file that keeps bonds over a restart; without it they are kept in memory.
    `own_address` is the static random address that bonds are made with, so it has to stay the same.

    Raises:
        ConfigError: bumble is not installed.
    """
    try:
        from kapmonitor.transports.bumble_backend import BumbleClient  # noqa: PLC0415 - bumble is an extra
        from kapmonitor.transports.bumble_dongle import Dongle  # noqa: PLC0415 - the same
        from kapmonitor.transports.bumble_scanner import BumbleScanner  # noqa: PLC0415 - the same
    except ImportError as error:
        raise ConfigError(
            ["virtual Bluetooth needs the package bumble: pip install 'kapmonitor[simulate]'"]
        ) from error
    dongle = Dongle(hci, own_address, bonds=bonds)
    stack = Stack(BumbleClient, BumbleScanner, {"dongle": dongle})
    adapter = BleAdapter(clock, stack, search_s=search_s, connect_s=connect_s)
    try:
        yield adapter
    finally:
        await adapter.close()
        await dongle.close()

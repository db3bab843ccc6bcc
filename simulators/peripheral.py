"""What simulated Bluetooth LE devices have in common: they advertise, and serve GATT to one central.

The stack is bumble's, complete (ATT, SMP, L2CAP, HCI); only the controller below it is virtual. Each
simulator adds its services and what it has to say.
"""

# pyright: reportUnknownMemberType=false
# bumble's event emitters take any callable

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import cast

from bumble.core import UUID, AdvertisingData, DataType
from bumble.data_types import (
    CompleteListOf16BitServiceUUIDs,
    CompleteListOf128BitServiceUUIDs,
    CompleteLocalName,
    Flags,
)
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, Service
from bumble.gatt_server import Server
from bumble.hci import Address, HCI_ErrorCode
from bumble.keys import MemoryKeyStore

from kapmonitor.clock import Clock
from kapmonitor.transports.bumble_dongle import heed_cancellation
from simulators.controller import VirtualController
from simulators.events import EventKind
from simulators.physiology import Body
from simulators.radio import Radio
from simulators.wire_faults import CharacteristicFaults

ADVERTISING_MS = 100.0
"""How often a device advertises, in milliseconds of real time."""

_HUNG_UP = HCI_ErrorCode.REMOTE_USER_TERMINATED_CONNECTION_ERROR
_DISCOVERABLE_LE_ONLY = Flags(
    AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
)


NOTIFIED_BYTES = 244
"""What fits into a notification of an MTU of 247, which phones and most devices agree on."""


class Peripheral:
    """One simulated device. `run` it, and disturb it with the methods named after what goes wrong.

    Subclasses give `name`, `advertised` (the service that it is found by: 16 bits, 128 bits as a text, or 0
    for its name alone), `silent_when` (the event of a script that lets it say nothing), `services` and
    `serve`. An advertisement has 31 bytes: beside a service of 128 bits the name has eight at most.
    """

    name = ""
    advertised: int | str = 0
    silent_when: EventKind

    def __init__(self, body: Body, clock: Clock, *, seed: int) -> None:
        """`body` is whom it is worn by, `seed` decides its imperfections."""
        self.body = body
        self.clock = clock
        self.dice = Random(seed)  # noqa: S311 - repeatable is what is wanted here, secret is not
        self._bonds = MemoryKeyStore()
        self._discoverable = True
        self._silent = False
        self._look = asyncio.Event()
        self._gone: asyncio.Future[int] | None = None
        self._called = self.silent_when.removesuffix("_silent")
        self._faults = CharacteristicFaults(body, self._called, seed, longest=NOTIFIED_BYTES)

    def services(self, server: Server) -> Sequence[Service]:
        """The GATT services, made anew for each run of `server`."""
        raise NotImplementedError

    async def serve(self) -> None:
        """Say what there is to say, until cancelled."""
        raise NotImplementedError

    async def run(self, radio: Radio, address: str) -> None:
        """Be on the air at `address` (static random, i.e. one that begins with C0 to FF) until cancelled."""
        self._radio = radio
        self._controller = radio.join(self.name)
        self._device = _device(self.name, address, self._controller)
        self._device.keystore = self._bonds  # a bond outlives the battery
        try:
            await self._device.power_on()
            heed_cancellation()
            self._device.add_services(self.services(self._device.gatt_server))
            self._device.on(Device.EVENT_CONNECTION, self._on_connection)
            self._look.set()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._advertise(), name=f"{address} advertises")
                group.create_task(self.serve(), name=f"{address} serves")
                group.create_task(self._suffer(), name=f"{address} suffers")
        finally:
            self._controller.close()

    @property
    def connected(self) -> bool:
        """Whether a central is connected."""
        return self._gone is not None and not self._gone.done()

    @property
    def bonded(self) -> bool:
        """Whether it remembers a central that it was paired with."""
        return bool(self._bonds.all_keys)

    def out_of_range(self) -> None:
        """Carried out of the room: the link ends when its supervision timeout has passed."""
        self._radio.out_of_range(self._controller)

    def in_range(self) -> None:
        """Carried back into the room."""
        self._radio.in_range(self._controller)

    def silence(self, *, silent: bool = True) -> None:
        """Stay connected and say nothing, as a strap whose electrodes are dry."""
        self._silent = silent

    def stop_advertising(self) -> None:
        """Not be found any more; a link that there is stays."""
        self._discoverable = False
        self._look.set()

    def start_advertising(self) -> None:
        """Be found again."""
        self._discoverable = True
        self._look.set()

    async def disconnect(self, reason: int = _HUNG_UP) -> None:
        """End the link from this side; `reason` is an HCI error code."""
        for connection in list(self._device.connections.values()):
            await self._device.disconnect(connection, reason)
            heed_cancellation()

    async def lose_bond(self) -> None:
        """Forget the central, as some do with their batteries; the central still has its keys."""
        await self._bonds.delete_all()

    async def seconds(self) -> AsyncIterator[tuple[float, float]]:
        """Since when and until when (clock seconds), once a second; the spans join without a gap."""
        since = due = self.clock.now()
        while True:
            due = max(due + 1.0, self.clock.now())
            await self.clock.sleep(due - self.clock.now())
            now = self.clock.now()
            yield since, now
            since = now

    async def notify(self, characteristic: Characteristic[bytes], value: bytes) -> None:
        """Notify the central, if there is one and it has subscribed."""
        if not (listeners := self._listeners(characteristic)):
            return
        for piece in self._faults.spoil(characteristic.handle, value, self.clock.now()):
            for connection in listeners:
                await self._device.notify_subscriber(connection, characteristic, piece)

    async def indicate(self, characteristic: Characteristic[bytes], value: bytes) -> bool:
        """Indicate to the central; whether it confirmed, or the script has the device believe so."""
        if not (listeners := self._listeners(characteristic)):
            return False
        for piece in self._faults.spoil(characteristic.handle, value, self.clock.now()):
            if not await self._confirmed(listeners[0], characteristic, piece):
                return False
        return True

    async def _confirmed(
        self, connection: Connection, characteristic: Characteristic[bytes], value: bytes
    ) -> bool:
        sending = asyncio.ensure_future(self._device.indicate_subscriber(connection, characteristic, value))
        try:
            await asyncio.wait({sending, self._lost()}, return_when=asyncio.FIRST_COMPLETED)
            return sending.done()
        finally:
            sending.cancel()

    def _listeners(self, characteristic: Characteristic[bytes]) -> list[Connection]:
        """The connections that subscribed to `characteristic`."""
        if self._silent or self.body.holds(self.silent_when, self.clock.now()):
            return []
        subscribed = self._device.gatt_server.subscribers
        connections = list(self._device.connections.values())
        return [each for each in connections if any(subscribed.get(each, {}).get(characteristic.handle, b""))]

    def _lost(self) -> asyncio.Future[int]:
        """Done when the present link is."""
        return self._gone or asyncio.get_running_loop().create_future()

    def _on_connection(self, connection: Connection) -> None:
        self._gone = asyncio.get_running_loop().create_future()
        connection.on(Connection.EVENT_DISCONNECTION, self._on_disconnection)

    def _on_disconnection(self, reason: int) -> None:
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(reason)
        self._look.set()

    async def _suffer(self) -> None:
        """What the script does to the link itself."""
        far = held = forgot = False
        kinds: list[EventKind] = [
            cast("EventKind", f"{self._called}_{fault}") for fault in ("far", "held", "bond_lost")
        ]
        while any(map(self.body.may_hold, kinds)):
            now = self.clock.now()
            before, (far, held, forgot) = (far, held, forgot), (self.body.holds(kind, now) for kind in kinds)
            if far is not before[0]:
                (self.out_of_range if far else self.in_range)()
            if held is not before[1]:
                (self.stop_advertising if held else self.start_advertising)()
                await self.disconnect()
            if forgot and not before[2]:
                await self.lose_bond()
                await self.disconnect()
            await self.clock.sleep(1.0)

    async def _advertise(self) -> None:
        while True:
            heed_cancellation()
            await self._look.wait()
            self._look.clear()
            if not self._discoverable:
                await self._device.stop_advertising()
            elif not self.connected:
                await self._device.start_advertising(
                    advertising_data=_advertisement(self.name, self.advertised),
                    advertising_interval_min=ADVERTISING_MS,
                    advertising_interval_max=ADVERTISING_MS,
                )


def _device(name: str, address: str, controller: VirtualController) -> Device:
    configuration = DeviceConfiguration(name=name, address=Address(address))
    return Device.from_config_with_hci(configuration, controller, controller)


def _advertisement(name: str, service: int | str) -> bytes:
    said: list[DataType] = [_DISCOVERABLE_LE_ONLY]
    if isinstance(service, str):
        said.append(CompleteListOf128BitServiceUUIDs([UUID(service)]))
    elif service:
        said.append(CompleteListOf16BitServiceUUIDs([UUID.from_16_bits(service)]))
    return bytes(AdvertisingData([*said, CompleteLocalName(name)]))

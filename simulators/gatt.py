"""The pieces that the GATT services of simulated devices are made of."""

# pyright: reportUnknownMemberType=false
# bumble leaves open what a characteristic's value is

from __future__ import annotations

from collections.abc import Awaitable, Callable

from bumble.core import UUID
from bumble.gatt import (
    GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
    Characteristic,
    CharacteristicValue,
    Descriptor,
    Service,
)
from bumble.gatt_server import Server

from simulators.battery import Battery

Permissions = Characteristic.Permissions
Properties = Characteristic.Properties


Uuid = int | str
"""16 bits as a number, 128 bits as a text."""


def _uuid(uuid: Uuid) -> UUID:
    return UUID.from_16_bits(uuid) if isinstance(uuid, int) else UUID(uuid)


def readable(uuid: Uuid, value: bytes) -> Characteristic[bytes]:
    """A characteristic that anybody may read."""
    return Characteristic(_uuid(uuid), Properties.READ, Permissions.READABLE, value)


def notifying(uuid: Uuid) -> Characteristic[bytes]:
    """A characteristic that is only ever notified."""
    return Characteristic(_uuid(uuid), Properties.NOTIFY, Permissions(0))


def indicating(uuid: Uuid) -> Characteristic[bytes]:
    """A characteristic that is only ever indicated, i.e. each value is confirmed by the central."""
    return Characteristic(_uuid(uuid), Properties.INDICATE, Permissions(0))


def writable(uuid: Uuid, on_write: Callable[[bytes], None]) -> Characteristic[bytes]:
    """A characteristic that anybody may write, and that does not answer."""
    value = CharacteristicValue[bytes](write=lambda _, data: on_write(data))
    return Characteristic(_uuid(uuid), Properties.WRITE_WITHOUT_RESPONSE, Permissions.WRITEABLE, value)


def settable(
    uuid: Uuid, on_read: Callable[[], bytes], on_write: Callable[[bytes], None]
) -> Characteristic[bytes]:
    """A characteristic that anybody may read, set, and be notified of."""
    value = CharacteristicValue[bytes](read=lambda _: on_read(), write=lambda _, data: on_write(data))
    properties = Properties.READ | Properties.WRITE | Properties.NOTIFY
    return Characteristic(_uuid(uuid), properties, Permissions.READABLE | Permissions.WRITEABLE, value)


def commanding(uuid: Uuid, on_write: Callable[[bytes], None]) -> Characteristic[bytes]:
    """A control point: written with an answer, which says that it came; what it says to it is indicated."""
    value = CharacteristicValue[bytes](write=lambda _, data: on_write(data))
    return Characteristic(_uuid(uuid), Properties.WRITE | Properties.INDICATE, Permissions.WRITEABLE, value)


def only_for_bonded(characteristic: Characteristic[bytes], server: Server) -> Characteristic[bytes]:
    """`characteristic`, subscribed to over an encrypted link only.

    The descriptor is written out because the one that bumble's server would add takes no notice of
    security: anybody could subscribe to a cuff that asks for a bond.
    """
    characteristic.descriptors = (
        Descriptor(
            GATT_CLIENT_CHARACTERISTIC_CONFIGURATION_DESCRIPTOR,
            Permissions.READABLE | Permissions.WRITEABLE | Permissions.WRITE_REQUIRES_ENCRYPTION,
            server.make_descriptor_value(characteristic),
        ),
    )
    return characteristic


def service(uuid: Uuid, *characteristics: Characteristic[bytes]) -> Service:
    """A primary service."""
    return Service(_uuid(uuid), characteristics)


def device_information(maker: str, model: str) -> Service:
    """Device Information, 0x180A: manufacturer name 0x2A29 and model number 0x2A24."""
    return service(0x180A, readable(0x2A29, maker.encode()), readable(0x2A24, model.encode()))


class ToldBattery(Battery):
    """A battery with Bluetooth's Battery Service, 0x180F: its level, 0x2A19, is read and notified."""

    def service(self, now: float) -> Service:
        """The service, made anew for each run of a server."""
        level = bytes([self.left(now)])
        self._level = Characteristic(
            UUID.from_16_bits(0x2A19), Properties.READ | Properties.NOTIFY, Permissions.READABLE, level
        )
        return service(0x180F, self._level)

    async def tell(
        self, notify: Callable[[Characteristic[bytes], bytes], Awaitable[None]], now: float
    ) -> None:
        """Notify the level where it is another than before."""
        level = bytes([self.left(now)])
        if level != self._level.value:
            self._level.value = level
            await notify(self._level, level)

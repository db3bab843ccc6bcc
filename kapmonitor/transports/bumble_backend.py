"""A bleak backend over bumble: the same `BleakClient` and `BleakScanner`, another Bluetooth stack.

Written against bleak 3.1's backend interface. What it does beyond handing on is where bumble behaves unlike
the stacks that bleak knows: it asks for a larger MTU, encrypts where there is a bond, and turns bumble's
errors and stray cancellations into bleak's errors.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# bumble's GATT client and event emitters are annotated in part only

from __future__ import annotations

from typing import Any

from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from bleak.uuids import normalize_uuid_str
from bumble.core import UUID
from bumble.device import Connection
from bumble.hci import Address, AddressType, HCI_ErrorCode

from kapmonitor.transports.bumble_dongle import Dongle

MTU = 247
"""What one link-layer packet of 251 bytes carries, less 4 of L2CAP."""

_CCCD = normalize_uuid_str("2902")
_NOTIFY, _INDICATE = b"\x01\x00", b"\x02\x00"
_STATIC = 0b11
_WRONG_KEY = {
    HCI_ErrorCode.AUTHENTICATION_FAILURE_ERROR,
    HCI_ErrorCode.PIN_OR_KEY_MISSING_ERROR,
    HCI_ErrorCode.CONNECTION_TERMINATED_DUE_TO_MIC_FAILURE_ERROR,
}


class BumbleClient(BaseBleakClient):
    """One connection; made by `BleakClient(..., backend=BumbleClient, dongle=dongle)`."""

    def __init__(self, address_or_ble_device: BLEDevice | str, *, dongle: Dongle, **kwargs: Any) -> None:  # noqa: ANN401 - bleak's own signature
        """`dongle` is the controller; the rest is bleak's."""
        super().__init__(
            address_or_ble_device,
            disconnected_callback=kwargs["disconnected_callback"],
            timeout=kwargs["timeout"],
        )
        self._dongle = dongle
        self._peer = _address(address_or_ble_device)
        self._connection: Connection | None = None
        self._reason = 0

    @property
    def name(self) -> str:
        """The address with dashes, as bleak has it where there is no name."""
        return self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """The negotiated ATT MTU in bytes."""
        return self._live().att_mtu

    @property
    def is_connected(self) -> bool:
        """Whether the connection is there."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:  # noqa: ANN401, ARG002, FBT001 - bleak's own signature
        """Connect, encrypt where there is a bond (or `pair` asks for one), and discover everything."""
        connection = await self._dongle.ask(self._dongle.connect(self._peer, self._timeout))
        self._connection = connection
        connection.on(Connection.EVENT_DISCONNECTION, self._on_disconnection)
        try:
            await self._dongle.ask(connection.gatt_client.request_mtu(MTU))
            if pair or await self._dongle.bonds.get(str(self._peer)) is not None:
                await self.pair()
            self.services = await self._dongle.ask(_discover(connection))
        except BaseException:
            await self.disconnect()
            raise

    async def disconnect(self) -> None:
        """End the connection, and touch nothing else."""
        if self._connection is not None:
            await self._dongle.ask(self._connection.disconnect())

    async def pair(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - bleak's own signature
        """Have the connection encrypted: with the bond that there is, else with a new one.

        Raises:
            BleakGATTProtocolError: insufficient authentication; the device would not.
        """
        connection = self._live()
        if connection.is_encrypted:
            return
        bonded = await self._dongle.bonds.get(str(self._peer)) is not None
        try:
            await self._dongle.ask(_secure(connection, bonded=bonded))
        except BleakError:
            # A wrong key ends the connection; so it is the same refusal, told in another way.
            if self._connection is None and self._reason not in _WRONG_KEY:
                raise
            raise BleakGATTProtocolError(BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION) from None

    async def unpair(self) -> None:
        """Forget the bond, and disconnect."""
        if await self._dongle.bonds.get(str(self._peer)) is not None:
            await self._dongle.bonds.delete(str(self._peer))
        await self.disconnect()

    async def read_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        *,
        use_cached: bool = False,  # noqa: ARG002 - bleak's own signature
        **kwargs: Any,  # noqa: ANN401, ARG002 - the same
    ) -> bytearray:
        """Read by handle, so that two characteristics of one UUID stay two."""
        return await self._read(characteristic.handle)

    async def read_gatt_descriptor(
        self,
        descriptor: BleakGATTDescriptor,
        *,
        use_cached: bool = False,  # noqa: ARG002 - bleak's own signature
        **kwargs: Any,  # noqa: ANN401, ARG002 - the same
    ) -> bytearray:
        """Read by handle."""
        return await self._read(descriptor.handle)

    async def write_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,
        data: SizedBuffer,
        response: bool,  # noqa: FBT001 - bleak's own signature
    ) -> None:
        """Write by handle."""
        await self._write(characteristic.handle, bytes(data), with_response=response)

    async def write_gatt_descriptor(self, descriptor: BleakGATTDescriptor, data: SizedBuffer) -> None:
        """Write by handle, with response."""
        await self._write(descriptor.handle, bytes(data), with_response=True)

    async def start_notify(
        self,
        characteristic: BleakGATTCharacteristic,
        callback: NotifyCallback,
        **kwargs: Any,  # noqa: ANN401, ARG002 - bleak's own signature
    ) -> None:
        """Subscribe, with the callback in place before the device is told; calling again replaces it."""
        client = self._live().gatt_client
        notifies = "notify" in characteristic.properties
        subscribers = client.notification_subscribers if notifies else client.indication_subscribers
        subscribers[characteristic.handle] = {lambda value: callback(bytearray(value))}
        await self._write(_cccd(characteristic), _NOTIFY if notifies else _INDICATE, with_response=True)

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Take a subscription back."""
        client = self._live().gatt_client
        client.notification_subscribers.pop(characteristic.handle, None)
        client.indication_subscribers.pop(characteristic.handle, None)
        await self._write(_cccd(characteristic), b"\x00\x00", with_response=True)

    def _live(self) -> Connection:
        if self._connection is None:
            raise BleakError("Not connected")
        return self._connection

    async def _read(self, handle: int) -> bytearray:
        return bytearray(await self._dongle.ask(self._live().gatt_client.read_value(handle)))

    async def _write(self, handle: int, data: bytes, *, with_response: bool) -> None:
        client = self._live().gatt_client
        await self._dongle.ask(client.write_value(handle, data, with_response=with_response))

    def _on_disconnection(self, reason: int) -> None:
        self._connection = None
        self.services = None
        self._reason = reason
        if self._disconnected_callback is not None:
            self._disconnected_callback()


def _address(device: BLEDevice | str) -> Address:
    """As heard; of a bare address, the two highest bits tell a static random one from a public one."""
    if isinstance(device, BLEDevice):
        heard: Address = device.details
        return heard
    static = int(device[:2], 16) >> 6 == _STATIC
    return Address(device, AddressType.RANDOM_DEVICE if static else AddressType.PUBLIC_DEVICE)


async def _secure(connection: Connection, *, bonded: bool) -> None:
    """Never pair where there is a bond: a cuff that lost its own must be told so by a person."""
    if bonded:
        await connection.encrypt()
    else:
        await connection.pair()


async def _discover(connection: Connection) -> BleakGATTServiceCollection:
    """All services, characteristics and descriptors, anew for each connection."""
    client = connection.gatt_client
    found = BleakGATTServiceCollection()
    for service in await client.discover_services():
        bleak_service = BleakGATTService(service, service.handle, _full(service.uuid))
        found.add_service(bleak_service)
        for characteristic in await client.discover_characteristics((), service):
            bleak_characteristic = BleakGATTCharacteristic(
                characteristic,
                characteristic.handle,
                _full(characteristic.uuid),
                list(gatt_char_props_to_strs(characteristic.properties)),
                lambda: connection.att_mtu - 3,
                bleak_service,
            )
            found.add_characteristic(bleak_characteristic)
            for descriptor in await client.discover_descriptors(characteristic):
                found.add_descriptor(
                    BleakGATTDescriptor(
                        descriptor, descriptor.handle, _full(descriptor.type), bleak_characteristic
                    )
                )
    return found


def _cccd(characteristic: BleakGATTCharacteristic) -> int:
    """The handle of the descriptor that subscribes to `characteristic`."""
    descriptor = characteristic.get_descriptor(_CCCD)
    if descriptor is None:
        raise BleakError(f"{characteristic.uuid} cannot be subscribed to")
    return descriptor.handle


def _full(uuid: UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-"))

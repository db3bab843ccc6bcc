"""One connection to a Bluetooth LE device through bleak, in the words of `kapmonitor.device`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakDBusError,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from bleak.uuids import normalize_uuid_str

from kapmonitor.errors import (
    DeviceNotFoundError,
    DeviceRefusedError,
    KapmonitorError,
    LinkError,
    LinkLostError,
    NeedsPairingError,
)

ANSWER_S = 30.0
"""Longest wait for one answer: ATT's own (Vol 3, Part F, 3.3.3), and enough for a person who confirms."""

STACK_ERRORS = (BleakError, OSError, EOFError, AssertionError)
"""What bleak raises, or lets through from the system below it, when something goes wrong there."""

_SECURITY = {
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
}
_log = logging.getLogger(__name__)

T = TypeVar("T")
MakeClient = Callable[[Callable[[BleakClient], None]], BleakClient]


class BleLink:
    """A `GattLink`. Made anew for each connection, so that a late callback finds only its own."""

    def __init__(self, address: str, make_client: MakeClient) -> None:
        """`make_client` makes the bleak client for the callback that is told of a disconnection."""
        self._address = address
        self._client = make_client(self._on_disconnected)
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._opened = False
        self._tried_pairing = False

    async def open(self) -> None:
        """Connect and discover the services.

        Raises:
            LinkError: of the kind that fits.
        """
        try:
            await self._client.connect()
        except STACK_ERRORS as error:
            raise explained(self._address, error) from error
        self._opened = True
        if not self._client.is_connected:  # it went before anybody listened
            self._on_disconnected(self._client)

    async def close(self) -> None:
        """Disconnect, and write 0x0000 to no descriptor: a cuff takes that for the end of its bond."""
        try:
            await self._client.disconnect()
        except STACK_ERRORS as error:
            _log.debug("closing the link to %s: %s", self._address, error)

    async def subscribe(self, characteristic: str, on_value: Callable[[bytes], None]) -> None:
        """See `GattLink`; prefers notifications where a characteristic has both."""
        found = self._find(characteristic)
        if not {"notify", "indicate"} & set(found.properties):
            raise DeviceRefusedError(f"{self._address}: characteristic {characteristic} does not notify")

        def deliver(_: BleakGATTCharacteristic, data: bytearray) -> None:
            if not self._gone.done():
                on_value(bytes(data))

        await self._do(lambda: self._client.start_notify(found, deliver))

    async def read(self, characteristic: str) -> bytes:
        """See `GattLink`."""
        found = self._find(characteristic)
        return bytes(await self._do(lambda: self._client.read_gatt_char(found)))

    async def write(self, characteristic: str, data: bytes) -> None:
        """See `GattLink`."""
        found = self._find(characteristic)
        answers = "write" in found.properties
        await self._do(lambda: self._client.write_gatt_char(found, data, response=answers))

    async def has(self, characteristic: str) -> bool:
        """See `GattLink`."""
        return self._lookup(characteristic) is not None

    async def lost(self) -> None:
        """See `GattLink`."""
        await asyncio.shield(self._gone)
        raise self._lost_error()

    def _on_disconnected(self, client: BleakClient) -> None:
        """Bleak's callback: it also comes for attempts that failed before `connect` returned."""
        if self._opened and not client.is_connected and not self._gone.done():
            self._gone.set_result(None)

    def _lost_error(self) -> LinkLostError:
        return LinkLostError(f"the Bluetooth connection to {self._address} was lost")

    def _find(self, characteristic: str) -> BleakGATTCharacteristic:
        found = self._lookup(characteristic)
        if found is None:
            raise DeviceRefusedError(f"{self._address} has no characteristic {characteristic}")
        return found

    def _lookup(self, characteristic: str) -> BleakGATTCharacteristic | None:
        """The first of that UUID: some devices have two."""
        if self._gone.done() or not self._client.is_connected:
            raise self._lost_error()
        uuid = normalize_uuid_str(characteristic)
        every = self._client.services.characteristics.values()
        return next((each for each in every if each.uuid == uuid), None)

    async def _do(self, operation: Callable[[], Awaitable[T]]) -> T:
        """Carry out `operation`; where the device wants security, pair once and carry it out again."""
        try:
            return await self._ask(operation)
        except NeedsPairingError:
            if self._tried_pairing:
                raise
        self._tried_pairing = True
        await self._pair()
        return await self._ask(operation)

    async def _ask(self, operation: Callable[[], Awaitable[T]]) -> T:
        try:
            return await self._race(operation())
        except STACK_ERRORS as error:
            raise explained(self._address, error) from error

    async def _pair(self) -> None:
        """Pair; some devices hang up to say no."""
        try:
            with suppress(NotImplementedError):  # macOS has paired by itself, or never will
                await self._race(self._client.pair())
        except (LinkLostError, *STACK_ERRORS) as error:
            raise needs_pairing(self._address) from error

    async def _race(self, operation: Awaitable[T]) -> T:
        """The outcome of `operation`, unless the connection goes first: then not a moment longer."""
        task = asyncio.ensure_future(operation)
        try:
            await asyncio.wait((task, self._gone), timeout=ANSWER_S, return_when=asyncio.FIRST_COMPLETED)
            if self._gone.done():
                raise self._lost_error()
            if not task.done():
                raise LinkLostError(f"{self._address} is connected and does not answer")
            if task.cancelled():  # by the stack below, which lost the connection before telling us
                raise self._lost_error()
            return task.result()
        finally:
            if not task.done():
                task.cancel()
            elif not task.cancelled():
                task.exception()  # looked at, so that asyncio does not report it as forgotten


def wants_pairing(error: BaseException) -> bool:
    """Whether `error` is a device's way of saying that it trusts only whom it is paired with."""
    if isinstance(error, BleakGATTProtocolError):
        return error.code in _SECURITY
    if isinstance(error, BleakDBusError):
        return ".Authentication" in error.dbus_error or "Not paired" in (error.dbus_error_details or "")
    return False


def needs_pairing(address: str) -> NeedsPairingError:
    """What staff are told when only they can help."""
    return NeedsPairingError(
        f"the Bluetooth device at {address} refuses us: put it in pairing mode and pair it again"
    )


def not_found(address: str) -> DeviceNotFoundError:
    """What staff are told when nothing answers."""
    return DeviceNotFoundError(f"no Bluetooth device at {address} answers: switch it on, bring it near")


def explained(address: str, error: Exception) -> KapmonitorError:
    """What `error`, of bleak or of the system below it, means for the device at `address`."""
    if wants_pairing(error):
        return needs_pairing(address)
    if isinstance(error, BleakDeviceNotFoundError | TimeoutError):
        return not_found(address)
    if isinstance(error, BleakGATTProtocolError):
        return DeviceRefusedError(f"the Bluetooth device at {address} refused: {error.args[-1]}")
    if isinstance(error, BleakBluetoothNotAvailableError | OSError | EOFError):
        return no_bluetooth(error)
    return LinkLostError(f"the Bluetooth connection to {address} failed: {error}")


def no_bluetooth(error: Exception) -> LinkError:
    """What is said where there is no radio to talk through."""
    if isinstance(error, TimeoutError):
        reason = "it does not answer"
    elif isinstance(error, OSError | EOFError):
        reason = f"its Bluetooth service cannot be reached ({error})"
    elif isinstance(error, BleakBluetoothNotAvailableError):
        reason = str(error.args[0])
    else:
        reason = str(error)
    return LinkError(f"this machine has no Bluetooth that can be used: {reason}")

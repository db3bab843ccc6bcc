"""A Bluetooth controller that bumble drives: opened when needed, reopened after it was lost."""

# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# bumble leaves its event emitters and commands generic

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from bleak.exc import (
    CONTROLLER_ERROR_CODES,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bumble.att import ATT_Error
from bumble.core import BaseBumbleError, CommandTimeoutError
from bumble.core import ConnectionError as BumbleConnectionError
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.hci import Address, HCI_ErrorCode, HCI_LE_Create_Connection_Cancel_Command
from bumble.keys import JsonKeyStore, KeyStore, MemoryKeyStore
from bumble.transport import open_transport
from bumble.transport.common import Transport

_COMMAND_S = 5.0
_OPEN_S = 10.0
_CANCEL_S = 2.0

T = TypeVar("T")


class Dongle:
    """One controller, and the bonds made through it."""

    def __init__(self, hci: str | Transport, address: str, *, bonds: Path | None = None) -> None:
        """`hci` is the name of a bumble transport, or an open one; `bonds` the file that keeps them."""
        self._hci = hci
        self._address = Address(address)
        self.bonds: KeyStore = MemoryKeyStore() if bonds is None else JsonKeyStore(address, str(bonds))
        self._opening = asyncio.Lock()
        self._transport: Transport | None = None
        self._device: Device | None = None
        self._hung = False

    async def device(self) -> Device:
        """The host on this controller, ready for use.

        Raises:
            BleakError: it cannot be opened, or does not answer.
        """
        async with self._opening:
            if self._hung or (self._transport is not None and self._transport.source.terminated.done()):
                await self._close()
            return self._device or await self._open()

    async def close(self) -> None:
        """Let go of the controller; every connection through it ends."""
        async with self._opening:
            await self._close()
            if not isinstance(self._hci, str):
                await self._hci.close()

    async def connect(self, address: Address, timeout: float) -> Connection:  # noqa: ASYNC109 - see _give_up
        """Connect within `timeout` seconds, or leave the controller as if it had never been asked.

        Bumble's own time-out and cancellation leave the controller connecting, so that no later connect
        works; here the attempt is always ended by the command that is meant for it.
        """
        device = await self.ask(self.device())
        attempt = asyncio.ensure_future(device.connect_le(address, timeout=None))
        try:
            await asyncio.wait({attempt}, timeout=timeout)
            if attempt.done():
                return attempt.result()
        except asyncio.CancelledError:
            # In a task of its own, since this one is cancelled.
            await asyncio.wait({asyncio.ensure_future(self._give_up(device, attempt))})
            raise
        await self._give_up(device, attempt)
        raise BleakDeviceNotFoundError(str(address), f"{address} did not accept a connection")

    async def ask(self, request: Awaitable[T]) -> T:
        """The outcome of `request`, with bumble's errors as bleak's.

        Bumble cancels what is pending when a connection goes. That cancellation is not the caller's: let
        out as it is, it would end his task, and with it his task group.
        """
        try:
            answer = await request
        except asyncio.CancelledError:
            heed_cancellation()
            raise BleakError("the connection was lost") from None
        except ATT_Error as error:
            raise BleakGATTProtocolError(error.error_code) from error
        except CommandTimeoutError as error:
            self._hung = True
            raise BleakError("the Bluetooth controller does not answer") from error
        except BumbleConnectionError as error:
            raise BleakError(CONTROLLER_ERROR_CODES.get(error.error_code or 0, str(error))) from error
        except (BaseBumbleError, OSError) as error:
            raise BleakError(str(error) or type(error).__name__) from error
        heed_cancellation()
        return answer

    async def _open(self) -> Device:
        try:
            async with asyncio.timeout(_OPEN_S):
                self._transport = await _opened(self._hci)
                self._device = await _powered_on(self._transport, self._address, self.bonds)
                return self._device
        except (BaseBumbleError, OSError, TimeoutError, ValueError, ImportError) as error:
            await self._close()
            raise BleakError(f"the Bluetooth controller {self._hci} cannot be opened: {error!r}") from error

    async def _close(self) -> None:
        """End every connection; of a transport that we opened, nothing is left."""
        device, transport = self._device, self._transport
        self._device = self._transport = None
        self._hung = False
        if device is not None:
            _end_connections(device)
            with suppress(BaseBumbleError, TimeoutError):
                async with asyncio.timeout(_CANCEL_S):
                    await device.power_off()
        if transport is not None and transport is not self._hci:
            await transport.close()
            await asyncio.wait({transport.source.terminated}, timeout=_CANCEL_S)

    async def _give_up(self, device: Device, attempt: asyncio.Future[Connection]) -> None:
        """End a connection attempt, and a connection that came of it after all."""
        if not attempt.done():
            with suppress(BleakError):
                await self.ask(device.send_sync_command(HCI_LE_Create_Connection_Cancel_Command()))
            await asyncio.wait({attempt}, timeout=_CANCEL_S)
        if not attempt.done():
            self._hung = True
            attempt.cancel()
        elif not attempt.cancelled() and attempt.exception() is None:
            with suppress(BleakError):
                await self.ask(attempt.result().disconnect())


def _end_connections(device: Device) -> None:
    """Tell whoever listens to a connection of `device` that it is over.

    Bumble's own way cancels a disconnect that is waited for and then wants to answer it: an error that the
    connections after that one never hear of.
    """
    for connection in list(device.connections.values()):
        with suppress(asyncio.InvalidStateError):
            connection.emit(Connection.EVENT_DISCONNECTION, HCI_ErrorCode.HARDWARE_FAILURE_ERROR)
    device.connections.clear()


def heed_cancellation() -> None:
    """Raise the cancellation of this task, if there is one.

    Bumble waits for each HCI answer with `asyncio.wait_for`, which in Python 3.11 forgets a cancellation
    that comes together with the answer.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _opened(hci: str | Transport) -> Transport:
    if isinstance(hci, str):
        return await open_transport(hci)
    if hci.source.terminated.done():
        raise OSError("it was closed and cannot be opened again")
    return hci


async def _powered_on(transport: Transport, address: Address, bonds: KeyStore) -> Device:
    configuration = DeviceConfiguration(name="kapmonitor", address=address)
    device = Device.from_config_with_hci(configuration, transport.source, transport.sink)
    device.command_timeout = _COMMAND_S
    device.keystore = bonds
    await device.power_on()
    return device

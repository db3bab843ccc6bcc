"""Opens serial ports: `/dev/...`, `COM3`, `socket://host:port`, `rfc2217://...`; what pyserial opens."""

from __future__ import annotations

import asyncio
import errno
import io
import os
import socket
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from functools import partial

import serial
from serial.serialutil import SerialBase

from kapmonitor.device import ByteLink, Connector, SerialSettings
from kapmonitor.errors import DeviceNotFoundError, LinkLostError
from kapmonitor.transports.descriptor import DescriptorLink
from kapmonitor.transports.threaded import ThreadedLink
from kapmonitor.transports.threads import in_thread

TerminalError: type[Exception]
if sys.platform == "win32":
    TerminalError = OSError
else:
    import termios

    TerminalError = termios.error  # no OSError, and pyserial lets it out

_REFUSALS: tuple[type[Exception], ...] = (OSError, ValueError, TerminalError)

OPEN_TIMEOUT_S = 10.0
"""How long a port may take to open: a serial server far away, a USB adapter that hangs."""

_ADVICE = {
    errno.ENOENT: "there is no such port: plug the device in, or correct the port's name",
    errno.ENODEV: "the port has no device any more: plug it in again",
    errno.ENXIO: "the port has no device: plug it in",
    errno.EACCES: "this user may not open it: add the user to the port's group (often dialout)",
    errno.EPERM: "this user may not open it: add the user to the port's group (often dialout)",
    errno.EBUSY: "another program uses it: end that, or see whether two devices name the same port",
    errno.EAGAIN: "another program uses it: end that, or see whether two devices name the same port",
    errno.ECONNREFUSED: "nobody listens there: see that the serial server is on, and its address and port",
}


def serial_connector(url: str, settings: SerialSettings) -> Connector[ByteLink]:
    """How to open `url`, again for every reconnect; the link lasts as long as its context.

    Opening raises `DeviceNotFoundError` with what is wrong and what to do. Nobody else can open the port
    meanwhile where the system knows such a lock.
    """

    @asynccontextmanager
    async def connect() -> AsyncGenerator[ByteLink]:
        link = _link(await _open(url, settings), url)
        try:
            yield link
        finally:
            await link.close()

    return connect


async def _open(url: str, settings: SerialSettings) -> SerialBase:
    try:
        async with asyncio.timeout(OPEN_TIMEOUT_S):
            return await in_thread(partial(_open_port, url, settings), _close_port)
    except TimeoutError as error:
        what = f"it did not open within {OPEN_TIMEOUT_S:.0f} s: unplug it and plug it in again"
        raise DeviceNotFoundError(f"Port {url} cannot be used: {what}") from error
    except _REFUSALS as error:
        raise DeviceNotFoundError(f"Port {url} cannot be used: {_reason(error)}") from error


def _open_port(url: str, settings: SerialSettings) -> SerialBase:
    return serial.serial_for_url(
        url,
        baudrate=settings.baudrate,
        parity=settings.parity,
        xonxoff=settings.xonxoff,
        exclusive=True,
    )


def _reason(error: Exception) -> str:
    """In words for staff. pyserial hides the socket's error number in the exception's context."""
    numbers = (getattr(each, "errno", None) for each in (error, error.__context__))
    known = [_ADVICE[number] for number in numbers if number in _ADVICE]
    return known[0] if known else f"{error}; see that it is switched on and its address right"


class _PortLink(DescriptorLink):
    """The event loop reads and writes; pyserial opens, sets and closes the line."""

    def __init__(self, port: SerialBase, name: str) -> None:
        super().__init__(port.fileno(), name)
        self._port = port

    def configure(self, settings: SerialSettings) -> None:
        try:
            _apply(self._port, settings)
        except _REFUSALS as error:
            raise LinkLostError(f"Port {self._port.port} cannot be set: {error}") from error

    async def close(self) -> None:
        self.detach()
        await in_thread(partial(_close_port, self._port), _ignore)  # may wait for the line to drain


def _link(port: SerialBase, url: str) -> _PortLink | ThreadedLink:
    """The event loop itself can only watch a POSIX descriptor."""
    name = f"Port {url}"
    if os.name == "posix":
        with suppress(io.UnsupportedOperation):
            return _PortLink(port, name)
    return ThreadedLink(port, name, partial(_apply, port), partial(_close_port, port))


def _apply(port: SerialBase, settings: SerialSettings) -> None:
    port.apply_settings(
        {"baudrate": settings.baudrate, "parity": settings.parity, "xonxoff": settings.xonxoff}
    )


def _close_port(port: SerialBase) -> None:
    # pyserial shuts a socket down first; when that fails, the other end being gone, it forgets to close it.
    connection: socket.socket | None = getattr(port, "_socket", None)
    port.close()
    if connection is not None:
        connection.close()


def _ignore(_: object) -> None:
    """Nothing is left to do."""

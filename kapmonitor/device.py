"""What a device driver is, what a link to a device is, and what both may count on.

A driver is one conversation: given an open link it reports observations until the link is lost or the
task is cancelled. It neither finds its device nor comes back after a loss: its supervisor does.
Links are opened by `kapmonitor.transports`; simulators stand at the far end of the same links.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, TypeVar, runtime_checkable

from kapmonitor.model import DeviceKind, Observation, Reading

Report = Callable[[Sequence[Observation]], None]
"""How a driver hands over what the device said; never blocks.

An empty report says that the device answers, though it has measured nothing yet.
"""


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """How a serial line is set: bits per second, parity `N`/`E`/`O`, XON/XOFF; always 8 data bits, 1 stop."""

    baudrate: int = 9600
    parity: str = "N"
    xonxoff: bool = False


class ByteLink(Protocol):
    """A stream of bytes to a device, open as long as its context is."""

    async def read(self) -> bytes:
        """The bytes that came since the last call, at least one; waits for them.

        Raises:
            LinkLostError: the other end or the port is gone.
        """
        ...

    async def write(self, data: bytes) -> None:
        """Send all of `data`.

        Raises:
            LinkLostError: the other end or the port is gone.
        """
        ...

    def configure(self, settings: SerialSettings) -> None:
        """Change the line's settings while it is open; does nothing on a link without a line."""
        ...


class GattLink(Protocol):
    """A connection to a Bluetooth LE peripheral, open as long as its context is.

    Characteristics are named by their full 128-bit UUID in lower case, or by 16 bits as `"2a37"`.
    Every method raises `LinkLostError` when the connection goes, `NeedsPairingError` when the peripheral
    wants a bond that cannot be made without a person.
    """

    async def subscribe(self, characteristic: str, on_value: Callable[[bytes], None]) -> None:
        """Have every notification or indication of `characteristic` passed to `on_value`.

        Raises:
            DeviceRefusedError: the peripheral has no such characteristic, or it cannot notify.
        """
        ...

    async def read(self, characteristic: str) -> bytes:
        """The characteristic's value now."""
        ...

    async def write(self, characteristic: str, data: bytes) -> None:
        """Write, and wait for the answer where the characteristic gives one."""
        ...

    async def has(self, characteristic: str) -> bool:
        """Whether the peripheral offers `characteristic`."""
        ...

    async def lost(self) -> None:
        """Wait until the connection goes; then raise `LinkLostError` with the reason. Never returns."""
        ...


LinkT_contra = TypeVar("LinkT_contra", contravariant=True)
LinkT_co = TypeVar("LinkT_co", covariant=True)


class LinkKind(StrEnum):
    """Which kind of link a driver talks on."""

    SERIAL = "serial"
    BLE = "ble"


class Driver(Protocol[LinkT_contra]):
    """One device family. Made anew by the registry for each configured device, used for every reconnect."""

    kind: DeviceKind
    link_kind: LinkKind
    model: str
    """What the device calls itself, as far as known; may be filled in by `run`."""
    serial_number: str
    """Of this very device, empty where it does not say; filled in by `run`, as is `firmware`."""
    firmware: str
    battery: float | None
    """Charge in percent, as last reported."""
    errors: int
    """How often bytes meant nothing, since the beginning."""
    silence_s: Mapping[str, float]
    """Per quantity that comes by itself: how long it may be silent before the device counts as stale."""

    async def run(self, link: LinkT_contra, report: Report) -> None:
        """Talk until the link is lost (`LinkLostError`) or the task is cancelled.

        On cancellation the driver leaves the device safe (a cuff is told to stop) before it lets go.
        Bytes without meaning are counted and skipped, never raised.
        """
        ...


@runtime_checkable
class CuffDriver(Driver[LinkT_contra], Protocol[LinkT_contra]):
    """A blood-pressure cuff. `startable` is false where only a person at the cuff can start it."""

    startable: bool

    async def start(self, trigger: str) -> None:
        """Begin one measurement; its result comes as an observation.

        Raises:
            DeviceRefusedError: not connected, busy, or the cuff said no.
        """
        ...

    async def stop(self) -> None:
        """Let the pressure out at once; harmless when nothing is running."""
        ...


class Connector(Protocol[LinkT_co]):
    """Opens a link to one device; used again for every reconnect."""

    def __call__(self) -> AbstractAsyncContextManager[LinkT_co]:
        """Open on entry (`DeviceNotFoundError`, `NeedsPairingError`), close on exit whatever happened."""
        ...


AnyDriver = Driver[Any]


class OncePerSecond:
    """Passes a reading on when its value or quality changed, and otherwise once a second.

    Devices that send numbers with every waveform frame would else repeat one number 60 times a second.
    """

    def __init__(self, interval_s: float = 1.0) -> None:
        """`interval_s`: seconds after which an unchanged reading is passed on again."""
        self._interval_s = interval_s
        self._last: dict[str, tuple[float, Reading]] = {}

    def due(self, readings: Sequence[Reading], now: float) -> list[Reading]:
        """Those of `readings` to pass on at `now` (seconds), in their order."""
        return [each for each in readings if self._is_due(each, now)]

    def _is_due(self, one: Reading, now: float) -> bool:
        last = self._last.get(one.quantity)
        # A hair less than the interval: a 1 Hz device's jitter must not halve its rate.
        if last is not None and last[1] == one and now - last[0] < 0.95 * self._interval_s:
            return False
        self._last[one.quantity] = (now, one)
        return True

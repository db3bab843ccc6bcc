"""What Bluetooth devices of any kind tell of themselves: model, battery, the time on their clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from kapmonitor.device import GattLink
from kapmonitor.errors import DeviceRefusedError, NeedsPairingError
from kapmonitor.model import Reading, reading

BATTERY_LEVEL = "2a19"
MODEL_NUMBER, SERIAL_NUMBER, FIRMWARE_REVISION, MAKER = "2a24", "2a25", "2a26", "2a29"

Timestamp = tuple[int, int, int, int, int, int]


async def read_names(link: GattLink) -> tuple[str, str, str]:
    """Model, serial number and firmware of the Device Information Service; each empty where there is none."""
    return (
        await _string(link, MODEL_NUMBER),
        await _string(link, SERIAL_NUMBER),
        await _string(link, FIRMWARE_REVISION),
    )


async def read_maker(link: GattLink) -> str:
    """The manufacturer's name of the Device Information Service; empty where there is none."""
    return await _string(link, MAKER)


async def _string(link: GattLink, characteristic: str) -> str:
    with suppress(DeviceRefusedError, NeedsPairingError):
        if await link.has(characteristic):
            return (await link.read(characteristic)).decode(errors="replace").rstrip("\0 ")
    return ""


async def watch_battery(link: GattLink, on_level: Callable[[Reading], None]) -> None:
    """Have the battery level, 0x2A19, read now and passed on whenever the device tells a new one.

    A device that does not know its charge says 255, for one: that is none.
    """

    def deliver(data: bytes) -> None:
        if data:
            on_level(reading("battery", data[0]))

    with suppress(DeviceRefusedError, NeedsPairingError):
        if await link.has(BATTERY_LEVEL):
            deliver(await link.read(BATTERY_LEVEL))
            await link.subscribe(BATTERY_LEVEL, deliver)


def age_s(timestamp: Timestamp, now: datetime) -> float | None:
    """How many seconds before `now` (aware) a device's clock showed `timestamp`; None where it is unknown.

    Devices show local time without a zone; ours is taken for theirs.
    """
    try:
        moment = datetime(*timestamp, tzinfo=now.astimezone().tzinfo)
    except ValueError:  # a year, month or day of 0 is "unknown" (0x2A08); others do not exist
        return None
    return (now - moment).total_seconds()

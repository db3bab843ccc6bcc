"""What Bluetooth devices of any kind tell of themselves: model, battery, the time on their clock."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from kapmonitor.device import GattLink
from kapmonitor.errors import DeviceRefusedError, NeedsPairingError

BATTERY_LEVEL = "2a19"
MODEL_NUMBER = "2a24"

Timestamp = tuple[int, int, int, int, int, int]


async def read_model(link: GattLink) -> str:
    """The model number string, 0x2A24; empty where there is none."""
    with suppress(DeviceRefusedError, NeedsPairingError):
        if await link.has(MODEL_NUMBER):
            return (await link.read(MODEL_NUMBER)).decode(errors="replace").rstrip("\0 ")
    return ""


async def watch_battery(link: GattLink, on_percent: Callable[[float], None]) -> None:
    """Have the battery level, 0x2A19, read now and passed on whenever the device tells a new one."""

    def deliver(data: bytes) -> None:
        if data:
            on_percent(float(data[0]))

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

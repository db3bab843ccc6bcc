"""Setting the clock of a Bluetooth device that has one: 0x2A2B.

Cuffs stamp what they measure, and a stored reading is told from a new one by its stamp.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from kapmonitor.codecs.current_time import decode, encode
from kapmonitor.device import GattLink
from kapmonitor.errors import DecodeError, DeviceRefusedError, NeedsPairingError
from kapmonitor.transports.ble_information import age_s, read_maker

CURRENT_TIME = "2a2b"
OFF_S, OMRON_OFF_S = 60.0, 600.0
"""How far a clock may be off before it is set."""
TELLS_WITHIN_S = 10.0

_log = logging.getLogger(__name__)


async def set_clock(link: GattLink, utc: Callable[[], datetime]) -> None:
    """Set the device's clock to this machine's local time where it is off, as far as it lets itself be set.

    An Omron wants to be asked less: it tells its time when somebody subscribes to it, and takes another one
    only then; it is set when it is more than ten minutes off. Others are read, and set when they are a
    minute off.
    """
    with suppress(DeviceRefusedError, NeedsPairingError, DecodeError, TimeoutError):
        if not await link.has(CURRENT_TIME):
            return
        if (await read_maker(link)).upper().startswith("OMRON"):
            shown, most_s = await _told(link), OMRON_OFF_S
        else:
            shown, most_s = await link.read(CURRENT_TIME), OFF_S
        off_s = age_s(decode(shown), utc())
        if off_s is None or abs(off_s) > most_s:
            await link.write(CURRENT_TIME, encode(utc().astimezone()))
            _log.info("set the clock of a Bluetooth device, which was %s s behind", off_s)


async def _told(link: GattLink) -> bytes:
    """The first time that the device tells by itself.

    Raises:
        TimeoutError: it tells none.
    """
    first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def take(data: bytes) -> None:
        if not first.done():
            first.set_result(data)

    await link.subscribe(CURRENT_TIME, take)
    async with asyncio.timeout(TELLS_WITHIN_S):
        return await first

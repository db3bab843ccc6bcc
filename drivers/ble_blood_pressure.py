"""Bluetooth blood-pressure cuffs: Blood Pressure Service, 0x1810.

The service has no way to start or stop a measurement: a person presses the button, the cuff connects,
tells, and hangs up. Most want to be paired once, and deliver at each connection whatever they had stored.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from kapmonitor.clock import Clock
from kapmonitor.codecs.blood_pressure import (
    BloodPressureMeasurement,
    decode_cuff_pressure,
    decode_measurement,
    observe_cuff_pressure,
    observe_measurement,
)
from kapmonitor.device import GattLink, LinkKind, Report
from kapmonitor.errors import DecodeError, DeviceRefusedError
from kapmonitor.model import DeviceKind, Reading
from kapmonitor.transports.ble_clock import set_clock
from kapmonitor.transports.ble_information import age_s, read_names, watch_battery

MEASUREMENT = "2a35"
CUFF_PRESSURE = "2a36"

_BEFORE_S = 120.0
"""A cuff connects when it has measured: a result this much older than the connection is still the new one."""
_AHEAD_S = 120.0
_DEFLATED_S = 60.0
_REMEMBERED = 200
_NEXT_WITHIN_S = 3.0
"""How long after a measurement without a time the next may come, where a cuff tells its memory."""

_log = logging.getLogger(__name__)


class BleBloodPressure:
    """Reports cuff pressure while it measures, then the measurement; stored ones as not `live`."""

    kind = DeviceKind.CUFF
    link_kind = LinkKind.BLE
    silence_s: Mapping[str, float] = {}
    startable = False

    def __init__(self, clock: Clock) -> None:
        """`clock` tells a new measurement from a stored one."""
        self._clock = clock
        self._known: deque[tuple[float, BloodPressureMeasurement]] = deque(maxlen=_REMEMBERED)
        self._inflated_at: float | None = None
        self._held: BloodPressureMeasurement | None = None
        self._held_anew = asyncio.Event()
        self.model = self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.errors = 0

    async def run(self, link: GattLink, report: Report) -> None:
        """See `Driver`. Subscribes before anything else: some cuffs tell at once and hang up.

        Its clock is set next: what it measures from then on has the right time. That the link is lost after
        a measurement is how these cuffs work, not a fault.
        """
        self._inflated_at = None  # what comes first at a new connection is what it had stored
        telling = asyncio.create_task(self._tell_in_time(report))
        try:
            await self._listen(link, report)
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
            self._tell_held(report, live=True)

    async def _listen(self, link: GattLink, report: Report) -> None:
        connected = self._clock.utc()
        await link.subscribe(MEASUREMENT, partial(self._on_measurement, report, connected))
        if await link.has(CUFF_PRESSURE):
            await link.subscribe(CUFF_PRESSURE, partial(self._on_cuff_pressure, report))
        report(())
        await set_clock(link, self._clock.utc)
        self.model, self.serial_number, self.firmware = await read_names(link)
        await watch_battery(link, partial(self._on_battery, report))
        await link.lost()

    async def start(self, trigger: str) -> None:
        """Impossible from here.

        Raises:
            DeviceRefusedError: always; it says what to do instead.
        """
        raise DeviceRefusedError(f"this cuff has no {trigger} start: press the button on the cuff")

    async def stop(self) -> None:
        """Impossible from here.

        Raises:
            DeviceRefusedError: always; it says what to do instead.
        """
        raise DeviceRefusedError("this cuff cannot be stopped from here: press the button on the cuff")

    def _on_measurement(self, report: Report, connected: datetime, data: bytes) -> None:
        try:
            message = decode_measurement(data)
        except DecodeError:
            self.errors += 1
            return
        live = self._is_live(message, connected)
        self._known.append((self._clock.now(), message))
        if message != self._held:
            self._tell_held(report, live=False)
        if live is None:
            self._held = message
            self._held_anew.set()
        else:
            report(observe_measurement(message, live=live))
        self._inflated_at = None

    async def _tell_in_time(self, report: Report) -> None:
        """What was held is the newest once nothing has followed it."""
        while True:
            await self._held_anew.wait()
            self._held_anew.clear()
            await self._clock.sleep(_NEXT_WITHIN_S)
            if not self._held_anew.is_set():
                self._tell_held(report, live=True)

    def _tell_held(self, report: Report, *, live: bool) -> None:
        held, self._held = self._held, None
        if held is not None:
            report(observe_measurement(held, live=live))

    def _on_cuff_pressure(self, report: Report, data: bytes) -> None:
        try:
            message = decode_cuff_pressure(data)
        except DecodeError:
            self.errors += 1
            return
        self._inflated_at = self._clock.now()
        report(observe_cuff_pressure(message))

    def _is_live(self, message: BloodPressureMeasurement, connected: datetime) -> bool | None:
        """Not told before, and made during this connection or shortly before it.

        A measurement that we watched over this connection is live whatever the cuff's clock says. None of one
        without a time: it is live if it is the newest, told once, as by nearly every cuff that has no clock.
        """
        if self._is_known(message):
            return False
        if self._inflated_at is not None and self._clock.now() - self._inflated_at < _DEFLATED_S:
            return True
        now = self._clock.utc()
        age = None if message.timestamp is None else age_s(message.timestamp, now)
        if age is None:
            return None
        if age < -_AHEAD_S:
            _log.warning("the clock of a blood-pressure cuff is %.0f min ahead: set it", -age / 60)
            return False
        return age <= (now - connected).total_seconds() + _BEFORE_S

    def _is_known(self, message: BloodPressureMeasurement) -> bool:
        """Told before: the same with a time is the same measurement; without one, only if it was just now."""
        return any(
            message == known and (message.timestamp is not None or self._clock.now() - told_at < _DEFLATED_S)
            for told_at, known in self._known
        )

    def _on_battery(self, report: Report, level: Reading) -> None:
        self.battery = level.value
        report([level])

"""Bluetooth pulse oximeters: Pulse Oximeter Service, 0x1822."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from kapmonitor.clock import Clock
from kapmonitor.codecs.pulse_oximeter import (
    PlxSpotCheck,
    decode_continuous,
    decode_spot_check,
    observe,
)
from kapmonitor.device import GattLink, LinkKind, OncePerSecond, Report
from kapmonitor.errors import DecodeError
from kapmonitor.model import DeviceKind, Reading, missing
from kapmonitor.transports.ble_clock import set_clock
from kapmonitor.transports.ble_information import age_s, read_names, watch_battery

CONTINUOUS = "2a5f"
SPOT_CHECK = "2a5e"

_OLD_S = 60.0
"""A spot check that is further from now than this, by the oximeter's clock, was not made now."""
_CONTINUES_S = 5.0
"""So long after a continuous measurement no spot check is taken: it would be the same number again."""
_NOT_OF_NOW = (missing("spo2", "clock_wrong"), missing("pulse_rate", "clock_wrong"))


class BlePulseOximeter:
    """Reports SpO2, pulse rate and, where sent, perfusion index.

    Takes the continuous measurement where it comes, else the spot check. What an oximeter had stored
    is not passed on: there is no telling such a number from a present one on a screen. Its clock is set where
    it lets us; a spot check that is not of now by that clock has no number and the reason `clock_wrong`.
    """

    kind = DeviceKind.OXIMETER
    link_kind = LinkKind.BLE
    silence_s: Mapping[str, float] = {"spo2": 3.0}

    def __init__(self, clock: Clock) -> None:
        """`clock` paces what is passed on, and tells the age of what the oximeter stamps."""
        self._clock = clock
        self._pace = OncePerSecond()
        self.model = self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.errors = 0
        self._continued_at = float("-inf")
        self.stored = 0
        """How many measurements that were not of now were left out."""

    async def run(self, link: GattLink, report: Report) -> None:
        """See `Driver`."""
        self._continued_at = float("-inf")
        continues = await link.has(CONTINUOUS)
        if continues:
            await link.subscribe(CONTINUOUS, partial(self._on_continuous, report))
        if not continues or await link.has(SPOT_CHECK):
            await link.subscribe(SPOT_CHECK, partial(self._on_spot_check, report))
        await set_clock(link, self._clock.utc)
        self.model, self.serial_number, self.firmware = await read_names(link)
        await watch_battery(link, partial(self._on_battery, report))
        await link.lost()

    def _on_continuous(self, report: Report, data: bytes) -> None:
        try:
            message = decode_continuous(data)
        except DecodeError:
            self.errors += 1
            return
        if message.stored:
            self.stored += 1
            return
        self._continued_at = self._clock.now()
        self._pass_on(report, observe(message))

    def _on_spot_check(self, report: Report, data: bytes) -> None:
        try:
            message = decode_spot_check(data)
        except DecodeError:
            self.errors += 1
            return
        if self._clock.now() - self._continued_at < _CONTINUES_S:
            return
        if message.stored:
            self.stored += 1
        elif self._is_of_now(message):
            self._pass_on(report, observe(message))
        else:
            self.stored += 1
            self._pass_on(report, _NOT_OF_NOW)

    def _pass_on(self, report: Report, readings: Sequence[Reading]) -> None:
        due = self._pace.due(readings, self._clock.now())
        if due:
            report(due)

    def _is_of_now(self, message: PlxSpotCheck) -> bool:
        """By its time stamp, where it has one from a clock that was set."""
        if message.timestamp is None or message.clock_not_set:
            return True
        age = age_s(message.timestamp, self._clock.utc())
        return age is None or abs(age) <= _OLD_S

    def _on_battery(self, report: Report, level: Reading) -> None:
        self.battery = level.value
        report([level])

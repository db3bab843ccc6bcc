"""Bluetooth pulse oximeters: Pulse Oximeter Service, 0x1822."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from kapmonitor.clock import Clock
from kapmonitor.codecs.pulse_oximeter import (
    PlxMessage,
    PlxSpotCheck,
    decode_continuous,
    decode_spot_check,
    observe,
)
from kapmonitor.device import GattLink, LinkKind, OncePerSecond, Report
from kapmonitor.errors import DecodeError
from kapmonitor.model import DeviceKind, Reading
from kapmonitor.transports.ble_information import age_s, read_names, watch_battery

CONTINUOUS = "2a5f"
SPOT_CHECK = "2a5e"

_OLD_S = 60.0


class BlePulseOximeter:
    """Reports SpO2, pulse rate and, where sent, perfusion index.

    Takes the continuous measurement where there is one, else the spot check. What an oximeter had stored
    is not passed on: there is no telling such a number from a present one on a screen.
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
        self.stored = 0
        """How many measurements from storage were left out."""

    async def run(self, link: GattLink, report: Report) -> None:
        """See `Driver`."""
        if await link.has(CONTINUOUS):
            await link.subscribe(CONTINUOUS, partial(self._on_measurement, report, decode_continuous))
        else:
            await link.subscribe(SPOT_CHECK, partial(self._on_measurement, report, decode_spot_check))
        self.model, self.serial_number, self.firmware = await read_names(link)
        await watch_battery(link, partial(self._on_battery, report))
        await link.lost()

    def _on_measurement(self, report: Report, decode: Callable[[bytes], PlxMessage], data: bytes) -> None:
        try:
            message = decode(data)
        except DecodeError:
            self.errors += 1
            return
        if self._is_stored(message):
            self.stored += 1
            return
        due = self._pace.due(observe(message), self._clock.now())
        if due:
            report(due)

    def _is_stored(self, message: PlxMessage) -> bool:
        """By its own flag, or by a time stamp from a clock that was set."""
        if message.stored:
            return True
        if not isinstance(message, PlxSpotCheck) or message.timestamp is None or message.clock_not_set:
            return False
        age = age_s(message.timestamp, self._clock.utc())
        return age is not None and age > _OLD_S

    def _on_battery(self, report: Report, level: Reading) -> None:
        self.battery = level.value
        report([level])

"""Bluetooth heart-rate straps: Heart Rate Service, 0x180D."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from kapmonitor.clock import Clock
from kapmonitor.codecs.heart_rate import decode, observe
from kapmonitor.device import GattLink, LinkKind, OncePerSecond, Report
from kapmonitor.errors import DecodeError
from kapmonitor.model import DeviceKind, reading
from kapmonitor.transports.ble_information import read_names, watch_battery

HEART_RATE_MEASUREMENT = "2a37"


class HeartRateStrap:
    """Reports the heart rate about once a second, and each RR interval.

    A strap without skin contact may say so, send 0, or fall silent; only silence needs a deadline.
    """

    kind = DeviceKind.STRAP
    link_kind = LinkKind.BLE
    silence_s: Mapping[str, float] = {"heart_rate": 3.0}

    def __init__(self, clock: Clock) -> None:
        """`clock` paces what is passed on."""
        self._clock = clock
        self._pace = OncePerSecond()
        self.model = self.serial_number = self.firmware = ""
        self.battery: float | None = None
        self.errors = 0

    async def run(self, link: GattLink, report: Report) -> None:
        """See `Driver`. Heart beats come first; what the strap says of itself can wait."""
        await link.subscribe(HEART_RATE_MEASUREMENT, partial(self._on_measurement, report))
        self.model, self.serial_number, self.firmware = await read_names(link)
        await watch_battery(link, partial(self._on_battery, report))
        await link.lost()

    def _on_measurement(self, report: Report, data: bytes) -> None:
        try:
            rate, *intervals = observe(decode(data))
        except DecodeError:
            self.errors += 1
            return
        observations = [*self._pace.due([rate], self._clock.now()), *intervals]
        if observations:
            report(observations)

    def _on_battery(self, report: Report, percent: float) -> None:
        self.battery = percent
        report([reading("battery", percent)])

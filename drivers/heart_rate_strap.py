"""Bluetooth heart-rate straps: Heart Rate Service, 0x180D; of a Polar H10 its ECG as well."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from kapmonitor.clock import Clock
from kapmonitor.codecs import polar_pmd
from kapmonitor.codecs.heart_rate import decode, observe
from kapmonitor.device import GattLink, LinkKind, OncePerSecond, Report
from kapmonitor.errors import DecodeError, DeviceRefusedError, KapmonitorError, NeedsPairingError
from kapmonitor.model import DeviceKind, Reading, Waveform
from kapmonitor.transports.ble_information import read_names, watch_battery

HEART_RATE_MEASUREMENT = "2a37"

START_TRIES, START_AGAIN_S = 3, 1.0
ANSWERS_WITHIN_S = 5.0
STOP_WITHIN_S = 1.0
_SETTLES = round(polar_pmd.SETTLES_S * polar_pmd.RATE_HZ)

_log = logging.getLogger(__name__)


class HeartRateStrap:
    """Straps with the Heart Rate Service: the rate about once a second, and each RR interval.

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
        await self._stay(link, report)

    async def _stay(self, link: GattLink, report: Report) -> None:
        """Listen until the link is lost."""
        del report
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

    def _on_battery(self, report: Report, level: Reading) -> None:
        self.battery = level.value
        report([level])


class PolarH10(HeartRateStrap):
    """A Polar H10: the heart rate as of any strap, and its ECG. Without the ECG the heart rate goes on."""

    def __init__(self, clock: Clock) -> None:
        """`clock` paces what is passed on."""
        super().__init__(clock)
        self._unsettled = 0

    async def _stay(self, link: GattLink, report: Report) -> None:
        try:
            with suppress(DeviceRefusedError, NeedsPairingError):
                await self._begin(link, report)
            await link.lost()
        finally:
            await _stop(link)

    async def _begin(self, link: GattLink, report: Report) -> None:
        """Start the ECG. The larger MTU that it needs is asked for by the stack below at every connection.

        That may still be under way, so a refusal for it is no refusal yet.
        """
        answers: asyncio.Queue[bytes] = asyncio.Queue()
        await link.subscribe(polar_pmd.CONTROL_POINT, answers.put_nowait)
        await link.subscribe(polar_pmd.DATA, partial(self._on_data, report))
        self._unsettled = _SETTLES
        status: int | None = None
        for _ in range(START_TRIES):
            await link.write(polar_pmd.CONTROL_POINT, polar_pmd.START_ECG)
            status = await self._answer(answers)
            if status in (polar_pmd.OK, polar_pmd.ALREADY):
                return
            if status != polar_pmd.INVALID_MTU:
                break
            await self._clock.sleep(START_AGAIN_S)
        why = "no answer" if status is None else polar_pmd.STATUS.get(status, f"status {status}")
        _log.warning("the strap sends no ECG (%s); its heart rate is not affected", why)

    async def _answer(self, answers: asyncio.Queue[bytes]) -> int | None:
        """What the strap says to the last `START_ECG`; None if it says nothing in time."""
        with suppress(TimeoutError):
            async with self._clock.timeout(ANSWERS_WITHIN_S):
                while True:
                    status = polar_pmd.status_of(await answers.get(), polar_pmd.START_ECG)
                    if status is not None:
                        return status
        return None

    def _on_data(self, report: Report, data: bytes) -> None:
        try:
            message = polar_pmd.decode(data)
        except DecodeError:
            self.errors += 1
            return
        if not isinstance(message, polar_pmd.Ecg):
            return
        drifting = min(self._unsettled, len(message.microvolts))
        self._unsettled -= drifting
        if drifting < len(message.microvolts):
            report([Waveform("ecg", message.microvolts[drifting:], polar_pmd.RATE_HZ)])


async def _stop(link: GattLink) -> None:
    """An H10 that is not told to stop stays on until its battery is empty."""
    with suppress(KapmonitorError, TimeoutError):
        async with asyncio.timeout(STOP_WITHIN_S):
            await link.write(polar_pmd.CONTROL_POINT, polar_pmd.STOP_ECG)

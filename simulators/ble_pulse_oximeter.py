"""A simulated Bluetooth pulse oximeter: PLX continuous measurement once a second."""

from __future__ import annotations

from collections.abc import Sequence

from bumble.gatt import Service
from bumble.gatt_server import Server

from kapmonitor.clock import Clock
from kapmonitor.codecs.plx_status import MeasurementStatus, SensorStatus
from kapmonitor.codecs.pulse_oximeter import PlxContinuous
from kapmonitor.codecs.sfloat import Special
from simulators.gatt import ToldBattery, device_information, notifying, readable, service
from simulators.oximetry import DISTURBED_FROM, Oximetry, Seen
from simulators.peripheral import Peripheral
from simulators.physiology import Body

_WORDS = tuple(Special)
_REMEMBERED = (88, 51)
"""SpO2 and pulse rate of another night, which must never be taken for now."""
# 0x2A60, PLX Features: measurement status, device and sensor status supported; all bits of each.
_FEATURES = bytes([0x03, 0x00]) + b"\xe0\xff" + b"\xff\xff\x00"


class BlePulseOximeter(Peripheral):
    """Notifies 0x2A5F once a second: SpO2 and pulse rate averaged over 8 s, perfusion index, status."""

    name = "Simulated oximeter"
    advertised = 0x1822
    silent_when = "oximeter_silent"

    def __init__(self, body: Body, clock: Clock, *, seed: int) -> None:
        """It shows numbers as soon as it has some."""
        super().__init__(body, clock, seed=seed)
        self.battery = ToldBattery(body, "oximeter_battery", seed)
        self._oximetry = Oximetry(body, searches_s=0)

    def services(self, server: Server) -> Sequence[Service]:
        """Pulse Oximeter 0x1822, Battery 0x180F, Device Information 0x180A."""
        del server
        self._continuous = notifying(0x2A5F)
        return (
            service(0x1822, self._continuous, readable(0x2A60, _FEATURES)),
            self.battery.service(self.clock.now()),
            device_information("kapmonitor", self.name),
        )

    async def serve(self) -> None:
        """Notify each second what the light saw."""
        async for _, now in self.seconds():
            await self.notify(self._continuous, self.measure(now).encode())
            await self.battery.tell(self.notify, now)

    def measure(self, now: float) -> PlxContinuous:
        """The notification of `now` (clock seconds), the next second after the one before."""
        seen = self._oximetry.second(now)
        if seen.numbers is None:
            off = SensorStatus.UNCONNECTED_TO_USER if seen.probe else SensorStatus.DISCONNECTED
            return _without_numbers(SensorStatus(0) if seen.finger else off)
        if self.body.holds("oximeter_not_a_number", now):
            word = _WORDS[int(now) % len(_WORDS)]
            return PlxContinuous(word, word, measurement_status=0, sensor_status=0, amplitude=word)
        if self.body.holds("oximeter_stored", now):
            return PlxContinuous(*_REMEMBERED, measurement_status=int(MeasurementStatus.STORED))
        return PlxContinuous(
            spo2=round(seen.numbers.spo2),
            pulse_rate=round(seen.numbers.pulse_rate),
            measurement_status=int(MeasurementStatus.VALIDATED),
            sensor_status=_disturbance(seen),
            amplitude=round(seen.numbers.perfusion_index, 2),
        )


def _without_numbers(sensor: SensorStatus) -> PlxContinuous:
    return PlxContinuous(
        Special.NAN,
        Special.NAN,
        measurement_status=int(MeasurementStatus.UNAVAILABLE),
        sensor_status=int(sensor),
        amplitude=Special.NAN,
    )


def _disturbance(seen: Seen) -> int:
    status = SensorStatus(0)
    if seen.motion >= DISTURBED_FROM:
        status |= SensorStatus.ERRATIC_SIGNAL
    if seen.numbers is not None and seen.numbers.weak:
        status |= SensorStatus.LOW_PERFUSION
    return int(status)

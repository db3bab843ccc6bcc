"""A simulated Bluetooth pulse oximeter: PLX continuous measurement once a second."""

from __future__ import annotations

from collections.abc import Sequence

from bumble.gatt import Service
from bumble.gatt_server import Server

from kapmonitor.codecs.plx_status import MeasurementStatus, SensorStatus
from kapmonitor.codecs.pulse_oximeter import PlxContinuous
from kapmonitor.codecs.sfloat import Special
from simulators.gatt import device_information, notifying, readable, service
from simulators.peripheral import Peripheral
from simulators.physiology import BodyState

_AVERAGED_S = 8
_DISTURBING = 0.5
# 0x2A60, PLX Features: measurement status, device and sensor status supported; all bits of each.
_FEATURES = bytes([0x03, 0x00]) + b"\xe0\xff" + b"\xff\xff\x00"


class BlePulseOximeter(Peripheral):
    """Notifies 0x2A5F once a second: SpO2 and pulse rate averaged over 8 s, perfusion index, status."""

    name = "Simulated oximeter"
    advertised = 0x1822

    def services(self, server: Server) -> Sequence[Service]:
        """Pulse Oximeter 0x1822, Device Information 0x180A."""
        del server
        self._continuous = notifying(0x2A5F)
        return (
            service(0x1822, self._continuous, readable(0x2A60, _FEATURES)),
            device_information("kapmonitor", self.name),
        )

    async def serve(self) -> None:
        """Notify each second what the light saw."""
        async for _, now in self.seconds():
            await self.notify(self._continuous, self.measure(now).encode())

    def measure(self, now: float) -> PlxContinuous:
        """The notification of `now` (clock seconds)."""
        state = self.body.state(now)
        if not state.finger:
            return PlxContinuous(
                Special.NAN,
                Special.NAN,
                measurement_status=int(MeasurementStatus.UNAVAILABLE),
                sensor_status=int(SensorStatus.UNCONNECTED_TO_USER),
                amplitude=Special.NAN,
            )
        seen = [self.body.state(now - ago) for ago in range(_AVERAGED_S)]
        return PlxContinuous(
            spo2=round(sum(each.spo2 for each in seen) / len(seen)),
            pulse_rate=round(sum(each.heart_rate for each in seen) / len(seen)),
            measurement_status=int(MeasurementStatus.VALIDATED),
            sensor_status=_disturbance(state),
            amplitude=round(state.perfusion_index, 2),
        )


def _disturbance(state: BodyState) -> int:
    return int(SensorStatus.ERRATIC_SIGNAL) if state.motion >= _DISTURBING else 0

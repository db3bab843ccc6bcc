"""A simulated heart-rate strap: Heart Rate Service with RR intervals, battery, device information."""

from __future__ import annotations

from collections.abc import Sequence

from bumble.gatt import Service
from bumble.gatt_server import Server

from kapmonitor.clock import Clock
from kapmonitor.codecs.heart_rate import HeartRateMeasurement
from simulators.gatt import ToldBattery, device_information, notifying, readable, service
from simulators.peripheral import Peripheral
from simulators.physiology import Body

CHEST = b"\x01"
"""Body Sensor Location, 0x2A38."""

_FITTING = 9
"""RR intervals in a notification of the smallest MTU, 23; the newest of them count."""


class HeartRateStrap(Peripheral):
    """Notifies once a second: the rate, the RR intervals of that second's beats, the contact flag."""

    name = "Simulated strap"
    advertised = 0x180D
    silent_when = "strap_silent"

    def __init__(self, body: Body, clock: Clock, *, seed: int) -> None:
        """`seed` decides how full the battery is."""
        super().__init__(body, clock, seed=seed)
        self.battery = ToldBattery(body, "strap_battery", seed)

    def services(self, server: Server) -> Sequence[Service]:
        """Heart Rate 0x180D, Battery 0x180F, Device Information 0x180A."""
        del server
        self._measurement = notifying(0x2A37)
        return (
            service(0x180D, self._measurement, readable(0x2A38, CHEST)),
            self.battery.service(self.clock.now()),
            device_information("kapmonitor", self.name),
        )

    async def serve(self) -> None:
        """Notify each second what the heart did in it."""
        async for since, now in self.seconds():
            await self.notify(self._measurement, self.measure(since, now).encode())
            await self.battery.tell(self.notify, now)

    def measure(self, since: float, now: float) -> HeartRateMeasurement:
        """The notification of the span from `since` to `now` (clock seconds).

        Without skin a strap hears no beats, and says so.
        """
        state = self.body.state(now)
        beats = self.body.beats(since, now)
        if not state.contact:
            return HeartRateMeasurement(heart_rate=0, contact=False)
        intervals = tuple(round(beat.rr_ms * 1024 / 1000) for beat in beats)
        return HeartRateMeasurement(round(state.heart_rate), contact=True, rr_1024=intervals[-_FITTING:])

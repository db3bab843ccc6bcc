"""A simulated patient with strap, oximeter and cuff, heard through the real codecs, second by second.

What is left out is only what carries the bytes: no link, no task. A device that is silent or gone is
reported as its supervisor would.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Literal

from kapmonitor.codecs import contec_cms50, heart_rate, pulse_oximeter, suntech
from kapmonitor.codecs.suntech import CuffPressure, Result
from kapmonitor.model import (
    DeviceData,
    DeviceKind,
    DeviceReport,
    DeviceState,
    Observation,
    Origin,
    Route,
    reading,
)
from simulators.ble_pulse_oximeter import BlePulseOximeter
from simulators.contec_cms50 import display
from simulators.cuff_cycle import Cycle
from simulators.events import GONE, SILENT
from simulators.heart_rate_strap import HeartRateStrap
from simulators.oximetry import Oximetry
from simulators.physiology import Body
from simulators.scenario import Scenario
from simulators.suntech_nibp import LEAK, result_of
from tests.warp import WarpClock

Oximeter = Literal["contec-cms50", "ble-pulse-oximeter"]
SILENT_S = 3
Said = DeviceData | DeviceReport


class Bedside:
    """Second by second: what comes from the devices."""

    def __init__(self, scenario: Scenario, seed: int, route: Route, oximeter: Oximeter) -> None:
        self.body = Body(
            seed, route, 0.0, scenario.events, dosed_at=scenario.dose_s, response=scenario.response
        )
        self._dice = Random(seed)
        self._strap = HeartRateStrap(self.body, WarpClock(), seed=seed)
        self._contec = Oximetry(self.body)
        self._ble = BlePulseOximeter(self.body, WarpClock(), seed=seed)
        self._kind = oximeter
        self._cycle: Cycle | None = None
        self._quiet_s = dict.fromkeys(DeviceKind, 0)
        self._battery = 90.0
        self.body.cuff_mmhg = lambda now: 0.0 if self._cycle is None else self._cycle.mmhg(now)

    @property
    def measuring(self) -> bool:
        """Whether the cuff measures."""
        return self._cycle is not None

    def start_cuff(self, now: float) -> None:
        """Staff press start; a cuff that is gone does nothing."""
        if not self._away(DeviceKind.CUFF, now):
            self._cycle = Cycle.on(self.body.state(now), now)

    def stop_cuff(self) -> None:
        """The pressure is let out."""
        self._cycle = None

    def second(self, now: float) -> Iterator[Said]:
        """All that is said in the second that ends `now`."""
        yield from self._say(DeviceKind.STRAP, now, self._beats(now))
        yield from self._say(DeviceKind.OXIMETER, now, self._saturation(now))
        yield from self._say(DeviceKind.CUFF, now, self._pressure(now))

    def _away(self, kind: DeviceKind, now: float) -> bool:
        return self.body.holds(SILENT[kind], now) or self.body.holds(GONE[kind], now)

    def _say(self, kind: DeviceKind, now: float, observations: list[Observation]) -> Iterator[Said]:
        before = self._quiet_s[kind]
        if self._away(kind, now):
            self._quiet_s[kind] += 1
            if self._quiet_s[kind] == SILENT_S:
                yield DeviceReport(kind, kind, DeviceState.LOST, "the connection is lost")
            return
        self._quiet_s[kind] = 0
        if before >= SILENT_S or now <= 1:
            yield DeviceReport(kind, kind, DeviceState.LIVE, "working")
        if observations:
            yield DeviceData(kind, kind, Origin.SIMULATED, observations)

    def _beats(self, now: float) -> list[Observation]:
        message = self._strap.measure(now - 1, now)
        found: list[Observation] = [*heart_rate.observe(heart_rate.decode(message.encode()))]
        battery = min(self._battery, self.body.least("strap_battery", now))
        if battery != self._battery or now <= 1:
            self._battery = battery
            found.append(reading("battery", battery))
        return found

    def _saturation(self, now: float) -> list[Observation]:
        if self._kind == "contec-cms50":
            sample = display(self._contec.second(now), index=False)
            return [*contec_cms50.readings(sample)]
        message = pulse_oximeter.decode_continuous(self._ble.measure(now).encode())
        return [*pulse_oximeter.observe(message)]

    def _pressure(self, now: float) -> list[Observation]:
        cycle = self._cycle
        if cycle is None:
            return []
        if now - cycle.began < cycle.lasts_s:
            return [*suntech.observe(CuffPressure(cycle.mmhg(now)))]
        self._cycle = None
        leaks = self.body.holds("cuff_leak", now)
        result = Result(error=LEAK) if leaks else result_of(self.body.state(now), self._dice)
        return [*suntech.observe(result)]

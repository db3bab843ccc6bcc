"""A simulated Polar H10: a strap whose ECG can be had by the measurement data service."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from bumble.gatt import Service
from bumble.gatt_server import Server

from kapmonitor.clock import Clock
from kapmonitor.codecs import polar_pmd
from kapmonitor.codecs.heart_rate import HeartRateMeasurement
from simulators.ecg import microvolts
from simulators.events import EventKind
from simulators.gatt import commanding, notifying, service
from simulators.heart_rate_strap import HeartRateStrap
from simulators.physiology import Body

SAMPLES = 73
"""In a notification of an MTU of 232."""
_SINCE_2000_S = 946_684_800.0
HANGS_UP_AFTER_S = 45.0
"""Without skin, as Polar says of it; it has no word for that."""


class PolarH10(HeartRateStrap):
    """`streaming`: it sends ECG, until it is told to stop, whoever is there; `starts` and `stops` count.

    `least_mtu`: below it the ECG is refused. Without skin it goes on for 45 s, then hangs up and sleeps until
    it has skin again. What it says meanwhile is not known: here the last rate and no RR intervals.
    """

    name = "Polar H10"

    def __init__(self, body: Body, clock: Clock, *, seed: int) -> None:
        """It does not stream yet."""
        super().__init__(body, clock, seed=seed)
        self.streaming = False
        self.starts = 0
        self.stops = 0
        self.least_mtu = polar_pmd.MTU
        self._orders: asyncio.Queue[bytes] = asyncio.Queue()
        self._rate = 0

    def services(self, server: Server) -> Sequence[Service]:
        """Those of any strap, and Polar's."""
        self._control = commanding(polar_pmd.CONTROL_POINT, self._orders.put_nowait)
        self._data = notifying(polar_pmd.DATA)
        return (*super().services(server), service(polar_pmd.SERVICE, self._control, self._data))

    async def serve(self) -> None:
        """Tell beats; do as the control point says; stream."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().serve())
            tasks.create_task(self._obey())
            tasks.create_task(self._stream())
            tasks.create_task(self._sleep_without_skin())

    def measure(self, since: float, now: float) -> HeartRateMeasurement:
        """As of any strap, with skin."""
        if not self.body.state(now).contact:
            return HeartRateMeasurement(self._rate, contact=True)
        measured = super().measure(since, now)
        self._rate = measured.heart_rate
        return measured

    async def _sleep_without_skin(self) -> None:
        kind: EventKind = "strap_off"
        while self.body.may_hold(kind):
            await self._until_skin_is(there=False)
            off_at = self.clock.now()
            while not self._skin() and self.clock.now() - off_at < HANGS_UP_AFTER_S:
                await self.clock.sleep(1.0)
            if not self._skin():
                self.stop_advertising()
                await self.disconnect()
                await self._until_skin_is(there=True)
                self.start_advertising()

    async def _until_skin_is(self, *, there: bool) -> None:
        while self._skin() is not there:
            await self.clock.sleep(1.0)

    def _skin(self) -> bool:
        return self.body.state(self.clock.now()).contact

    async def _obey(self) -> None:
        while True:
            order = await self._orders.get()
            answer = bytes((polar_pmd.ANSWER, order[0], order[1], self._do(order), 0))
            await self.indicate(self._control, answer)

    def _do(self, order: bytes) -> int:
        if order[:2] == polar_pmd.START_ECG[:2]:
            self.starts += 1
            if any(each.att_mtu < self.least_mtu for each in self._device.connections.values()):
                return polar_pmd.INVALID_MTU
            already, self.streaming = self.streaming, True
            return polar_pmd.ALREADY if already else polar_pmd.OK
        self.stops += 1
        self.streaming = False
        return polar_pmd.OK

    async def _stream(self) -> None:
        began = at = self.clock.now()
        while True:
            await self.clock.sleep(at + SAMPLES / polar_pmd.RATE_HZ - self.clock.now())
            if not self.streaming:
                began = at = self.clock.now()
                continue
            samples = microvolts(self.body, began, at, SAMPLES, polar_pmd.RATE_HZ)
            if not self._skin():
                samples = (0,) * SAMPLES
            at += SAMPLES / polar_pmd.RATE_HZ
            stamp = round((self.clock.utc().timestamp() - _SINCE_2000_S) * 1e9)
            await self.notify(self._data, polar_pmd.encode(polar_pmd.Ecg(samples, stamp)))

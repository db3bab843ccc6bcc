"""A simulated Bluetooth blood-pressure cuff, bonded, which only a person can start.

As real ones do, it keeps what it could not deliver and delivers it at the next subscription, and it drops
its bond when a central takes its subscription back (writes 0x0000 to the descriptor).
"""

# pyright: reportUnknownMemberType=false
# bumble's event emitters take any callable

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from bumble.device import Connection
from bumble.gatt import Characteristic, Service
from bumble.gatt_server import Server

from kapmonitor.clock import Clock
from kapmonitor.codecs.blood_pressure import BloodPressureMeasurement, CuffStatus, IntermediateCuffPressure
from kapmonitor.codecs.current_time import decode, encode
from kapmonitor.codecs.sfloat import Special
from simulators.cuff_cycle import MOST_MMHG
from simulators.cuff_faults import AIR_LEAK_MMHG, STOPPED_AFTER_S, failure
from simulators.events import EventKind
from simulators.gatt import (
    ToldBattery,
    device_information,
    indicating,
    notifying,
    only_for_bonded,
    readable,
    service,
    settable,
)
from simulators.peripheral import Peripheral
from simulators.physiology import Body

# 0x2A49, Blood Pressure Feature: body movement, cuff fit and irregular pulse detection.
_FEATURES = b"\x07\x00"
_INFLATE, _DEFLATE, _STEP_S = 20.0, -6.0, 0.5
_ABOVE_SYSTOLIC, _BELOW_DIASTOLIC = 30.0, 15.0
_MEMORY = 30
_CHARGE_EVERY_S = 10.0
_REMEMBERED_EVERY = timedelta(hours=7)
_WORDS = tuple(Special)


class BleBloodPressure(Peripheral):
    """Measures when its button is pressed: notifies 0x2A36 meanwhile, then indicates 0x2A35."""

    name = "Simulated cuff"
    advertised = 0x1810
    silent_when = "cuff_silent"

    def __init__(self, body: Body, clock: Clock, *, seed: int, every_s: float | None = None) -> None:
        """`every_s`: it presses its own button that often (clock seconds), as nobody else does in a demo."""
        super().__init__(body, clock, seed=seed)
        self.battery = ToldBattery(body, "cuff_battery", seed)
        self.every_s = every_s
        self.stored: deque[BloodPressureMeasurement] = deque(maxlen=_MEMORY)
        self._pressed = asyncio.Event()
        self._to_deliver = asyncio.Event()
        self._mmhg = 0.0
        body.cuff_mmhg = lambda _: self._mmhg

    def press_button(self) -> None:
        """What a person does to start a measurement; one more press while it measures changes nothing."""
        self._pressed.set()

    def store(self, measurement: BloodPressureMeasurement) -> None:
        """Have `measurement` in memory, not delivered yet."""
        self.stored.append(measurement)
        self._to_deliver.set()

    def services(self, server: Server) -> Sequence[Service]:
        """Blood Pressure 0x1810, subscribed to over an encrypted link, Battery, Device Information."""
        self._measurement = only_for_bonded(indicating(0x2A35), server)
        self._cuff_pressure = only_for_bonded(notifying(0x2A36), server)
        for each in (self._measurement, self._cuff_pressure):
            each.on(Characteristic.EVENT_SUBSCRIPTION, self._on_subscription)
        return (
            service(0x1810, self._measurement, self._cuff_pressure, readable(0x2A49, _FEATURES)),
            self.battery.service(self.clock.now()),
            device_information("kapmonitor", self.name),
        )

    async def serve(self) -> None:
        """Measure when asked, deliver when somebody listens."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._measure_when_pressed())
            group.create_task(self._deliver())
            group.create_task(self._remember())
            group.create_task(self._tell_charge())
            if self.every_s is not None:
                group.create_task(self._press_every(self.every_s))

    async def _tell_charge(self) -> None:
        while True:
            await self.clock.sleep(_CHARGE_EVERY_S)
            await self.battery.tell(self.notify, self.clock.now())

    async def _press_every(self, seconds: float) -> None:
        while True:
            self.press_button()
            await self.clock.sleep(seconds)

    async def _measure_when_pressed(self) -> None:
        while True:
            await self._pressed.wait()
            fails = failure(self.body, self.clock.now())
            await self._inflate(fails)
            self._pressed.clear()
            if fails != "cuff_user_stop":  # then there is nothing to tell
                self.store(self.result(fails))

    async def _inflate(self, fails: EventKind | None) -> None:
        """Inflate above the systolic, let it out below the diastolic pressure."""
        began, step = self.clock.now(), _INFLATE
        while step > 0 or self._mmhg > self.body.state(self.clock.now()).diastolic - _BELOW_DIASTOLIC:
            await self.clock.sleep(_STEP_S)
            if fails == "cuff_user_stop" and self.clock.now() - began > STOPPED_AFTER_S:
                break
            self._mmhg += step
            await self.notify(self._cuff_pressure, IntermediateCuffPressure(round(self._mmhg)).encode())
            if self._mmhg >= self._top(fails):
                step = _DEFLATE
        self._mmhg = 0.0

    def _top(self, fails: EventKind | None) -> float:
        if fails == "cuff_air_leak":
            return AIR_LEAK_MMHG
        if fails == "cuff_overpressure":
            return MOST_MMHG
        return self.body.state(self.clock.now()).systolic + _ABOVE_SYSTOLIC

    def result(self, fails: EventKind | None = None) -> BloodPressureMeasurement:
        """What the body has now, with a cuff's error of a few mmHg, stamped with the cuff's clock.

        Where it came to nothing it has no numbers. That it is loose is all that the service has a bit for;
        such a cuff measures all the same.
        """
        now = self.clock.now()
        timestamp = _local(self.shown())
        fails = fails or failure(self.body, now)
        if self.body.holds("cuff_not_a_number", now) or fails not in (None, "cuff_loose"):
            none = _WORDS[int(now) % len(_WORDS)] if fails is None else Special.NAN
            return BloodPressureMeasurement(none, none, none, timestamp=timestamp, status=0)
        state = self.body.state(now)
        error = self.dice.gauss(0.0, 2.0) + self.body.drift("cuff_drift", now)
        return BloodPressureMeasurement(
            systolic=round(state.systolic + error),
            diastolic=round(state.diastolic + 0.5 * error),
            mean=round(state.mean + 0.7 * error),
            timestamp=timestamp,
            pulse_rate=round(state.heart_rate),
            status=int(CuffStatus.CUFF_LOOSE) if fails else 0,
        )

    def shown(self) -> datetime:
        """What its clock shows."""
        return self.clock.utc() + timedelta(hours=self.hours_off())

    def hours_off(self) -> float:
        """By how much the script has its clock wrong."""
        return self.body.drift("cuff_wrong_clock", self.clock.now())

    async def _remember(self) -> None:
        """Have old readings where the script says so, each time it begins to."""
        kind: EventKind = "cuff_stored"
        while self.body.may_hold(kind):
            while not self.body.holds(kind, self.clock.now()):
                await self.clock.sleep(1.0)
            for number in range(round(self.body.least(kind, self.clock.now())), 0, -1):
                self.stored.append(_old(self.clock.utc() - number * _REMEMBERED_EVERY))
            await self.disconnect()  # so that they come as they do: at the next connection
            while self.body.holds(kind, self.clock.now()):
                await self.clock.sleep(1.0)

    async def _deliver(self) -> None:
        """Indicate what is stored, oldest first; forget it when the central has confirmed it."""
        while True:
            await self._to_deliver.wait()
            self._to_deliver.clear()
            while self.stored and await self.indicate(self._measurement, self.stored[0].encode()):
                self.stored.popleft()

    def _on_subscription(self, connection: Connection, notify: bool, indicate: bool) -> None:  # noqa: FBT001 - bumble's
        if notify or indicate:
            self._to_deliver.set()
        else:
            self._bonds.all_keys.pop(str(connection.peer_address), None)


class CuffWithClock(BleBloodPressure):
    """One whose clock can be read and set, 0x2A2B; it is `off` by so much, and `sets` counts.

    As an Omron (`maker`), it tells its time to whoever subscribes to it.
    """

    name = "Clocked cuff"

    def __init__(self, body: Body, clock: Clock, *, seed: int, maker: str = "kapmonitor") -> None:
        """Right at first."""
        super().__init__(body, clock, seed=seed)
        self.off = timedelta()
        self.sets = 0
        self.maker = maker

    def shown(self) -> datetime:
        """What its clock shows."""
        return super().shown() + self.off

    def services(self, server: Server) -> Sequence[Service]:
        """Those of any cuff, and Current Time 0x1805."""
        self._time = settable(0x2A2B, lambda: encode(self.shown().astimezone()), self._set)
        self._time.on(Characteristic.EVENT_SUBSCRIPTION, self._on_time_subscription)
        pressure, battery, _ = super().services(server)
        known = device_information(self.maker, self.name)
        return (pressure, battery, service(0x1805, self._time), known)

    def _set(self, data: bytes) -> None:
        self.sets += 1
        self.off = datetime(*decode(data)).astimezone() - super().shown()

    def _on_time_subscription(self, _: Connection, notify: bool, __: bool) -> None:  # noqa: FBT001 - bumble's
        if notify:
            told = self.notify(self._time, encode(self.shown().astimezone()))
            self._telling = asyncio.ensure_future(told)


def _old(taken: datetime) -> BloodPressureMeasurement:
    """Somebody's pressures of another day, high enough to alarm whoever took them for new ones."""
    return BloodPressureMeasurement(191, 118, 142, timestamp=_local(taken), pulse_rate=104, status=0)


def _local(moment: datetime) -> tuple[int, int, int, int, int, int]:
    """A cuff's clock shows local time and no zone."""
    local = moment.astimezone()
    return (local.year, local.month, local.day, local.hour, local.minute, local.second)

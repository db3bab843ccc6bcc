"""Sessions for reports, made by the real monitor: what it publishes and enters is their history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import numpy as np

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.config import load_routes
from kapmonitor.documents import Message, Vitals
from kapmonitor.model import (
    DeviceData,
    DeviceKind,
    Moment,
    Origin,
    Phase,
    Quality,
    Reading,
    Route,
    missing,
    reading,
)
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE, Person
from kapmonitor.report.times import to_us
from kapmonitor.session import commands, entries
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.commands import Command
from kapmonitor.session.cuff import Start
from kapmonitor.session.fold import begun
from kapmonitor.session.history import QUALITIES, History, Series
from kapmonitor.session.past import AlarmLine
from kapmonitor.storage import Record
from tests.alarms.script import cuff, default_rules
from tests.session.seat import DOCTOR, NURSE, THERAPIST

START = datetime(2026, 11, 21, 13, 0, 0, 250_000, tzinfo=UTC)
ROUTES = load_routes()
Body = Mapping[str, float | Reading]


def at(second: float) -> Moment:
    return Moment(5000 + second, START + timedelta(seconds=second))


class Bedside:
    """One seat with its three devices; `body` is what they measure, None: they are silent."""

    def __init__(
        self,
        *,
        drill: bool = True,
        client: entries.Client | None = None,
        room: str = "room-1",
        seat: str = "a",
        route: Route = Route.INTRAMUSCULAR,
        rules: str = "0123456789abcdef",
    ) -> None:
        self.second = 0.0
        self.origin = Origin.SIMULATED if drill else Origin.LIVE
        opening = entries.Opened(
            room=room, seat=seat, route=route, drill=drill,
            client=client or entries.Client(code="K-17", number="2026/0815"),
            therapist="therapist-1", rules=rules,
            arms=entries.Arms(cuff="left", oximeter="right"),
        )  # fmt: skip
        session = begun(f"{room}-{seat}-20261121-130000", opening, NURSE, at(0))
        self.monitor = Monitor(session, default_rules(), self.origin, ROUTES[route], cuff=CuffDoing.IDLE)
        self.body: Body | None = None
        self.pressure = (122.0, 78.0)
        self.dice = Random(17)
        self.alarms: list[AlarmLine] = []
        self.transitions: list[Transition] = []
        self.seconds: list[tuple[Moment, Vitals]] = []
        self._cuff_at: list[float] = []
        self._said(self.monitor.begin(at(0)))
        for kind, driver in (
            ("strap", "heart-rate-strap"),
            ("oximeter", "contec-cms50"),
            ("cuff", "suntech-nibp"),
        ):
            used = entries.DeviceUsed(
                device=f"{kind}-1", device_kind=kind, driver=driver, battery=81, origin=self.origin
            )
            self._said(self.monitor.enter(used, SERVICE, self.now))

    @property
    def now(self) -> Moment:
        return at(self.second)

    def do(self, command: Command, by: Person = NURSE) -> None:
        self._said(self.monitor.command(command, by, self.now))

    def enter(self, what: entries.AnyWhat, by: Person = NURSE) -> None:
        self._said(self.monitor.enter(what, by, self.now))

    def acknowledge(self, name: str, by: str = "nurse-1") -> None:
        [found] = [each for each in self.monitor.engine.open_alarms(self.now.at) if each.name == name]
        self._said(self.monitor.do(Acknowledge(found.alarm, found.seq, by), self.now))

    def wait(self, seconds: int, body: Body | None = None, **changes: float | Reading) -> None:
        """Seconds of the same, with a little of what a body does by itself."""
        for _ in range(seconds):
            self.second += 1
            self._measure((self.body if body is None else body), changes)
            self._said(self.monitor.tick(self.now))

    def silent(self, seconds: int) -> None:
        """The service is away: nothing is written, nothing judged."""
        before = self.now.utc
        self.second += seconds
        self.enter(entries.Gap(since=before, until=self.now.utc), SERVICE)

    def _measure(self, body: Body | None, changes: Body) -> None:
        if body is not None:
            said = {name: self._value(name, each) for name, each in {**body, **changes}.items()}
            strap = [each for each in said.values() if each.quantity == "heart_rate"]
            finger = [each for each in said.values() if each.quantity != "heart_rate"]
            self._said(
                self.monitor.take(DeviceData("strap-1", DeviceKind.STRAP, self.origin, strap), self.now)
            )
            self._said(
                self.monitor.take(
                    DeviceData("oximeter-1", DeviceKind.OXIMETER, self.origin, finger), self.now
                )
            )
        if self._cuff_at and self._cuff_at[0] <= self.second:
            del self._cuff_at[0]
            one = cuff(*(round(each + self.dice.gauss(0, 2)) for each in self.pressure))
            self._said(self.monitor.take(DeviceData("cuff-1", DeviceKind.CUFF, self.origin, [one]), self.now))

    def _value(self, name: str, each: float | Reading) -> Reading:
        if isinstance(each, Reading):
            return each
        spread = 0.4 if name == "spo2" else 1.5
        return reading(name, min(round(each + self.dice.gauss(0, spread)), 100 if name == "spo2" else 250))

    def _said(self, messages: list[Message]) -> None:
        self._cuff_at += [self.second + 25 for order in self.monitor.orders() if isinstance(order, Start)]
        came = self.monitor.drain()
        self.transitions += came
        self.alarms += [_line(each, self.now) for each in came]
        for message in messages:
            if isinstance(message.payload, Vitals) and message.topic.endswith("/vitals"):
                self.seconds.append((self.now, message.payload))

    async def keep(self, record: Record) -> None:
        """Have the record keep all of it; its numbers a minute at a time, as it holds only some in memory."""
        session = self.monitor.session
        record.begin(session, self.origin)
        record.save(session, self.monitor.engine.state, self.transitions, [], self.now)
        for number, (moment, shown) in enumerate(self.seconds):
            record.vitals(session.id, shown.values, moment)
            if number % 60 == 0:
                assert await record.durable(30)
        if session.ended is not None:
            record.end(session, self.now, NURSE.id)
        assert await record.durable(30)

    def history(self) -> History:
        names = {name for _, shown in self.seconds for name in shown.values}
        return History(
            session=self.monitor.session,
            origin=self.origin,
            numerics={name: self._series(name) for name in sorted(names)},
            waves={},
            alarms=self.alarms,
        )

    def _series(self, name: str) -> Series:
        rows = [(to_us(when.utc), shown.values[name]) for when, shown in self.seconds if name in shown.values]
        devices = tuple(dict.fromkeys(value.device or "" for _, value in rows))
        reasons = ["", *sorted({value.reason for _, value in rows if value.reason})]
        return Series(
            quantity=name,
            unit=rows[0][1].unit,
            t_us=np.array([t for t, _ in rows], dtype=np.int64),
            value=np.array([np.nan if v.value is None else v.value for _, v in rows]),
            raw=np.array([np.nan if v.raw is None else v.raw for _, v in rows]),
            quality=np.array([QUALITIES.index(Quality(v.quality)) for _, v in rows], dtype=np.uint8),
            reason=np.array([reasons.index(v.reason or "") for _, v in rows], dtype=np.uint8),
            device=np.array([devices.index(v.device or "") for _, v in rows], dtype=np.uint8),
            devices=devices,
            reasons=tuple(reasons),
        )


WELL: Body = {"spo2": 97.0, "heart_rate": 68.0, "pulse_rate": 68.0}
DOUBTED: Body = {
    "spo2": Reading("spo2", 84.0, Quality.QUESTIONABLE, "artifact"),
    "pulse_rate": missing("pulse_rate", "artifact"),
}
OFF: Body = {"spo2": missing("spo2", "no_finger"), "pulse_rate": missing("pulse_rate", "no_finger")}


def two_hours(hours: float = 2.0, **changes: Any) -> Bedside:
    """From screening to going home: SpO2 falls, pressure rises, a restroom, a restart."""
    bed = Bedside(**changes)
    bed.body = WELL
    _until_the_dose(bed)
    _onset_and_peak(bed)
    bed.wait(max(0, round(hours * 3600 - bed.second) - 900))
    _leaving(bed)
    return bed


def _until_the_dose(bed: Bedside) -> None:
    bed.do(commands.Screen(medicines=("stimulant",), text="Sleeps badly; no heart disease known"))
    bed.do(commands.SetPhase(phase=Phase.BASELINE))
    bed.wait(240)
    bed.do(commands.ConfirmBaseline(posture="reclining", cuff_size="adult"))
    bed.wait(300)
    bed.do(commands.GiveDose(amount=60, lot="L-4711"))


def _onset_and_peak(bed: Bedside) -> None:
    bed.pressure = (138, 86)
    bed.wait(420, heart_rate=76, pulse_rate=76)
    bed.do(commands.LogEvent(kind="dissociation", severity="moderate"), THERAPIST)
    bed.wait(300, heart_rate=84, pulse_rate=84)
    bed.wait(45, spo2=86)
    bed.acknowledge("spo2-low")
    bed.do(commands.Intervene(what="Head turned, airway open", recheck_min=5))
    bed.wait(90, spo2=95)
    bed.do(commands.Recheck(of=len(bed.monitor.session.entries), text="Breathes quietly"))
    bed.pressure = (172, 104)
    bed.wait(900, heart_rate=88, pulse_rate=88)
    bed.pressure = (140, 88)
    bed.do(commands.LogEvent(kind="nausea", severity="mild"), THERAPIST)
    bed.wait(75, {**WELL, **DOUBTED})
    bed.wait(400)
    bed.silent(95)
    bed.wait(400)
    bed.do(commands.GiveDose(amount=20, lot="L-4711", reason="asked for by the client, as agreed"), DOCTOR)
    bed.wait(1500)
    bed.do(commands.LogEvent(kind="nausea", resolved=True), THERAPIST)
    bed.wait(600)


def _leaving(bed: Bedside) -> None:
    bed.pressure = (126, 80)
    bed.do(commands.Interrupt(minutes=3, with_whom="therapist-1"))
    bed.wait(120, {**WELL, **OFF, "heart_rate": missing("heart_rate", "no_contact")})
    bed.wait(180)
    bed.do(commands.LogEvent(kind="dissociation", resolved=True), THERAPIST)
    bed.do(commands.LogEvent(kind="sedation", score=5))
    bed.do(commands.WriteNote(text="Speaks of the sea & a <bright> house; calm."), THERAPIST)
    bed.do(
        commands.Correct(of=len(bed.monitor.session.entries), text="it was a boat, not a house"), THERAPIST
    )
    if bed.monitor.session.phase is not Phase.RECOVERY:
        bed.do(commands.SetPhase(phase=Phase.RECOVERY))
    bed.do(commands.SetPhase(phase=Phase.DISCHARGE))
    bed.wait(300)
    for item in ("observed", "pressure", "spo2", "sedation", "transport"):
        bed.do(commands.SignItem(item=item, text="judged at the bedside"))
    bed.wait(120)
    bed.do(commands.EndSession(reason="picked up by her sister, who signs outside"))


def _line(each: Any, now: Moment) -> AlarmLine:
    fields = {name: getattr(each, name) for name in AlarmLine.__struct_fields__ if name not in ("t", "by")}
    return AlarmLine(**fields, by=each.acknowledged_by, t=now.utc)

"""A scenario played through the real monitor in virtual time, with staff who do what staff do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import inf
from statistics import fmean

from kapmonitor import documents
from kapmonitor.alarms.inputs import Acknowledge, BaselineConfirmed, Here, Interrupt
from kapmonitor.config import load_routes, load_rules
from kapmonitor.documents import AlarmEvent, Message
from kapmonitor.model import BloodPressure, DeviceData, Happened, Moment, Origin, Phase, Route
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE
from kapmonitor.session.entries import PhaseEntered
from simulators.scenario import Scenario
from tests.sessions import opened
from tests.simulators.bedside import Bedside, Oximeter

BASELINE_CUFFS_S = (30, 100)
BASELINE_S = 150
PEAK_AFTER_MIN = {
    Route.INTRAMUSCULAR: 10,
    Route.INTRAVENOUS: 10,
    Route.INTRANASAL: 10,
    Route.SUBLINGUAL: 20,
}
RECOVERY_AFTER_MIN = {
    Route.INTRAMUSCULAR: 45,
    Route.INTRAVENOUS: 55,
    Route.INTRANASAL: 60,
    Route.SUBLINGUAL: 75,
}
SEEN_AFTER_S, AGAIN_AFTER_S = 30, 60
START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
RULES, ROUTES = load_rules(), load_routes()


@dataclass(slots=True)
class Played:
    """What staff saw. Times in seconds after the start."""

    scenario: Scenario
    said: list[tuple[float, AlarmEvent]] = field(default_factory=list[tuple[float, AlarmEvent]])
    pressures: list[tuple[float, BloodPressure]] = field(default_factory=list[tuple[float, BloodPressure]])
    spo2: dict[float, float | None] = field(default_factory=dict[float, float | None])

    def dose(self, minutes: float, seconds: float = 0.0) -> float:
        """So long after the dose."""
        return self.scenario.dose_s + 60 * minutes + seconds

    def first(self, name: str, priority: str) -> float:
        """When the alarm `name` first had `priority`; infinity where it never had."""
        found = [at for at, each in self.said if (each.name, each.priority) == (name, priority)]
        return min(found, default=inf)

    def over(self, name: str) -> float:
        """When the alarm `name` was last over."""
        return max(
            (at for at, each in self.said if each.name == name and each.state == "inactive"), default=inf
        )

    def alarms(self) -> set[tuple[str, str]]:
        """Every alarm with every priority that it came or rose to."""
        return {(each.name, each.priority) for _, each in self.said if each.event in ("start", "escalate")}


class _Session:
    def __init__(self, scenario: Scenario, seed: int, route: Route, oximeter: Oximeter) -> None:
        self.bedside = Bedside(scenario, seed, route, oximeter)
        session = opened(ident="s-1", route=route, phase=Phase.READY, at=_moment(0))
        self.monitor = Monitor(session, RULES, Origin.SIMULATED, ROUTES[route], shown=False)
        self.played = Played(scenario)
        self.take(self.monitor.begin(_moment(0)), 0)
        self._route = route
        self._dosed_at = -inf
        self._cuff_at: float | None = None
        self._boosters = [event.at for event in scenario.events if event.kind == "booster"]

    def take(self, messages: list[Message], now: float) -> None:
        for message in messages:
            if isinstance(message.payload, documents.AlarmEvent):
                self.played.said.append((now, message.payload))

    def second(self, now: float) -> None:
        moment = _moment(now)
        for each in self.bedside.second(now):
            if isinstance(each, DeviceData):
                self.take(self.monitor.take(each, moment), now)
                self._note(each, now)
            else:
                self.take(self.monitor.report(each, moment), now)
        self._staff(now)
        self.take(self.monitor.tick(moment), now)

    def _note(self, data: DeviceData, now: float) -> None:
        for one in data.observations:
            if isinstance(one, BloodPressure):
                self._measured(one, now)
            elif one.quantity == "spo2":
                self.played.spo2[now] = one.value  # type: ignore[union-attr] # no waveform is called so

    def _measured(self, one: BloodPressure, now: float) -> None:
        self.played.pressures.append((now, one))
        systolic, diastolic = one.systolic.value, one.diastolic.value
        bad = systolic is None or diastolic is None or systolic >= 180 or diastolic >= 110 or systolic <= 90
        self._cuff_at = now + AGAIN_AFTER_S if bad else None

    def _staff(self, now: float) -> None:
        self._lead(now)
        due = self.monitor.engine.state.due
        wanted = now in BASELINE_CUFFS_S or now >= min(
            self._cuff_at or inf, inf if due is None or now < BASELINE_S else due
        )
        if wanted and not self.bedside.measuring:
            self._cuff_at = now + AGAIN_AFTER_S  # asked again where nothing comes of it
            self.bedside.start_cuff(now)
        for alarm in self.monitor.engine.open_alarms(now):
            seen = alarm.priority != "low" and not alarm.acknowledged
            if seen and now - alarm.since >= SEEN_AFTER_S:
                self._cuff_at = min(self._cuff_at or now, now) if alarm.priority == "high" else self._cuff_at
                self.do(Here("nurse-1"), now)
                self.do(Acknowledge(alarm.alarm, alarm.seq, "nurse-1"), now)

    def _lead(self, now: float) -> None:
        """Baseline, doses and phases."""
        if now == BASELINE_S:
            self.do(BaselineConfirmed(self._baseline()), now)
        if now in (self.played.scenario.dose_s, *(self.played.dose(0, at) for at in self._boosters)):
            self._dosed_at = now
            self.do(Happened("dose"), now)
            self.enter(Phase.ONSET, now)
        since = (now - self._dosed_at) / 60
        if since == PEAK_AFTER_MIN[self._route]:
            self.enter(Phase.PEAK, now)
        if since == RECOVERY_AFTER_MIN[self._route]:
            self.enter(Phase.RECOVERY, now)

    def enter(self, phase: Phase, now: float) -> None:
        self.take(self.monitor.enter(PhaseEntered(phase=phase), SERVICE, _moment(now)), now)

    def _baseline(self) -> dict[str, float]:
        pairs = [(one.systolic.value, one.diastolic.value) for _, one in self.played.pressures]
        state = self.bedside.body.state(BASELINE_S)
        return {
            "systolic": fmean(systolic or 0 for systolic, _ in pairs),
            "diastolic": fmean(diastolic or 0 for _, diastolic in pairs),
            "heart_rate": state.heart_rate,
            "spo2": state.spo2,
        }

    def do(self, what: BaselineConfirmed | Happened | Here | Acknowledge | Interrupt, now: float) -> None:
        self.take(self.monitor.do(what, _moment(now)), now)


def play(
    scenario: Scenario,
    seed: int = 1,
    *,
    route: Route = Route.INTRAMUSCULAR,
    oximeter: Oximeter = "contec-cms50",
    minutes: int = 120,
    interruption_at: float = inf,
) -> Played:
    """`minutes` from the dose on. `interruption_at`: when staff log one of 10 minutes (s after the start)."""
    one = _Session(scenario, seed, scenario.route or route, oximeter)
    for now in range(1, int(scenario.dose_s) + 60 * minutes):
        if now == interruption_at:
            one.do(Interrupt("nurse-1", 10), now)
        one.second(now)
    return one.played


def _moment(second: float) -> Moment:
    return Moment(second, START + timedelta(seconds=second))

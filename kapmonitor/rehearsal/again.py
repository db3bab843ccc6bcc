"""The last part of a session once more, under these limits or others: what would have alarmed. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from math import isnan

from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.documents import AlarmEvent, Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import DeviceData, DeviceKind, Moment, Origin, Reading
from kapmonitor.monitor import Monitor
from kapmonitor.people import Person
from kapmonitor.session import entries
from kapmonitor.session.entries import Entry
from kapmonitor.session.fold import folded
from kapmonitor.session.history import QUALITIES, History, Series
from kapmonitor.session.past import AlarmLine, WouldAlarm
from kapmonitor.session.routes import RouteTable

WARM_S = 300.0
"""So long before it begins to count it runs: delays and windows are filled by then."""
KINDS = {"spo2": DeviceKind.OXIMETER, "pulse_rate": DeviceKind.OXIMETER, "heart_rate": DeviceKind.STRAP}
TOLD = (
    entries.PhaseEntered,
    entries.BaselineConfirmed,
    entries.Dose,
    entries.Measured,
    entries.CuffFailed,
    entries.Symptom,
    entries.HelpCalled,
    entries.Presence,
    entries.Interrupted,
    entries.InterruptionOver,
    entries.SwitchedOff,
)
"""The entries that mean something to alarms; limits that were moved do not: `rules` hold all the time."""

Step = tuple[float, int, Entry | AlarmLine | DeviceData]


def again(history: History, rules: RuleSet, table: RouteTable, since: datetime) -> list[WouldAlarm]:
    """What would have begun or got worse from `since` (UTC) on: devices and people as they were then."""
    return _Again(history, rules, table, since).run()


class _Again:
    def __init__(self, history: History, rules: RuleSet, table: RouteTable, since: datetime) -> None:
        self._history = history
        self._start = history.session.started
        self._since = self._at(since)
        self._told = [each for each in history.session.entries[1:] if isinstance(each.what, TOLD)]
        session = folded(history.session.id, history.session.entries[:1])
        self._monitor = Monitor(session, rules, Origin.REPLAY, table, gated=False, shown=False)
        self._came: list[WouldAlarm] = []

    def run(self) -> list[WouldAlarm]:
        monitor, begin = self._monitor, self._since - WARM_S
        self._hear(monitor.begin(self._start))
        for entry in self._told:
            if entry.moment.at < begin:
                self._enter(entry)
        steps = sorted(self._steps(begin), key=lambda step: step[:2])
        second = max(begin, self._start.at)
        for at, _, what in steps:
            while second < at:
                self._hear(monitor.tick(self._moment(second)))
                second += 1.0
            self._do(what, self._moment(at))
            monitor.orders()
        return self._came

    def _steps(self, begin: float) -> Iterator[Step]:
        yield from self._measured(begin)
        for number, entry in enumerate(self._told):
            if entry.moment.at >= begin:
                yield entry.moment.at, number, entry
        for number, line in enumerate(self._history.alarms):
            if line.event == "acknowledge" and self._at(line.t) >= begin:
                yield self._at(line.t), number, line

    def _measured(self, begin: float) -> Iterator[Step]:
        for name, kind in KINDS.items():
            series = self._history.numerics.get(name)
            if series is None:
                continue
            for n, t_us in enumerate(series.t_us.tolist()):
                at = self._start.at + t_us / 1e6 - self._start.utc.timestamp()
                if at >= begin:
                    device = series.devices[int(series.device[n])]
                    yield at, -1, DeviceData(device, kind, Origin.REPLAY, [_reading(series, n)])

    def _do(self, what: Entry | AlarmLine | DeviceData, moment: Moment) -> None:
        match what:
            case DeviceData():
                self._hear(self._monitor.take(what, moment))
            case Entry():
                self._enter(what)
            case AlarmLine():
                self._acknowledge(what, moment)

    def _enter(self, entry: Entry) -> None:
        self._hear(self._monitor.enter(entry.what, Person(entry.by, entry.role), entry.moment))

    def _acknowledge(self, line: AlarmLine, moment: Moment) -> None:
        """Who saw the alarm of that name then sees the one of that name as it is now."""
        for alarm in self._monitor.engine.open_alarms(moment.at):
            if alarm.name == line.name:
                try:
                    self._hear(self._monitor.do(Acknowledge(alarm.alarm, alarm.seq, line.by or ""), moment))
                except RefusedError:
                    return

    def _hear(self, messages: Iterable[Message]) -> None:
        for message in messages:
            one = message.payload
            if isinstance(one, AlarmEvent) and one.event in ("start", "escalate"):
                self._note(one)
        self._monitor.drain()

    def _note(self, one: AlarmEvent) -> None:
        if self._at(datetime.fromisoformat(one.ts)) >= self._since:
            self._came.append(
                WouldAlarm(
                    ts=one.ts,
                    alarm=one.name,
                    rule=one.rule,
                    priority=one.priority,
                    event=one.event,
                    value=one.value,
                )
            )

    def _at(self, when: datetime) -> float:
        return self._start.at + (when - self._start.utc).total_seconds()

    def _moment(self, at: float) -> Moment:
        return Moment(at, datetime.fromisoformat(self._start.earlier(at)))


def _reading(series: Series, n: int) -> Reading:
    quality, raw = QUALITIES[int(series.quality[n])], float(series.raw[n])
    if isnan(raw):
        return Reading(
            series.quantity, None, quality, series.reasons[int(series.reason[n])] or "not_available"
        )
    return Reading(series.quantity, raw, quality)

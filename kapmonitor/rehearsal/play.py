"""Plays a script through the real monitor: devices and people as it says, a tick a second, no clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import msgspec

from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.documents import AlarmEvent, Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import DeviceData, DeviceReport, Moment, Origin, Phase, Route
from kapmonitor.monitor import Monitor
from kapmonitor.people import SERVICE
from kapmonitor.rehearsal.lines import Acknowledged, Meant
from kapmonitor.rehearsal.script import Script
from kapmonitor.session.entries import Opened, PhaseEntered
from kapmonitor.session.fold import begun
from kapmonitor.session.routes import RouteTable

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""Any day: a rehearsal has no date, and says none."""


class Line(msgspec.Struct, frozen=True):
    """One event of one alarm, `at` seconds from the script's 0; the keys of docs/rehearsing.md."""

    at: float
    alarm: str
    rule: str
    priority: str
    event: str
    state: str
    acknowledged: bool
    value: float | None
    page: bool


class Played(msgspec.Struct, frozen=True):
    """What came of a script. `notes`: what its people tried in vain, with the line's number."""

    lines: list[Line]
    notes: list[str]


def play(script: Script, routes: Mapping[Route, RouteTable]) -> Played:
    """Everything that the alarm system would have done; `routes` say when cuff readings are due."""
    return _Play(script, routes[script.route]).run()


class _Play:
    def __init__(self, script: Script, table: RouteTable) -> None:
        self._script = script
        self._moment = _moment(script.begin)
        opened = Opened(room="rehearsal", seat="a", route=script.route, drill=True)
        session = begun("rehearsal", opened, SERVICE, self._moment)
        self._monitor = Monitor(session, script.rules, Origin.SIMULATED, table, gated=False, shown=False)
        self._lines: list[Line] = []
        self._notes: list[str] = []

    def run(self) -> Played:
        script = self._script
        self._tell(self._monitor.begin(self._moment), script.begin)
        second = -int(-script.begin // 1)
        for at, number, what in script.in_order():
            if at > script.end:
                break
            second = self._seconds(second, at)
            if at != self._moment.at:
                self._moment = _moment(at)
            self._say(what, self._moment, number)
        self._seconds(second, int(script.end) + 1)
        return Played(self._lines, self._notes)

    def _seconds(self, second: int, before: float) -> int:
        """Tick all seconds before `before`; whatever a device says in a second comes before its tick."""
        while second < before:
            if second != self._moment.at:
                self._moment = _moment(second)
            self._tell(self._monitor.tick(self._moment), second)
            second += 1
        return second

    def _say(self, what: Meant, moment: Moment, number: int) -> None:
        try:
            self._tell(self._messages(what, moment), moment.at)
        except RefusedError as error:
            self._notes.append(f"line {number}, at {moment.at:g} s: {error}")

    def _messages(self, what: Meant, moment: Moment) -> list[Message]:
        monitor = self._monitor
        match what:
            case DeviceData():
                return monitor.take(what, moment)
            case DeviceReport():
                return monitor.report(what, moment)
            case Phase():
                # Whatever it was before: a rehearsal has no gates.
                return monitor.enter(PhaseEntered(phase=what), SERVICE, moment)
            case Acknowledged():
                return monitor.do(self._seen(what, moment), moment)
            case _:
                return monitor.do(what, moment)

    def _seen(self, what: Acknowledged, moment: Moment) -> Acknowledge:
        """The alarm of that name, as whoever looks at this moment sees it."""
        for alarm in self._monitor.engine.open_alarms(moment.at):
            if alarm.name == what.alarm:
                return Acknowledge(alarm.alarm, alarm.seq, what.by)
        raise RefusedError(f"There is no alarm {what.alarm} at that moment; nothing was acknowledged.")

    def _tell(self, messages: list[Message], at: float) -> None:
        if messages:
            self._lines += _events(messages, float(at))


def _events(messages: list[Message], at: float) -> Iterator[Line]:
    for message in messages:
        one = message.payload
        if isinstance(one, AlarmEvent):
            yield Line(
                at,
                one.name,
                one.rule,
                one.priority,
                one.event,
                one.state,
                one.acknowledged,
                one.value,
                one.page,
            )


def _moment(at: float) -> Moment:
    return Moment(at, _EPOCH + timedelta(seconds=at))

"""The session's monitor told again what it was told then, with these limits or others. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.documents import Message
from kapmonitor.errors import RefusedError
from kapmonitor.flight.monitor import said_of
from kapmonitor.flight.records import (
    Acknowledged,
    Began,
    Commanded,
    Compared,
    CuffRefused,
    Ended,
    Entered,
    Part,
    Placed,
    Reported,
    Resumed,
    Said,
    Ticked,
    Told,
    Took,
)
from kapmonitor.model import DeviceData, Moment, Origin
from kapmonitor.monitor import Monitor
from kapmonitor.session.commands import ADDRESSES
from kapmonitor.session.fold import folded


class Judge:
    """One part's monitor. `names`: per alarm instance of then, which alarm it was."""

    def __init__(self, part: Part, rules: RuleSet, names: Mapping[str, str], *, exact: bool) -> None:
        """`exact`: the limits are those of then, so that alarms must be the same down to their instances."""
        session = folded(part.session, part.entries)
        self._drill = session.drill
        self._names = names
        self._exact = exact
        self._moment = part.moment
        if part.state is None:
            self._monitor = Monitor(session, rules, Origin.REPLAY, part.table, cuff=part.cuff, shown=False)
        else:
            self._monitor = Monitor.restored(
                session, part.state, rules, Origin.REPLAY, part.table, cuff=part.cuff
            )

    def run(self, told: Iterable[Told]) -> list[Said]:
        """Every alarm event that comes of it."""
        came: list[Said] = []
        for each in told:
            self._moment = getattr(each, "moment", self._moment)
            # What was refused then is refused again; with other limits, what makes no sense any more is too.
            with suppress(RefusedError):
                came += said_of(self._tell(each, self._moment), self._moment)
            self._monitor.orders()
            self._monitor.drain()
        return came

    def _tell(self, told: Told, moment: Moment) -> list[Message]:
        if isinstance(told, Took):
            return self._monitor.take(self._data(told), moment)
        if isinstance(told, Acknowledged):
            return self._monitor.do(self._seen(told, moment), moment)
        return _TELL[type(told)](self._monitor, told, moment)

    def _data(self, told: Took) -> DeviceData:
        """Replayed, but for simulated data that a real session has refused: it refuses them again."""
        refused = told.origin is Origin.SIMULATED and not self._drill
        origin = told.origin if refused else Origin.REPLAY
        return DeviceData(told.device, told.kind, origin, (*told.readings, *told.pressures))

    def _seen(self, told: Acknowledged, moment: Moment) -> Acknowledge:
        """The alarm as it was then; with other limits the one of that name, as whoever looks now sees it."""
        if not self._exact:
            for alarm in self._monitor.engine.open_alarms(moment.at):
                if alarm.name == self._names.get(told.alarm):
                    return Acknowledge(alarm.alarm, alarm.seq, told.by)
        return Acknowledge(told.alarm, told.seq, told.by)


def _command(monitor: Monitor, told: Commanded, moment: Moment) -> list[Message]:
    command = msgspec.msgpack.decode(told.body, type=ADDRESSES[told.address])
    return monitor.command(command, told.by, moment, told.key)


def _stand_at(monitor: Monitor, told: Placed) -> list[Message]:
    monitor.stand_at(told.cuff)
    return []


_TELL: Mapping[type, Callable[[Monitor, Any, Moment], list[Message]]] = {
    Began: lambda monitor, _, moment: monitor.begin(moment),
    Resumed: lambda monitor, told, moment: monitor.resume(told.gap, moment),
    Entered: lambda monitor, told, moment: monitor.enter(told.what, told.by, moment),
    Commanded: _command,
    CuffRefused: lambda monitor, told, moment: monitor.cuff_failed(told.reason, moment),
    Placed: lambda monitor, told, _: _stand_at(monitor, told),
    Reported: lambda monitor, told, moment: monitor.report(told.report, moment),
    Compared: lambda monitor, told, moment: monitor.compared(told.same, moment),
    Ticked: lambda monitor, _, moment: monitor.tick(moment),
    Ended: lambda monitor, _, __: monitor.end(),
}

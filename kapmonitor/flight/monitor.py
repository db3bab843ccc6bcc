"""A monitor that has everything it is told written down, and every alarm event that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import ClassVar, cast

import msgspec

from kapmonitor import __version__
from kapmonitor.alarms.inputs import Acknowledge, BaselineConfirmed, CuffDue
from kapmonitor.alarms.inputs import Command as AlarmCommand
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import EngineState
from kapmonitor.documents import AlarmEvent, Message
from kapmonitor.flight.recorder import Flight, FlightRecorder
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
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceReport,
    Happened,
    Moment,
    Origin,
    Reading,
    Waveform,
)
from kapmonitor.monitor import Monitor
from kapmonitor.people import Person
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.commands import ADDRESSES, Command
from kapmonitor.session.entries import AnyWhat, Client, Entry, Opened
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session

_ADDRESS = {kind: address for address, kind in ADDRESSES.items()}
_encode = msgspec.msgpack.Encoder().encode


def flown(recorder: FlightRecorder) -> type[Monitor]:
    """The class of the monitors whose sessions `recorder` records."""
    return cast("type[Monitor]", type("FlownMonitor", (FlownMonitor,), {"flights": recorder}))


class FlownMonitor(Monitor):
    """What is told to it goes into its session's recording first; made by the class that `flown` gives."""

    flights: ClassVar[FlightRecorder]

    def __init__(
        self,
        session: Session,
        rules: RuleSet,
        origin: Origin,
        table: RouteTable,
        *,
        cuff: CuffDoing = CuffDoing.NONE,
        publish_waves: bool = False,
        gated: bool = True,
        shown: bool = True,
    ) -> None:
        """As `Monitor`; recording begins with `begin` or `resume`."""
        super().__init__(
            session,
            rules,
            origin,
            table,
            cuff=cuff,
            publish_waves=publish_waves,
            gated=gated,
            shown=shown,
        )
        self._rules = rules
        self._made_with = origin
        self._flight: Flight | None = None
        self._inside = False
        """Something is being told: what the monitor tells itself meanwhile follows from it."""
        self._newest_at = session.started.at

    def begin(self, moment: Moment) -> list[Message]:
        """As `Monitor`."""
        self._flight = self.flights.begin(self._part(moment, None))
        return self._heard(Began(moment), moment, partial(super().begin, moment))

    def resume(self, gap: AnyWhat | None, moment: Moment) -> list[Message]:
        """As `Monitor`."""
        if self._flight is None:
            self._flight = self.flights.begin(self._part(moment, self.engine.state))
        else:
            self.flights.again(self._flight)
        return self._heard(Resumed(gap, moment), moment, partial(super().resume, gap, moment))

    def enter(self, what: AnyWhat, by: Person, moment: Moment) -> list[Message]:
        """As `Monitor`."""
        return self._heard(Entered(what, by, moment), moment, partial(super().enter, what, by, moment))

    def command(self, command: Command, by: Person, moment: Moment, key: str = "") -> list[Message]:
        """As `Monitor`."""
        told = Commanded(_ADDRESS[type(command)], _encode(command), by, moment, key)
        return self._heard(told, moment, partial(super().command, command, by, moment, key))

    def cuff_failed(self, reason: str, moment: Moment) -> list[Message]:
        """As `Monitor`."""
        return self._heard(CuffRefused(reason, moment), moment, partial(super().cuff_failed, reason, moment))

    def stand_at(self, cuff: CuffDoing) -> None:
        """As `Monitor`."""
        super().stand_at(cuff)
        if self._flight is not None:
            self._flight.put(Placed(cuff))

    def take(self, data: DeviceData, moment: Moment) -> list[Message]:
        """As `Monitor`. Waveforms tell the alarms nothing, and stand in the device's bytes."""
        if all(isinstance(one, Waveform) for one in data.observations):
            return super().take(data, moment)
        readings = [one for one in data.observations if isinstance(one, Reading)]
        pressures = [one for one in data.observations if isinstance(one, BloodPressure)]
        told = Took(data.device, data.kind, data.origin, readings, pressures, moment)
        return self._heard(told, moment, partial(super().take, data, moment))

    def report(self, report: DeviceReport, moment: Moment) -> list[Message]:
        """As `Monitor`."""
        return self._heard(Reported(report, moment), moment, partial(super().report, report, moment))

    def compared(self, same: bool, moment: Moment) -> list[Message]:  # noqa: FBT001 - as `Monitor`
        """As `Monitor`."""
        return self._heard(Compared(same, moment), moment, partial(super().compared, same, moment))

    def do(
        self, what: AlarmCommand | Happened | BaselineConfirmed | CuffDue, moment: Moment
    ) -> list[Message]:
        """As `Monitor`; everything but an acknowledgement comes to it as an entry."""
        if not isinstance(what, Acknowledge):
            return super().do(what, moment)
        told = Acknowledged(what.alarm, what.seq, what.by, moment)
        return self._heard(told, moment, partial(super().do, what, moment))

    def tick(self, moment: Moment) -> list[Message]:
        """As `Monitor`."""
        came = self._heard(Ticked(moment), moment, partial(super().tick, moment))
        if self._flight is not None:
            self._flight.second(moment.at)
        return came

    def end(self) -> list[Message]:
        """As `Monitor`; what is recorded goes to the disk."""
        if self._flight is not None:
            self._flight.put(Ended())
            self.flights.end(self._flight, self._newest_at)
        return super().end()

    def _heard(self, told: Told, moment: Moment, do: Callable[[], list[Message]]) -> list[Message]:
        """Have it done, with what was told before it in the recording and what it led to after it."""
        flight = self._flight
        if flight is None or self._inside:
            return do()
        self._inside, self._newest_at = True, moment.at
        flight.put(told)
        try:
            came = do()
        finally:
            self._inside = False
        for said in said_of(came, moment):
            flight.put(said)
        return came

    def _part(self, moment: Moment, state: EngineState | None) -> Part:
        return Part(
            software=__version__,
            session=self.session.id,
            moment=moment,
            origin=self._made_with,
            cuff=self.keeper.cuff,
            table=self.keeper.table,
            rules=[msgspec.to_builtins(rule) for rule in self._rules.rules],
            entries=[_nameless(entry) for entry in self.session.entries],
            state=state,
        )


def said_of(messages: Iterable[Message], moment: Moment) -> Iterator[Said]:
    """The alarm events among `messages`."""
    for message in messages:
        one = message.payload
        if isinstance(one, AlarmEvent):
            yield Said(
                moment,
                one.alarm,
                one.name,
                one.rule,
                one.priority,
                one.event,
                one.state,
                one.acknowledged,
                one.value,
                one.page,
            )


def _nameless(entry: Entry) -> Entry:
    """The entry without the client's code and number, which no alarm asks for."""
    if not isinstance(entry.what, Opened):
        return entry
    return msgspec.structs.replace(entry, what=msgspec.structs.replace(entry.what, client=Client()))

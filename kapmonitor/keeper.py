"""Keeps one session's entries: commands, measurements and time become entries, whole or not at all. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from statistics import median

import msgspec

from kapmonitor.alarms.interlock import spo2_low
from kapmonitor.alarms.kinds.pressure import LowPressureRule, PressureRule
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import BloodPressure, Moment, Origin, Phase
from kapmonitor.people import SERVICE, Person
from kapmonitor.session import commands, entries
from kapmonitor.session.around import USUAL, Around, CuffDoing, OpenAlarm, RepeatLimits
from kapmonitor.session.clockwork import time_does
from kapmonitor.session.commands import Command
from kapmonitor.session.cuff import CuffControl, Start, Stop, Told
from kapmonitor.session.desk import decide
from kapmonitor.session.desk.care import measurement_id
from kapmonitor.session.desk.cuff import BY_HAND
from kapmonitor.session.entries import AnyWhat, Entry
from kapmonitor.session.fold import apply
from kapmonitor.session.repeats import says_something
from kapmonitor.session.routes import RouteTable
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import Due, due

BASELINE_QUANTITIES = ("spo2", "heart_rate", "pulse_rate")
STEADY_S = 60
"""A baseline needs so many seconds of valid values."""
PATIENCE_S = 10
"""So many seconds in a row without a valid value, and they are counted anew."""


class Keeper:
    """The session with what its decisions need: route, cuff, steady signals. Entries wait in `drain`.

    `reachable`: whether somebody answers this shift's pages; None where there are no pagers.
    """

    def __init__(
        self,
        session: Session,
        table: RouteTable,
        cuff: CuffDoing = CuffDoing.NONE,
        repeats: RepeatLimits = USUAL,
    ) -> None:
        """`cuff`: what the seat's cuff is: none, one that only a person starts, or one that is away yet.

        `repeats`: which pressures are measured again.
        """
        self.session = session
        self.table = table
        self.cuff = cuff
        self.repeats = repeats
        self.control = CuffControl(repeats)
        self.orders: list[Start | Stop] = []
        self.due: Due | None = due(session, table)
        self.reachable: bool | None = None
        self._steady = {name: _Steady() for name in BASELINE_QUANTITIES}
        self._drained = 0

    def repeat_by(self, repeats: RepeatLimits) -> None:
        """Other pressures are measured again from now on."""
        self.repeats = repeats
        self.control.repeat_by(repeats)

    def drain(self) -> list[Entry]:
        """The entries since the last call, for the record."""
        came = self.session.entries[self._drained :]
        self._drained += len(came)
        return came

    def kept(self) -> None:
        """All entries so far are in the record already."""
        self._drained = len(self.session.entries)

    def known(self, key: str) -> bool:
        """Whether a command with this idempotency key was carried out already."""
        return bool(key) and any(entry.key == key for entry in self.session.entries)

    def add(self, what: AnyWhat, by: Person, moment: Moment, key: str = "") -> Entry:
        """Enter one fact."""
        entry = self.session.next_entry(what, by, moment, key)
        apply(self.session, entry)
        self.due = due(self.session, self.table)
        return entry

    def command(
        self, command: Command, by: Person, moment: Moment, around: Around, key: str = ""
    ) -> list[Entry]:
        """Carry out what somebody asked for; `orders` has what the cuff is to be told.

        Raises:
            RefusedError: it cannot be done now, or not by this role; nothing was entered.
        """
        whats = decide(self.session, command, by, moment, around)
        came = [self.add(what, by, moment, key) for what in whats]
        if isinstance(command, commands.StartCuff):
            came += self._tell(self.control.asked(BY_HAND, moment.at), moment, asked=True)
        elif isinstance(command, commands.StopCuff):
            came += self._tell(self.control.stopped(moment.at), moment)
        return came

    @property
    def doing(self) -> CuffDoing:
        """What the cuff does now."""
        return CuffDoing.MEASURING if self.control.running else self.cuff

    def second(self, around: Callable[[], Around], moment: Moment) -> list[Entry]:
        """What time alone does, once a second; `around` is asked only where that needs it."""
        came = [self.add(what, SERVICE, moment) for what in time_does(self.session, self.table, moment.at)]
        told = self.control.second(self.session, self.doing, around, self.due, moment.at)
        return came + self._tell(told, moment)

    def measured(self, one: BloodPressure, device: str, origin: Origin, moment: Moment) -> list[Entry]:
        """A cuff measurement, or (without numbers) one that came to nothing."""
        what = entries.Measured(
            id=measurement_id(self.session, moment.utc),
            systolic=one.systolic.value,
            diastolic=one.diastolic.value,
            mean=one.mean.value,
            pulse=one.pulse.value if one.pulse else None,
            quality=one.quality,
            reason=one.reason,
            trigger=one.trigger,
            origin=origin,
            device=device,
        )
        told = self.control.measured(what, moment.at)
        kept = [self.add(what, SERVICE, moment)] if says_something(what) else []
        return kept + self._tell(told, moment)

    def failed(self, reason: str, moment: Moment) -> list[Entry]:
        """A cuff measurement could not be started."""
        return self._tell(self.control.failed(reason, moment.at), moment)

    def _tell(self, told: Iterable[Told], moment: Moment, *, asked: bool = False) -> list[Entry]:
        """Orders wait in `orders`; the rest is entered. `asked`: a person's start stands there already."""
        came: list[Entry] = []
        for each in told:
            if isinstance(each, entries.CuffFailed):
                came.append(self.add(each, SERVICE, moment))
                continue
            self.orders.append(each)
            if isinstance(each, Start) and not asked:
                came.append(self.add(entries.CuffAsked(trigger=each.trigger), SERVICE, moment))
        return came

    def steady(self, state: EngineState, now: float) -> None:
        """Count this second's values for a baseline; after the dose nobody needs them."""
        if self.session.phase not in (Phase.SCREENING, Phase.BASELINE, Phase.READY):
            return
        for name, each in self._steady.items():
            signal = state.signals.get(name)
            each.second(signal.value if signal is not None and signal.fresh(now) else None)

    def around(self, state: EngineState, texts: Mapping[str, str], now: float) -> Around:
        """The world as it is at `now`; `texts`: per alarm instance what it says."""
        valid = {name: s.value for name, s in state.signals.items() if s.value is not None and s.fresh(now)}
        return Around(
            table=self.table,
            valid=valid,
            steady={name: found for name, each in self._steady.items() if (found := each.median) is not None},
            steady_s={name: float(len(each.values)) for name, each in self._steady.items()},
            alarms=tuple(_open(state, texts)),
            cuff=self.doing,
            spo2_low=spo2_low(state, now),
            reachable=self.reachable,
            repeats=self.repeats,
        )


def repeats_of(rules: RuleSet) -> RepeatLimits:
    """Which pressures are repeated: those that break the site's own rules of a critical or a low pressure."""
    found: dict[str, float] = {}
    for rule in rules.rules:
        match rule:
            case PressureRule(rule="blood-pressure-critical"):
                found |= {"systolic_high": rule.systolic, "diastolic_high": rule.diastolic}
            case LowPressureRule(rule="blood-pressure-low"):
                found |= {"systolic_low": rule.limit}
            case LowPressureRule(rule="blood-pressure-critical-low"):
                found |= {"fall_below": rule.fall_below or 0.0, "fall_percent": rule.fall_percent}
            case _:
                pass
    return msgspec.structs.replace(USUAL, **found)


def _open(state: EngineState, texts: Mapping[str, str]) -> Iterable[OpenAlarm]:
    for hazard in state.hazards.values():
        if hazard.open:
            yield OpenAlarm(
                alarm=hazard.instance,
                name=hazard.alarm,
                priority=hazard.priority.value,
                acknowledged=hazard.acknowledged is not None,
                text=texts.get(hazard.instance, ""),
            )


class _Steady:
    """The last 60 seconds of one quantity that had a valid value, while they came without a long gap."""

    def __init__(self) -> None:
        self.values: deque[float] = deque(maxlen=STEADY_S)
        self._without = 0

    def second(self, value: float | None) -> None:
        """One second more."""
        if value is not None:
            self.values.append(value)
            self._without = 0
            return
        self._without += 1
        if self._without > PATIENCE_S:
            self.values.clear()

    @property
    def median(self) -> float | None:
        """Their median; None before there are enough."""
        return median(self.values) if len(self.values) == STEADY_S else None

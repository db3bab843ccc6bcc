"""The alarms of the service itself: what troubles all rooms at once is one alarm that lists them.

In the same words as a session's: escalation, acknowledgement and events are `kapmonitor.alarms.hazard`'s.
Medium, and high while a room that is concerned has an active high alarm or somebody between dose and end of
peak. What is wrong, and in which rooms, is found out elsewhere and told once a second.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal, Self

import msgspec

from kapmonitor.alarms import hazard as tiers
from kapmonitor.alarms.engine import Transition, without_value
from kapmonitor.alarms.help import PREFIX
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.rules import Row
from kapmonitor.alarms.state import Condition, EngineState, Hazard
from kapmonitor.alarms.words import EPSILON, PageWhen, Priority
from kapmonitor.documents import AlarmKind
from kapmonitor.errors import RefusedError
from kapmonitor.model import Phase

ServiceAlarm = Literal[
    "not-monitoring",
    "broker-lost",
    "recording-stopped",
    "overload",
    "clock-step",
    "page-undelivered",
    "page-unaccepted",
    "pager-offline",
    "backup-offline",
    "nobody-watching",
    "sound-blocked",
]


class Problem(msgspec.Struct, frozen=True):
    """Something is wrong now. `rooms` are those that it concerns; empty: all that have a session."""

    alarm: ServiceAlarm
    detail: str = ""
    rooms: tuple[str, ...] = ()


class Rooms(msgspec.Struct, frozen=True):
    """The rooms that have a session; `in_danger`: where a high alarm is active, or dose to end of peak."""

    occupied: tuple[str, ...] = ()
    in_danger: tuple[str, ...] = ()


def rooms_of(sessions: Iterable[tuple[str, EngineState]]) -> Rooms:
    """The rooms of open sessions, and which of them are in danger; `sessions` are (room, state)."""
    found = list(sessions)
    danger = [room for room, state in found if _in_danger(state)]
    return Rooms(tuple(dict.fromkeys(room for room, _ in found)), tuple(dict.fromkeys(danger)))


def _in_danger(state: EngineState) -> bool:
    """An active high alarm, or between dose and end of peak; who aborts after a dose is not out of it."""
    if any(hazard.holding and hazard.priority is Priority.HIGH for hazard in state.hazards.values()):
        return True
    dosed = state.dosed_at is not None and state.phase not in (Phase.RECOVERY, Phase.DISCHARGE)
    return dosed or state.phase in (Phase.ONSET, Phase.PEAK)


class ServiceRule(Row, frozen=True, kw_only=True, tag="service"):
    """Raised when the problem is there for `delay_s`; over when it was away for `hold_s`.

    A problem that comes and goes faster than `hold_s` is there all the time. `worse_in_danger`: high while a
    room that it concerns is in danger.
    """

    delay_s: float = 0.0
    hold_s: float = 0.0
    worse_in_danger: bool = True

    of: ClassVar[AlarmKind] = "technical"


def _rule(
    alarm: ServiceAlarm,
    text: str,
    advice: str,
    source: str,
    *,
    delay_s: float = 0.0,
    hold_s: float = 0.0,
    priority: Priority = Priority.MEDIUM,
    page: PageWhen = "by-priority",
    worse_in_danger: bool = True,
) -> ServiceRule:
    return ServiceRule(
        alarm=alarm,
        rule=alarm,
        tier=1,
        priority=priority,
        page=page,
        delay_s=delay_s,
        hold_s=hold_s,
        worse_in_danger=worse_in_danger,
        text=text,
        advice=advice,
        source=source,
    )


RULES = (
    _rule(
        "not-monitoring",
        "Not monitoring",
        "Go to the patients and watch them in person. Then restart kapmonitor.",
        "the alarm engine's self-check is older than 5 s",
    ),
    _rule(
        "broker-lost",
        "MQTT broker lost",
        "No page can go out: stay at the screens or with the patients. Check broker and network.",
        "loss of the link to remote alarms; 10 s spare what a reconnection mends",
        delay_s=10,
        hold_s=5,
    ),
    _rule(
        "recording-stopped",
        "Nothing is being recorded",
        "Alarms go on. Write values and events down by hand; check the disk.",
        "a write of the record failed",
        hold_s=5,
    ),
    _rule(
        "overload",
        "Overload, alarms may come late",
        "Look at the patients. End other programs on the machine that runs kapmonitor.",
        "seconds judged more than 0.5 s late for 5 s",
    ),
    _rule(
        "clock-step",
        "The clock was set",
        "Alarm delays are not touched. Check the machine's time: times in the record jump here.",
        "the wall clock left the monotonic clock by more than 2 s",
        hold_s=60,
    ),
    _rule(
        "page-undelivered",
        "A page has reached nobody",
        "Go to the room yourself. Check pagers, broker and network.",
        "no pager has confirmed a high alarm within 15 s",
        priority=Priority.HIGH,
        page="never",
    ),
    _rule(
        "page-unaccepted",
        "Nobody answers a page",
        "Go to the room yourself, or send somebody.",
        "nobody has accepted a high alarm within 60 s",
        priority=Priority.HIGH,
        page="never",
    ),
    _rule(
        "pager-offline",
        "The pager on call is offline",
        "Charge or restart it, or hand over to another one.",
        "its connection ended or said nothing for 15 s",
        delay_s=10,
        hold_s=2,
        page="never",
    ),
    _rule(
        "backup-offline",
        "Nobody could be called next",
        "Switch another pager on, or stay where you hear the station.",
        "one pager is in reach and all others that are configured are not",
        delay_s=10,
        hold_s=60,  # a phone is on only while somebody looks at it: a glance is not another one
        priority=Priority.LOW,  # who is on call can be reached; for a shift on one's own one tap is enough
        page="never",
        worse_in_danger=False,
    ),
    _rule(
        "nobody-watching",
        "Nobody is watching",
        "Go to the rooms, or open the wall on a screen where somebody is. Switch a pager on.",
        "for 60 s no visible page has shown a room with a session, and no pager is online",
        hold_s=2,
        page="never",
    ),
    _rule(
        "sound-blocked",
        "The station makes no sound",
        "Tap on the screen, or check the computer's sound. Until then look at the screen.",
        "for 10 s a screen where the sound is switched on could not sound, and no other one does",
        hold_s=2,
        page="never",
    ),
)


class ServiceAlarms:
    """The service's alarms. `state` is all they remember; `state.session` is what their ids begin with."""

    def __init__(self, state: EngineState) -> None:
        """`state.session` has to be unique to this run: a site and when the service was started."""
        self.state = state
        self._rooms = Rooms()
        self._concerned: dict[str, tuple[str, ...]] = {}
        self._before: set[str] = set()

    @classmethod
    def resumed(cls, state: EngineState) -> Self:
        """The alarms of an earlier run of the service.

        What was in force is announced again as soon as the same trouble is found again, as if nobody had seen
        it; what is not found any more ends as it would have.
        """
        rules = {rule.rule for rule in RULES}
        known = {name for name in state.conditions if name in rules or name.startswith(PREFIX)}
        state.conditions = {name: each for name, each in state.conditions.items() if name in known}
        state.hazards = {name: each for name, each in state.hazards.items() if name in known}
        came = cls(state)
        came._before = {name for name, hazard in state.hazards.items() if hazard.open and name in rules}
        return came

    def step(self, problems: Iterable[Problem], rooms: Rooms, now: float) -> list[Transition]:
        """Once a second: all that is wrong now, and where people would be harmed by it."""
        self._rooms = rooms
        found: dict[str, Problem] = {problem.alarm: problem for problem in problems}
        came: list[Transition] = []
        for rule in RULES:
            problem = found.get(rule.rule)
            self._judge(rule, problem, now)
            came += self._settle(rule, now, there=problem is not None)
        return came

    def acknowledge(self, what: Acknowledge, now: float) -> list[Transition]:
        """Somebody has seen a service-wide alarm as it was at `what.seq`.

        Raises:
            RefusedError: the alarm is over, or got worse since it was seen.
        """
        hazard = next((h for h in self.state.hazards.values() if h.instance == what.alarm), None)
        if hazard is None or not hazard.open:
            raise RefusedError(f"The alarm {what.alarm} is over; there is nothing to acknowledge.")
        if what.seq < hazard.worse_seq:
            raise RefusedError("The alarm got worse since you saw it; look at it again, then acknowledge.")
        if hazard.acknowledged is not None:
            return []
        rule = next(rule for rule in RULES if rule.alarm == hazard.alarm)
        steps = tiers.acknowledge(hazard, (rule,), self.state.conditions, what.by, now)
        return [self._describe(rule, hazard, step, now) for step in steps]

    def owns(self, alarm: str) -> bool:
        """Whether an alarm's id is that of one of these."""
        return alarm.startswith(f"{self.state.session}-")

    def over(self) -> list[str]:
        """Of every kind the newest alarm that is over.

        And the one that may have begun in the instant in which the earlier run ended, before that was kept.
        """
        ended = [each.instance for each in self.state.hazards.values() if each.instance and not each.open]
        return [*ended, *(self._named(rule, self.state.instances + 1) for rule in RULES)]

    def _named(self, rule: ServiceRule, number: int) -> str:
        return f"{self.state.session}-{rule.alarm}-{number}"

    def open_alarms(self, now: float) -> list[Transition]:
        """Every alarm that is active, as it is now: what is published again."""
        hazards = self.state.hazards
        return [
            self._describe(rule, hazards[rule.alarm], tiers.Step(tiers.Event.UPDATE), now)
            for rule in RULES
            if rule.alarm in hazards and hazards[rule.alarm].open
        ]

    def _judge(self, rule: ServiceRule, problem: Problem | None, now: float) -> None:
        """In `condition`, `since` is when the trouble began, `clearing.last` when it was there last."""
        condition = self.state.conditions.setdefault(rule.rule, Condition(priority=rule.priority))
        if problem is not None:
            condition.since = now if condition.since is None else condition.since
            condition.clearing.last = now
            condition.detail = problem.detail
            condition.raised = condition.raised or now - condition.since >= rule.delay_s - EPSILON
            self._concerned[rule.alarm] = problem.rooms
        elif condition.clearing.last is not None and now - condition.clearing.last >= rule.hold_s - EPSILON:
            condition.since = condition.clearing.last = None
            condition.raised = False
        danger = rule.worse_in_danger and set(self._rooms.in_danger).intersection(self._where(rule))
        condition.priority = Priority.HIGH if danger else rule.priority

    def _where(self, rule: ServiceRule) -> tuple[str, ...]:
        return self._concerned.get(rule.alarm) or self._rooms.occupied

    def _settle(self, rule: ServiceRule, now: float, *, there: bool) -> Iterator[Transition]:
        condition = self.state.conditions[rule.rule]
        hazard = self.state.hazards.get(rule.alarm)
        if hazard is None:
            if not condition.raised:
                return
            hazard = self.state.hazards[rule.alarm] = Hazard(rule.alarm)
        if condition.raised and not hazard.open:
            self.state.instances += 1
            hazard.instance = self._named(rule, self.state.instances)
        step = tiers.settle(hazard, (rule,), self.state.conditions, now)
        if rule.alarm in self._before and (there or not hazard.open):
            self._before.discard(rule.alarm)
            step = step or tiers.announce_again(hazard, (rule,), now)
        step = step or (tiers.remind(hazard, (rule,), self.state, now) if hazard.open else None)
        if step is not None:
            yield self._describe(rule, hazard, step, now)

    def _describe(self, rule: ServiceRule, hazard: Hazard, step: tiers.Step, now: float) -> Transition:
        text = _text(rule, self.state.conditions[rule.rule].detail, self._where(rule))
        return without_value(hazard, step, now, kind=rule.of, text=text, advice=rule.advice)


def _text(rule: ServiceRule, detail: str, rooms: tuple[str, ...]) -> str:
    """`MQTT broker lost: no answer since 14:02. Rooms: room-1, room-3`."""
    what = f"{rule.text}: {detail.removesuffix('.')}" if detail else rule.text
    return f"{what}. Rooms: {', '.join(rooms)}" if rooms else f"{what}. No room has a session."

"""The service's own alarms: one for all rooms, worse where somebody would be harmed, never chattering."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from kapmonitor.alarms.announce import Whose, announce
from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.service import RULES, Problem, Rooms, ServiceAlarms, rooms_of
from kapmonitor.alarms.state import EngineState, Hazard
from kapmonitor.alarms.words import Priority
from kapmonitor.clock import Clock
from kapmonitor.documents import Alarm, AlarmEvent
from kapmonitor.errors import RefusedError
from kapmonitor.model import Phase

QUIET = Rooms(("room-1", "room-3"))
DANGER = Rooms(("room-1", "room-3"), in_danger=("room-3",))
BROKER = Problem("broker-lost", "127.0.0.1:1883 does not answer.")


class Seconds:
    """Drives the alarms second by second."""

    def __init__(self) -> None:
        self.alarms = ServiceAlarms(EngineState("clinic-20261121"))
        self.now = 100.0

    def pass_by(self, *problems: Problem, rooms: Rooms = QUIET, seconds: int = 1) -> list[Transition]:
        came: list[Transition] = []
        for _ in range(seconds):
            came += self.alarms.step(problems, rooms, self.now)
            self.now += 1
        return came

    def restart(self, away_s: float) -> None:
        """The service goes away and comes back, with what it kept on a clock that is `away_s` later."""
        kept = msgspec.json.decode(msgspec.json.encode(self.alarms.state), type=EngineState)
        self.alarms = ServiceAlarms.resumed(kept)
        self.now += away_s

    def acknowledge(self, alarm: Transition, seq: int | None = None) -> list[Transition]:
        what = Acknowledge(alarm.alarm, alarm.seq if seq is None else seq, "nurse-1")
        return self.alarms.acknowledge(what, self.now)


def told(transitions: Sequence[Transition]) -> list[tuple[str, str, str, bool]]:
    return [(t.name, t.event, t.priority.value, t.page) for t in transitions]


def test_a_lost_broker_is_one_medium_alarm_that_lists_the_rooms() -> None:
    came = (clinic := Seconds()).pass_by(BROKER, seconds=60)
    assert told(came) == [("broker-lost", "start", "medium", False)]
    assert came[0].at == 110
    assert came[0].kind == "technical"
    assert came[0].text == "MQTT broker lost: 127.0.0.1:1883 does not answer. Rooms: room-1, room-3"
    assert clinic.alarms.owns(came[0].alarm)


def test_without_a_session_the_alarm_says_so() -> None:
    (came,) = Seconds().pass_by(Problem("recording-stopped", "disk full"), rooms=Rooms())
    assert came.text == "Nothing is being recorded: disk full. No room has a session."


def test_it_is_high_while_somebody_is_in_danger_and_pages_at_once() -> None:
    clinic = Seconds()
    came = clinic.pass_by(Problem("overload"), rooms=DANGER)
    came += clinic.pass_by(Problem("overload"))
    came += clinic.pass_by(Problem("overload"), rooms=DANGER)
    came += clinic.pass_by()
    assert told(came) == [
        ("overload", "start", "high", True),
        ("overload", "deescalate", "medium", False),
        ("overload", "escalate", "high", True),
        ("overload", "end", "high", False),
    ]


def test_only_rooms_that_the_problem_concerns_make_it_high() -> None:
    clinic = Seconds()
    (elsewhere,) = clinic.pass_by(Problem("not-monitoring", rooms=("room-1",)), rooms=DANGER)
    (there,) = clinic.pass_by(Problem("not-monitoring", rooms=("room-1", "room-3")), rooms=DANGER)
    assert (elsewhere.priority, there.priority, there.event) == ("medium", "high", "escalate")
    assert elsewhere.text == "Not monitoring. Rooms: room-1"


def test_danger_that_comes_later_ends_the_acknowledgement() -> None:
    clinic = Seconds()
    (start,) = clinic.pass_by(Problem("overload"))
    (seen,) = clinic.acknowledge(start)
    assert (seen.event, seen.acknowledged_by) == ("acknowledge", "nurse-1")
    (worse,) = clinic.pass_by(Problem("overload"), rooms=DANGER)
    assert (worse.event, worse.acknowledged) == ("escalate", False)
    with pytest.raises(RefusedError, match="worse"):
        clinic.acknowledge(start)
    assert clinic.acknowledge(worse)
    assert clinic.acknowledge(worse) == []


def test_a_medium_one_that_nobody_answers_pages_after_three_minutes_once() -> None:
    came = Seconds().pass_by(Problem("recording-stopped"), seconds=400)
    assert [(t.at, t.event, t.page) for t in came] == [(100, "start", False), (280, "update", True)]


def test_an_acknowledgement_of_a_medium_one_ends_after_five_minutes() -> None:
    clinic = Seconds()
    (start,) = clinic.pass_by(Problem("recording-stopped"))
    clinic.acknowledge(start)
    (again, page) = clinic.pass_by(Problem("recording-stopped"), seconds=500)
    assert (again.at, again.event, again.acknowledged) == (401, "update", False)
    assert page.page


def test_a_reconnection_within_ten_seconds_is_no_alarm() -> None:
    clinic = Seconds()
    assert clinic.pass_by(BROKER, seconds=9) == []
    assert clinic.pass_by(seconds=60) == []


def test_a_broker_that_comes_and_goes_is_lost_and_does_not_chatter() -> None:
    clinic = Seconds()
    came: list[Transition] = []
    for _ in range(20):
        came += clinic.pass_by(BROKER, seconds=6)
        came += clinic.pass_by(seconds=3)
    assert told(came) == [("broker-lost", "start", "medium", False)]
    assert told(clinic.pass_by(seconds=10)) == [("broker-lost", "end", "medium", False)]


def test_what_comes_after_the_end_is_a_new_alarm() -> None:
    clinic = Seconds()
    came = [*clinic.pass_by(Problem("overload")), *clinic.pass_by(), *clinic.pass_by(Problem("overload"))]
    assert [t.event for t in came] == ["start", "end", "start"]
    assert came[0].alarm == came[1].alarm != came[2].alarm
    with pytest.raises(RefusedError, match="over"):
        clinic.acknowledge(came[0])


def test_after_a_restart_what_is_still_wrong_is_announced_as_if_nobody_had_seen_it() -> None:
    clinic = Seconds()
    (start,) = clinic.pass_by(BROKER, seconds=20)
    clinic.acknowledge(start)
    clinic.restart(away_s=30)
    (again,) = clinic.pass_by(BROKER, rooms=DANGER, seconds=2)
    assert (again.alarm, again.event, again.acknowledged) == (start.alarm, "escalate", False)
    clinic.acknowledge(again)
    clinic.restart(away_s=1)
    (third,) = clinic.pass_by(BROKER, rooms=DANGER, seconds=2)
    assert (third.alarm, third.event, third.acknowledged, third.page) == (start.alarm, "update", False, True)
    assert third.seq > again.seq


def test_after_a_restart_what_is_not_wrong_any_more_ends() -> None:
    clinic = Seconds()
    (start,) = clinic.pass_by(BROKER, seconds=20)
    clinic.restart(away_s=30)
    (end,) = clinic.pass_by(seconds=20)
    assert (end.alarm, end.event, end.state) == (start.alarm, "end", "inactive")
    assert clinic.alarms.over()[0] == start.alarm
    (new,) = clinic.pass_by(BROKER, seconds=20)
    assert new.alarm != start.alarm


def test_ticks_that_are_seconds_late_count_in_full() -> None:
    clinic = Seconds()
    clinic.pass_by(BROKER)
    clinic.now += 30
    assert told(clinic.pass_by(BROKER)) == [("broker-lost", "start", "medium", False)]


def test_every_rule_can_alarm_all_at_once_and_says_what_to_do() -> None:
    clinic = Seconds()
    came = clinic.pass_by(*(Problem(rule.alarm) for rule in RULES), rooms=DANGER, seconds=30)  # type: ignore[arg-type] # the names of RULES
    assert {t.name for t in came} == {rule.alarm for rule in RULES}
    assert all(t.advice for t in came)
    assert [t.name for t in came if t.priority != "high"] == ["backup-offline"]  # low, whatever happens
    about_pages = {
        "page-undelivered", "page-unaccepted", "pager-offline", "backup-offline", "nobody-watching",
        "sound-blocked",
    }  # fmt: skip
    assert all(t.page is (t.name not in about_pages) for t in came)  # never a page about pages
    assert clinic.alarms.open_alarms(clinic.now)[0].state == "active"
    clinic.pass_by(seconds=120)
    assert clinic.alarms.open_alarms(clinic.now) == []


@pytest.mark.parametrize(
    ("state", "danger"),
    [
        (EngineState("s", Phase.BASELINE), False),
        (EngineState("s", Phase.READY), False),
        (EngineState("s", Phase.READY, dosed_at=5.0), True),
        (EngineState("s", Phase.ONSET), True),
        (EngineState("s", Phase.PEAK), True),
        (EngineState("s", Phase.RECOVERY, dosed_at=5.0), False),
        (EngineState("s", Phase.ABORTED, dosed_at=5.0), True),
        (
            EngineState("s", Phase.READY, hazards={"x": Hazard("x", priority=Priority.HIGH, holding=True)}),
            True,
        ),
        (EngineState("s", Phase.READY, hazards={"x": Hazard("x", priority=Priority.HIGH)}), False),
        (
            EngineState("s", Phase.READY, hazards={"x": Hazard("x", priority=Priority.LOW, holding=True)}),
            False,
        ),
    ],
)
def test_who_is_in_danger(state: EngineState, *, danger: bool) -> None:
    rooms = rooms_of([("room-1", state), ("room-2", EngineState("t")), ("room-1", state)])
    assert rooms == Rooms(("room-1", "room-2"), ("room-1",) if danger else ())


def test_what_is_published_has_neither_session_nor_room() -> None:
    moment = Clock().moment()
    alarms = ServiceAlarms(EngineState("clinic-1"))
    (start,) = alarms.step([Problem("overload")], QUIET, moment.at)
    alarm, event = (each.payload for each in announce(start, Whose(origin="live", drill=False), moment))
    assert isinstance(alarm, Alarm)
    assert isinstance(event, AlarmEvent)
    assert (alarm.session, alarm.room, alarm.seat, alarm.name) == ("", "", "", "overload")
    assert (alarm.since, alarm.ts, alarm.kind) == (moment.ts, moment.ts, "technical")
    assert (event.event, event.seq, event.alarm) == ("start", alarm.seq, alarm.alarm)

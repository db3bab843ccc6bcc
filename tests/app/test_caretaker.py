"""What the service says of itself: at every event, again every 30 s, and gone 10 minutes after it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from kapmonitor.alarms.announce import Whose
from kapmonitor.alarms.service import Problem, Rooms
from kapmonitor.alarms.state import EngineState
from kapmonitor.app.caretaker import Caretaker
from kapmonitor.documents import Alarm, AlarmEvent, Message
from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOMS = Rooms(("room-1", "room-2"))
DISK = Problem("recording-stopped", "disk full")


class Day:
    """A caretaker, second by second."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ahead_s = 0.0
        self.late_s = 0.0
        self.caretaker = Caretaker("clinic", Whose(origin="simulated", drill=True), self.moment)

    @property
    def moment(self) -> Moment:
        return Moment(self.now, NOON + timedelta(seconds=self.now + self.ahead_s))

    def run(self, seconds: int, *troubles: Problem) -> list[Message]:
        came: list[Message] = []
        for _ in range(seconds):
            self.now += 1
            came += self.caretaker.second(self.moment, self.late_s, troubles, ROOMS)
        return came


def events(messages: list[Message]) -> list[tuple[str, str]]:
    return [
        (each.payload.name, each.payload.event) for each in messages if isinstance(each.payload, AlarmEvent)
    ]


def alarms(messages: list[Message]) -> list[Alarm]:
    return [each.payload for each in messages if isinstance(each.payload, Alarm)]


def test_help_from_a_seat_is_said_of_that_seat_repeated_and_survives_a_restart() -> None:
    day = Day()
    [alarm] = alarms(day.caretaker.call_help("room-3", "a", day.moment))
    assert (alarm.name, alarm.session, alarm.room, alarm.seat, alarm.drill) == (
        "help",
        "",
        "room-3",
        "a",
        True,
    )
    assert day.caretaker.owns(alarm.alarm)
    day.caretaker.acknowledge(alarm.alarm, alarm.seq, day.moment, by="nurse-1")
    assert {(each.room, each.acknowledged) for each in alarms(day.run(31))} == {("room-3", True)}
    kept = day.caretaker.to_keep()
    assert kept is not None
    after = Day()
    state = msgspec.json.decode(msgspec.json.encode(kept), type=EngineState)
    after.caretaker.resume(state, after.moment)
    [again] = alarms(after.run(1))
    assert (again.alarm, again.room, again.acknowledged) == (alarm.alarm, "room-3", False)
    [over] = alarms(after.caretaker.somebody_is_there("room-3", "a", after.moment))
    assert (over.state, over.room) == ("inactive", "room-3")
    assert after.caretaker.somebody_is_there("room-3", "a", after.moment) == []


def test_while_all_is_well_nothing_is_said() -> None:
    assert Day().run(3600) == []


def test_a_trouble_is_said_repeated_ended_and_taken_away() -> None:
    day = Day()
    there = day.run(100, DISK)
    assert events(there) == [("recording-stopped", "start")]
    assert len(alarms(there)) == 1 + 3
    assert {each.topic for each in there if each.how.retain} == {f"alarm/{alarms(there)[0].alarm}"}
    assert (alarms(there)[0].origin, alarms(there)[0].drill, alarms(there)[0].session) == (
        "simulated",
        True,
        "",
    )
    over = day.run(700)
    assert events(over) == [("recording-stopped", "end")]
    assert [(each.topic, each.payload) for each in over][-1] == (f"alarm/{alarms(there)[0].alarm}", None)


def test_a_clock_that_is_set_is_said_and_over_after_a_minute() -> None:
    day = Day()
    day.run(10)
    day.ahead_s = 3600
    came = day.run(120)
    assert events(came) == [("clock-step", "start"), ("clock-step", "end")]
    assert "3600 s forward" in alarms(came)[0].text


def test_late_seconds_are_an_overload() -> None:
    day = Day()
    day.late_s = 0.8
    assert events(day.run(20)) == [("overload", "start")]


def test_what_a_restart_has_to_know_is_kept_while_something_is_wrong_and_once_when_it_ends() -> None:
    day = Day()
    day.run(10)
    assert day.caretaker.to_keep() is not None  # the name that every alarm will have
    assert day.caretaker.to_keep() is None
    day.run(3, DISK)
    assert day.caretaker.to_keep() is not None
    day.run(3, DISK)
    assert day.caretaker.to_keep() is not None
    day.run(30)
    assert day.caretaker.to_keep() is not None
    day.run(30)
    assert day.caretaker.to_keep() is None


def test_what_was_over_before_a_restart_leaves_the_broker_at_once() -> None:
    before = Day()
    (first,) = alarms(before.run(1, DISK))
    before.run(10)
    both = before.run(1, DISK)
    assert (both[0].topic, both[0].payload) == (f"alarm/{first.alarm}", None)
    (second,) = alarms(both)
    before.run(10)
    state = before.caretaker.to_keep()
    assert state is not None
    after = Day()
    cleared = after.caretaker.resume(state, after.moment)
    assert (cleared[0].topic, {each.payload for each in cleared}) == (f"alarm/{second.alarm}", {None})
    assert [each for each in after.run(60) if each.payload is not None] == []
    assert after.caretaker.owns(first.alarm)


def test_an_alarm_that_began_in_the_instant_of_a_kill_leaves_the_broker_too() -> None:
    before = Day()
    before.run(1)
    kept = before.caretaker.to_keep()
    assert kept is not None
    copy = msgspec.json.decode(msgspec.json.encode(kept), type=EngineState)
    (begun,) = alarms(before.run(1, DISK))
    after = Day()
    cleared = after.caretaker.resume(copy, after.moment)
    assert f"alarm/{begun.alarm}" in {each.topic for each in cleared}
    (again,) = alarms(after.run(1, DISK))
    assert again.alarm == begun.alarm


def test_it_can_be_acknowledged_by_its_id() -> None:
    day = Day()
    (start,) = alarms(day.run(1, DISK))
    assert day.caretaker.owns(start.alarm)
    assert not day.caretaker.owns("room-1-a-20261121-120000-spo2-low-1")
    seen = alarms(day.caretaker.acknowledge(start.alarm, start.seq, day.moment, by="nurse-1"))
    assert (seen[0].acknowledged, seen[0].acknowledged_by) == (True, "nurse-1")
    with pytest.raises(RefusedError):
        day.caretaker.acknowledge("clinic-service-nothing", 1, day.moment, by="nurse-1")

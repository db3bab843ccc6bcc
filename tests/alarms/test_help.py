"""Help from a room without a session: high, on the pagers, and kept until somebody is there."""

from __future__ import annotations

import pytest

from kapmonitor.alarms.engine import Transition
from kapmonitor.alarms.help import HelpCalls
from kapmonitor.alarms.inputs import Acknowledge
from kapmonitor.alarms.state import EngineState
from kapmonitor.errors import RefusedError


def told(came: list[Transition]) -> list[tuple[str, str, bool, bool]]:
    return [(each.event, each.state, each.acknowledged, each.page) for each in came]


@pytest.fixture
def calls() -> HelpCalls:
    return HelpCalls(EngineState("site-1"))


def test_a_call_pages_at_once_and_only_somebody_there_ends_it(calls: HelpCalls) -> None:
    [start] = calls.call("room-3", "a", 10)
    assert (start.name, start.rule, start.priority, start.kind) == ("help", "help", "high", "physiological")
    assert told([start]) == [("start", "active", False, True)]
    assert calls.place_of(start.alarm) == ("room-3", "a")
    assert told(calls.acknowledge(Acknowledge(start.alarm, start.seq, "nurse-1"), 12)) == [
        ("acknowledge", "active", True, False)
    ]
    assert list(calls.second(100)) == []
    assert told(list(calls.second(132))) == [("update", "active", False, True)]
    assert told(calls.here("room-3", "a", 140)) == [("reset", "inactive", False, False)]
    assert calls.here("room-3", "a", 141) == []


def test_who_calls_again_is_heard_again_and_another_room_is_another_alarm(calls: HelpCalls) -> None:
    [first] = calls.call("room-3", "a", 10)
    assert calls.call("room-3", "a", 11) == []
    calls.acknowledge(Acknowledge(first.alarm, first.seq, "nurse-1"), 12)
    [again] = calls.call("room-3", "a", 20)
    assert (again.alarm, again.acknowledged, again.page) == (first.alarm, False, True)
    with pytest.raises(RefusedError):
        calls.acknowledge(Acknowledge(first.alarm, first.seq, "nurse-1"), 21)
    [other] = calls.call("room-4", "a", 22)
    assert other.alarm != first.alarm
    calls.acknowledge(Acknowledge(other.alarm, other.seq, "nurse-1"), 23)
    assert told(calls.here("room-4", "a", 24)) == [("end", "inactive", True, False)]
    assert [each.alarm for each in calls.open_alarms(25)] == [first.alarm]


def test_after_a_restart_a_call_is_announced_as_if_nobody_had_seen_it(calls: HelpCalls) -> None:
    [call] = calls.call("room-3", "a", 10)
    calls.acknowledge(Acknowledge(call.alarm, call.seq, "nurse-1"), 12)
    after = HelpCalls(calls.state)
    [again] = after.second(20)
    assert (again.alarm, *told([again])[0]) == (call.alarm, "update", "active", False, True)
    assert list(after.second(21)) == []
    [over] = after.here("room-3", "a", 30)
    assert over.state == "inactive"
    with pytest.raises(RefusedError):
        after.acknowledge(Acknowledge(call.alarm, over.seq, "nurse-1"), 31)
    [new] = after.call("room-3", "a", 40)
    assert new.alarm != call.alarm

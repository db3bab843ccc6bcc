"""The cuff on the oximeter's arm: what waits for it, what does not, and for how long at most."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.alarms.inputs import CuffDue, CuffInflating, Input
from kapmonitor.alarms.interlock import (
    IN_ALL_S,
    REFILL_S,
    SQUEEZED_AT_MOST_S,
    WITHIN_S,
    is_held,
    spo2_low,
    squeeze,
)
from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Phase, missing, no_pressure
from tests.alarms.script import Script, cuff, heart_rate, pulse_rate, spo2

BEGUN, ENDED = CuffInflating(begun=True), CuffInflating(begun=False)
WELL = spo2(97), heart_rate(70), pulse_rate(70)
SQUEEZED = spo2(None), heart_rate(70), missing("pulse_rate", "searching")
ALONE = spo2(None), missing("pulse_rate", "searching")


def begun(*well: Input) -> Script:
    script = Script()
    script.each_second(*well, seconds=60)
    script.say(BEGUN)
    return script


def names(script: Script) -> list[tuple[float, str, str]]:
    return [(each.at, each.name, each.priority.value) for each in script.transitions]


def test_a_measurement_on_the_oximeters_arm_alarms_nothing() -> None:
    script = begun(*WELL)
    script.each_second(*SQUEEZED, seconds=45)
    script.say(ENDED)
    script.each_second(*SQUEEZED, seconds=18)
    script.each_second(*WELL, seconds=60)
    assert script.transitions == []


def test_without_a_strap_neither_a_lost_pulse_nor_nothing_measured() -> None:
    script = begun(spo2(97), pulse_rate(70))
    script.each_second(*ALONE, seconds=45)
    script.say(ENDED)
    script.each_second(*ALONE, seconds=18)
    script.each_second(spo2(97), pulse_rate(70), seconds=60)
    assert script.transitions == []


def test_what_does_not_come_back_after_the_refill_alarms_as_if_lost_then() -> None:
    script = begun(*WELL)
    script.each_second(*SQUEEZED, seconds=45)
    script.say(ENDED)
    script.each_second(*SQUEEZED, seconds=80)
    assert names(script)[:2] == [
        (60 + 45 + REFILL_S + 14, "spo2-unavailable", "low"),
        (60 + 45 + REFILL_S + 29, "spo2-unavailable", "medium"),
    ]


def test_an_end_that_is_never_told_holds_for_110_seconds() -> None:
    script = begun(*WELL)
    script.each_second(*SQUEEZED, seconds=130)
    assert names(script)[0] == (60 + SQUEEZED_AT_MOST_S + REFILL_S + 14, "spo2-unavailable", "low")


def test_a_sensor_that_was_off_before_the_cuff_began_is_not_explained_by_it() -> None:
    script = Script()
    script.each_second(*WELL, seconds=60)
    script.each_second(*SQUEEZED, seconds=12)
    script.say(BEGUN)
    script.each_second(*SQUEEZED, seconds=20)
    assert [name for _, name, _ in names(script)] == ["spo2-unavailable"] * 2


def test_a_strap_that_falls_off_meanwhile_alarms() -> None:
    script = begun(*WELL)
    script.each_second(*SQUEEZED, seconds=5)
    script.each_second(*ALONE, heart_rate(None), seconds=40)
    assert "heart-rate-unavailable" in [name for _, name, _ in names(script)]


def test_the_straps_alarms_come_as_ever() -> None:
    script = begun(*WELL)
    script.each_second(spo2(None), heart_rate(38), missing("pulse_rate", "searching"), seconds=7)
    assert [name for _, name, _ in names(script)] == ["heart-rate-low"]


def test_what_the_squeezed_oximeter_says_neither_raises_nor_clears() -> None:
    script = begun(*WELL)
    script.each_second(spo2(85), heart_rate(70), pulse_rate(35), seconds=29)
    assert script.transitions == []
    script.each_second(spo2(85), heart_rate(70), pulse_rate(70), seconds=3)
    assert [(each.rule, each.priority.value) for each in script.transitions] == [("spo2-weak", "medium")]


def test_values_of_one_instant_are_doubted_together() -> None:
    script = begun(*WELL)
    for _ in range(29):
        assert script.engine.step_together([spo2(85), pulse_rate(35)], script.now) == []
        script.now += 1


def test_an_alarm_that_was_there_stays() -> None:
    script = Script()
    script.each_second(spo2(85), heart_rate(70), seconds=30)
    script.transitions.clear()
    script.say(BEGUN)
    script.each_second(spo2(97), heart_rate(70), seconds=60)
    assert [each.event for each in script.transitions if each.state != "active"] == []


def test_pending_and_active_are_known_to_whoever_inflates() -> None:
    script = Script()
    script.each_second(*WELL, seconds=10)
    assert not spo2_low(script.engine.state, script.now)
    script.each_second(spo2(91), heart_rate(70), seconds=3)
    assert spo2_low(script.engine.state, script.now)
    script.each_second(spo2(None), heart_rate(70), seconds=12)
    assert not spo2_low(script.engine.state, script.now), "a delay that is held for too long is none"
    script.each_second(spo2(91), heart_rate(70), seconds=30)
    assert spo2_low(script.engine.state, script.now)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 150)), max_size=30))
def test_in_any_ten_minutes_at_most_three_are_held(events: list[tuple[bool, int]]) -> None:
    """Whatever begins and ends, in whatever order."""
    state, held = EngineState("s"), list[bool]()
    for is_begin, seconds in events:
        squeeze(state, CuffInflating(is_begin), float(len(held)))
        held += [is_held(state, float(len(held) + each)) for each in range(seconds)]
        assert len(state.holds) < 40
    window = int(WITHIN_S)
    for end in range(len(held)):
        assert sum(held[max(0, end - window + 1) : end + 1]) <= IN_ALL_S
    longest = 0
    for each in held:
        longest = longest + 1 if each else 0
    assert longest <= IN_ALL_S


def overdue(script: Script) -> list[tuple[float, str]]:
    return [(each.at, each.event) for each in script.transitions if each.name == "nibp-overdue"]


def test_a_reading_that_is_being_taken_is_not_overdue() -> None:
    script = Script()
    script.say(CuffDue(10, 300))
    script.each_second(*WELL, seconds=11)
    script.say(CuffDue(10, 300, trying=True))
    script.each_second(*WELL, seconds=180)
    assert overdue(script) == []
    script.say(CuffDue(10, 300, trying=False))
    assert overdue(script) == [(191, "start")]


def test_who_tries_for_ten_minutes_does_not_try() -> None:
    script = Script()
    script.say(CuffDue(0, 300, trying=True))
    script.each_second(*WELL, seconds=610)
    assert overdue(script) == [(600, "start")]


def test_trying_again_does_not_take_the_alarm_back_but_a_reading_does() -> None:
    script = Script()
    script.say(CuffDue(0, 300))
    script.each_second(*WELL, seconds=100)
    script.say(CuffDue(0, 300, trying=True))
    script.each_second(*WELL, seconds=40)
    assert [event for _, event in overdue(script)] == ["start"]
    script.say(CuffDue(440, 300))
    assert [event for _, event in overdue(script)] == ["start", "end"]


def test_what_a_person_stopped_is_no_failure_of_the_cuff() -> None:
    script = Script(Phase.PEAK)
    for _ in range(4):
        script.say(no_pressure("aborted"))
        script.each_second(*WELL, seconds=60)
    assert script.transitions == []
    for _ in range(3):
        script.say(no_pressure("leak"))
        script.each_second(*WELL, seconds=60)
    assert [each.name for each in script.transitions] == ["cuff-unavailable"]
    script.say(no_pressure("aborted"))
    assert len(script.transitions) == 1
    script.say(cuff(120, 80))
    assert script.transitions[-1].state == "inactive"

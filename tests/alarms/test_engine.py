"""What staff count on: alarms come when they must, stay until they are seen, and end when it is over."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapmonitor.alarms.engine import Engine
from kapmonitor.alarms.inputs import Acknowledge, BaselineConfirmed, Here, Interrupt, SwitchOff, Tick
from kapmonitor.alarms.state import EngineState
from kapmonitor.errors import RefusedError
from kapmonitor.model import DeviceKind, DeviceReport, DeviceState, Happened, Phase, Quality, missing
from tests.alarms.script import Script, cuff, default_rules, heart_rate, pulse_rate, spo2, words


def test_a_critical_fall_starts_one_alarm_at_its_highest_tier_after_its_delay() -> None:
    script = Script()
    came = script.values([97] * 10 + [85] * 16)
    assert words(came) == [(25.0, "start", "spo2-critical", "active")]
    assert came[0].name == "spo2-low"
    assert came[0].priority == "high"
    assert came[0].page
    assert came[0].value == 85
    assert "85 %" in came[0].text


def test_one_sample_less_than_the_delay_is_no_alarm() -> None:
    assert Script().values([97] * 10 + [85] * 15 + [97] * 30) == []


def test_a_limit_itself_is_still_good() -> None:
    assert Script().values([92] * 60) == []


def test_low_and_then_critical_escalates_the_same_alarm() -> None:
    script = Script()
    came = script.values([90] * 20 + [86] * 20)
    assert words(came) == [
        (15.0, "start", "spo2-low", "active"),
        (35.0, "escalate", "spo2-critical", "active"),
    ]
    assert came[0].alarm == came[1].alarm
    assert not came[0].page
    assert came[1].page


def test_an_unacknowledged_critical_alarm_stays_until_somebody_has_seen_it() -> None:
    script = Script()
    script.values([85] * 20)
    over = script.values([98] * 90)
    assert [(t.event, t.rule, t.state, t.priority) for t in over] == [
        ("update", "spo2-low", "active", "high"),
        ("update", "spo2-low", "latched", "high"),
    ]
    seen = script.say(Acknowledge(over[-1].alarm, over[-1].seq, "nurse-1"))
    assert [(t.event, t.state) for t in seen] == [("acknowledge", "latched"), ("reset", "inactive")]
    assert script.values([98] * 30) == []


def test_an_acknowledged_critical_alarm_falls_with_the_condition() -> None:
    script = Script()
    start = script.values([85] * 20)[0]
    script.say(Acknowledge(start.alarm, start.seq, "nurse-1"))
    over = script.values([98] * 90)
    assert [(t.event, t.rule, t.state) for t in over] == [
        ("deescalate", "spo2-low", "active"),
        ("end", "spo2-low", "inactive"),
    ]


def test_worse_under_acknowledgement_alarms_anew() -> None:
    script = Script()
    start = script.values([90] * 20)[0]
    script.say(Acknowledge(start.alarm, start.seq, "nurse-1"))
    worse = script.values([85] * 20)
    assert [(t.event, t.acknowledged, t.page) for t in worse] == [("escalate", False, True)]


def test_the_same_again_after_it_was_over_is_a_new_alarm() -> None:
    script = Script()
    first = script.values([90] * 20)[0]
    script.say(Acknowledge(first.alarm, first.seq, "nurse-1"))
    script.values([97] * 70)
    again = script.values([90] * 20)
    assert [(t.event, t.acknowledged) for t in again] == [("start", False)]
    assert again[0].alarm != first.alarm


def test_a_latched_alarm_whose_condition_returns_pages_again() -> None:
    script = Script()
    script.values([85] * 20 + [98] * 90)
    again = script.values([85] * 20)
    assert ("update", "spo2-critical", "active", True) in [(t.event, t.rule, t.state, t.page) for t in again]


def test_an_acknowledgement_of_what_was_seen_before_it_got_worse_is_refused() -> None:
    script = Script()
    start = script.values([90] * 20)[0]
    script.values([85] * 20)
    with pytest.raises(RefusedError, match="worse"):
        script.say(Acknowledge(start.alarm, start.seq, "nurse-1"))


def test_an_acknowledgement_runs_out_while_the_condition_holds() -> None:
    script = Script()
    start = script.values([85] * 16)[0]
    script.say(Acknowledge(start.alarm, start.seq, "nurse-1"))
    reminded = script.values([85] * 130)
    assert [(t.at, t.event, t.acknowledged, t.page) for t in reminded] == [(136.0, "update", False, True)]


def test_a_medium_alarm_goes_to_the_pager_after_three_minutes() -> None:
    script = Script()
    came = script.values([90] * 200)
    assert [(t.at, t.event, t.page) for t in came] == [(15.0, "start", False), (195.0, "update", True)]


def test_data_loss_never_ends_an_alarm_and_is_one_itself() -> None:
    script = Script()
    script.values([85] * 20)
    lost = script.values([None] * 70)
    assert [(t.at, t.name, t.event, t.priority) for t in lost] == [
        (34.0, "spo2-unavailable", "start", "low"),
        (49.0, "spo2-unavailable", "escalate", "medium"),
        (79.0, "spo2-unavailable", "escalate", "high"),
    ]
    assert "no finger" in lost[0].text
    still = {t.name: t for t in script.engine.open_alarms(script.now)}
    assert still["spo2-low"].state == "active"
    assert "now no value" in still["spo2-low"].text
    back = script.values([97])
    assert [(t.name, t.event) for t in back] == [("spo2-unavailable", "end")]


def test_nothing_since_the_session_began_alarms_too() -> None:
    came = Script().each_second(heart_rate(70), seconds=61)
    assert [(t.at, t.priority) for t in came] == [(15.0, "low"), (30.0, "medium"), (60.0, "high")]
    assert "nothing received" in came[0].text


def test_nothing_at_all_is_one_high_alarm_after_thirty_seconds() -> None:
    came = Script().each_second(seconds=61)
    assert [(t.at, t.name, t.event, t.priority) for t in came] == [
        (15.0, "spo2-unavailable", "start", "low"),
        (15.0, "heart-rate-unavailable", "start", "low"),
        (30.0, "spo2-unavailable", "escalate", "high"),
        (30.0, "heart-rate-unavailable", "end", "low"),
    ]
    assert "Nothing is being measured" in came[2].text


def test_nothing_at_all_in_recovery_is_high_after_a_minute() -> None:
    came = Script(Phase.RECOVERY).each_second(seconds=61)
    spo2_said = [(t.at, t.priority) for t in came if t.name == "spo2-unavailable"]
    assert spo2_said == [(15.0, "low"), (30.0, "medium"), (60.0, "high")]


def test_in_recovery_a_missing_sensor_stays_medium() -> None:
    came = Script(Phase.RECOVERY).each_second(heart_rate(70), seconds=120)
    assert [t.priority for t in came] == ["low", "medium"]


def test_a_disconnected_oximeter_is_a_cause_inside_the_alarm() -> None:
    script = Script()
    script.values([97] * 3)
    script.say(DeviceReport("ox", DeviceKind.OXIMETER, DeviceState.LOST, "gone"))
    came = script.each_second(seconds=20)
    assert "disconnected" in next(t for t in came if t.name == "spo2-unavailable").text


@pytest.mark.parametrize("quality", [Quality.QUESTIONABLE, Quality.INVALID])
def test_what_is_not_valid_neither_raises_nor_clears(quality: Quality) -> None:
    script = Script()
    for _ in range(14):
        script.each_second(spo2(85), seconds=1)
    assert not [t for t in script.each_second(spo2(80, quality), seconds=8) if t.name == "spo2-low"]
    # Held, not started anew: what was gathered before counts on.
    came = script.values([85] * 3)
    assert [t.event for t in came if t.name == "spo2-low"] == ["start"]


def test_after_ten_seconds_without_data_a_delay_starts_anew() -> None:
    script = Script()
    script.values([85] * 14 + [None] * 11)
    assert [t.at for t in script.values([85] * 20) if t.name == "spo2-low"] == [40.0]


def test_a_flickering_sensor_hides_no_alarm() -> None:
    """Every second value an artefact: what the valid ones say adds up."""
    came = Script().values([80, None] * 20)
    assert [(t.at, t.rule) for t in came if t.name == "spo2-low"] == [(30.0, "spo2-critical")]


def test_slow_values_raise_too() -> None:
    script = Script()
    came = []
    for _ in range(5):
        came += script.each_second(spo2(85), seconds=1)
        script.now += 4
    assert [(t.at, t.event) for t in came if t.name == "spo2-low"] == [(15.0, "start")]


def test_before_the_baseline_nothing_alarms() -> None:
    assert Script(Phase.BASELINE).values([80] * 60) == []


def test_blood_pressure_alarms_with_the_reading_and_clears_after_two_good_ones() -> None:
    script = Script()
    start = script.say(cuff(182, 100))
    assert [(t.event, t.rule, t.priority, t.value) for t in start] == [
        ("start", "blood-pressure-critical", "high", 182)
    ]
    script.say(Acknowledge(start[0].alarm, start[0].seq, "nurse-1"))
    assert script.say(cuff(150, 90)) == []
    assert [t.event for t in script.say(cuff(150, 90))] == ["end"]


def test_a_diastolic_pressure_alone_is_enough() -> None:
    came = Script().say(cuff(150, 112))
    assert [(t.value, t.limit) for t in came] == [(112, 110)]


def test_heart_rate_limits() -> None:
    script = Script()
    assert not [t for t in script.each_second(heart_rate(120), seconds=60) if t.name == "heart-rate-high"]
    high = script.each_second(heart_rate(121), seconds=40)
    assert [(t.name, t.at) for t in high if t.name == "heart-rate-high"] == [("heart-rate-high", 90.0)]
    low = script.each_second(heart_rate(49), seconds=20)
    assert [(t.name, t.at) for t in low if t.name == "heart-rate-low"] == [("heart-rate-low", 110.0)]


def test_a_low_baseline_lowers_the_low_limit() -> None:
    script = Script()
    script.say(BaselineConfirmed({"heart_rate": 55}))
    assert not [t for t in script.each_second(heart_rate(46), seconds=30) if t.name == "heart-rate-low"]
    assert [t for t in script.each_second(heart_rate(44), seconds=30) if t.name == "heart-rate-low"]


def test_the_oximeter_decides_where_the_strap_has_nothing() -> None:
    script = Script()
    came = script.each_second(heart_rate(None), pulse_rate(45), seconds=12)
    assert [t.at for t in came if t.name == "heart-rate-low"] == [10.0]


def test_two_rates_that_disagree_alarm_after_fifteen_seconds_with_both_numbers() -> None:
    script = Script()
    came = script.each_second(heart_rate(80), pulse_rate(45), seconds=20)
    low = [t for t in came if t.name == "heart-rate-low"]
    assert [t.at for t in low] == [15.0]
    assert "strap 80, oximeter 45" in low[0].text


def test_state_survives_a_round_trip_through_bytes() -> None:
    script = Script()
    script.values([85] * 20)
    kept = msgspec.json.encode(script.engine.state)
    again = Engine(default_rules(), msgspec.json.decode(kept, type=EngineState))
    assert again.open_alarms(20.0) == script.engine.open_alarms(20.0)


values = st.lists(st.sampled_from([97.0, 93.0, 91.0, 89.0, 87.0, 79.0, None]), max_size=200)


@given(values, st.data())
def test_never_silent_while_a_critical_value_holds(
    script_values: list[float | None], data: st.DataObject
) -> None:
    """No order of values and acknowledgements leaves 16 s of critical values without an active alarm."""
    script = Script()
    critical = 0
    for value in script_values:
        script.values([value])
        if data.draw(st.booleans()):
            for t in script.engine.open_alarms(script.now):
                before = t.state
                script.say(Acknowledge(t.alarm, t.seq, "nurse-1"))
                after = {a.alarm: a for a in script.engine.open_alarms(script.now)}
                assert before != "active" or after[t.alarm].state == "active"
        critical = critical + 1 if value is not None and value < 88 else 0
        if critical > 15:
            low = [t for t in script.engine.open_alarms(script.now) if t.name == "spo2-low"]
            assert [(t.state, t.priority) for t in low] == [("active", "high")]


@given(values)
def test_the_same_script_gives_the_same_events(script_values: list[float | None]) -> None:
    one, two = Script(), Script()
    assert msgspec.json.encode(one.values(script_values)) == msgspec.json.encode(two.values(script_values))


def test_until_the_signed_discharge_missing_data_and_limits_alarm() -> None:
    script = Script(Phase.DISCHARGE)
    assert [t.priority for t in script.each_second(heart_rate(70), seconds=40)] == ["low", "medium"]
    assert "spo2-critical" in [t.rule for t in script.values([85] * 20)]


def test_time_alone_raises_nothing_from_an_old_value() -> None:
    script = Script(Phase.DISCHARGE)
    script.each_second(spo2(85), seconds=3)
    for _ in range(60):
        assert [t for t in script.say(Tick()) if t.name == "spo2-low"] == []
        script.now += 1


def test_a_rule_that_was_switched_off_while_kept_breaks_nothing() -> None:
    script = Script()
    script.say(cuff(190, 100))
    script.say(SwitchOff("blood-pressure-critical", "dr-1", "known"))
    kept = script.say(cuff(120, 80))
    assert [(t.event, t.state) for t in kept] == [("update", "latched")]


def test_a_lost_pulse_ends_only_when_there_is_a_pulse_and_somebody() -> None:
    script = Script()
    script.each_second(spo2(97), heart_rate(70), seconds=30)
    none = [
        missing("spo2", "searching"),
        missing("pulse_rate", "searching"),
        missing("heart_rate", "searching"),
    ]
    lost = script.each_second(*none, seconds=12)
    assert [(t.name, t.priority) for t in lost] == [("pulse-lost", "high")]
    script.say(Here("nurse-1"))
    assert "pulse-lost" in {t.name for t in script.engine.open_alarms(script.now)}
    script.each_second(spo2(97), heart_rate(70), seconds=9)
    assert "pulse-lost" in {t.name for t in script.engine.open_alarms(script.now)}
    script.each_second(spo2(97), heart_rate(70), seconds=3)
    assert "pulse-lost" not in {t.name for t in script.engine.open_alarms(script.now)}


def test_two_sensors_that_stop_one_after_the_other_are_no_lost_pulse() -> None:
    script = Script()
    script.each_second(spo2(97), heart_rate(70), seconds=20)
    script.each_second(heart_rate(70), seconds=60)
    came = script.each_second(seconds=25)
    assert "pulse-lost" not in {t.name for t in came}


def test_a_kept_symptom_is_let_go_by_who_is_there_not_from_a_screen() -> None:
    script = Script()
    [start] = script.say(Happened("chest_pain", "severe"))
    script.say(Happened("chest_pain", resolved=True))
    script.say(Acknowledge(start.alarm, start.seq, "nurse-1"))
    assert [t.name for t in script.engine.open_alarms(script.now)] == ["symptom"]
    assert [t.event for t in script.say(Here("nurse-1"))] == ["end"]


def test_the_phase_alone_says_that_a_dose_was_given() -> None:
    script = Script(Phase.ONSET)
    assert [t.rule for t in script.say(Happened("sedation", score=1))] == ["sedation"]


def test_an_interruption_that_runs_out_is_medium_at_once_and_no_more() -> None:
    script = Script(Phase.ONSET)
    script.values([97] * 10)
    script.say(Interrupt("nurse-1", 3))
    assert [t for t in script.each_second(heart_rate(70), seconds=179) if t.name == "spo2-unavailable"] == []
    out = script.each_second(heart_rate(70), seconds=5)
    assert [(t.event, t.priority) for t in out if t.name == "spo2-unavailable"] == [("start", "medium")]


def test_an_interruption_lasts_until_the_finger_is_back_for_ten_seconds() -> None:
    script = Script(Phase.RECOVERY)
    script.values([97] * 10)
    script.say(Interrupt("nurse-1", 10))
    script.values([97] * 12 + [None] * 100)
    assert script.engine.state.interruption is not None
    script.values([97] * 11)
    assert script.engine.state.interruption is None


def test_the_second_high_pressure_pages_though_the_first_was_seen() -> None:
    script = Script()
    [start] = script.say(cuff(170, 95))
    assert not start.page
    script.say(Acknowledge(start.alarm, start.seq, "nurse-1"))
    script.now += 300
    assert [(t.event, t.acknowledged, t.page) for t in script.say(cuff(171, 95))] == [("update", False, True)]


def test_a_cuff_that_is_tried_again_and_again_is_one_alarm() -> None:
    script = Script()
    events = []
    for state in (DeviceState.LOST, DeviceState.CONNECTING, DeviceState.LOST, DeviceState.CONNECTING):
        events += script.say(DeviceReport("c", DeviceKind.CUFF, state, ""))
    events += script.say(DeviceReport("c", DeviceKind.CUFF, DeviceState.LIVE, ""))
    assert [(t.name, t.event) for t in events] == [("cuff-unavailable", "start"), ("cuff-unavailable", "end")]

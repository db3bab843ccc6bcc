"""When the cuff measures by itself, when it does not, and that it never begins twice."""

from __future__ import annotations

import itertools

import pytest

from kapmonitor.model import Origin, Phase
from kapmonitor.session import entries
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.cuff import (
    AFTER_STOP_S,
    ANSWERS_WITHIN_S,
    PAUSE_S,
    RETRIES,
    RETRY_AFTER_S,
    SERIES_PAUSE_S,
    Start,
    Stop,
)
from kapmonitor.session.entries import Arms, Measured
from kapmonitor.session.repeats import REPEAT_AFTER_S, REPEAT_AT_LATEST_S
from tests.session.cuff_room import ANY, TAKES_S, Answers, Room, doubtful, good, pressure

LEFT = Arms(cuff="left", oximeter="left")


def failing(_: int) -> str:
    return "leak"


def silent(_: int) -> None:
    return None


def in_onset(cuff: Answers = good, *, arms: Arms = ANY, preset: entries.Preset = "standard") -> Room:
    room = Room(cuff, arms=arms, preset=preset)
    room.phase(Phase.ONSET)
    return room


def test_a_reading_that_is_due_begins_by_itself() -> None:
    room = in_onset()
    room.run(299)
    assert room.starts == []
    room.run(701)
    assert [why for _, why in room.starts] == ["timetable"] * 3
    assert room.starts[0][0] == 300
    assert room.starts[1][0] == 300 + TAKES_S + 300


def test_baseline_takes_two_readings_and_not_one_after_the_other() -> None:
    room = Room(good)
    room.phase(Phase.BASELINE)
    room.run(165)
    assert room.starts == [(1.0, "baseline"), (1 + TAKES_S + 120, "baseline")]


def test_a_baseline_reading_that_cannot_be_right_is_not_taken_again_for_ever() -> None:
    room = Room(lambda _: doubtful(120, 118))
    room.phase(Phase.BASELINE)
    room.run(600)
    assert len(room.starts) <= 5


@pytest.mark.parametrize("doing", [CuffDoing.NONE, CuffDoing.BY_HAND, CuffDoing.AWAY, CuffDoing.MEASURING])
def test_only_a_cuff_that_listens_and_is_idle_is_told_to_start(doing: CuffDoing) -> None:
    room = in_onset()
    room.doing = doing
    room.run(900)
    assert room.told == []


def test_a_failed_reading_is_tried_twice_more_thirty_seconds_apart_and_then_left_until_the_next() -> None:
    room = in_onset(failing)
    room.run(599)
    each = TAKES_S + RETRY_AFTER_S
    assert [at for at, _ in room.starts] == [300, 300 + each, 300 + 2 * each]
    assert [tries for _, tries in room.failures] == [1, 2, 3]
    assert RETRIES == 2
    room.run(1)
    assert room.starts[3:] == [(600, "timetable")]


def test_a_reading_that_is_being_tried_again_is_not_overdue_yet() -> None:
    room = in_onset(failing)
    room.run(299)
    assert not room.control.trying(room.now)
    for _ in range(180):
        room.run(1)
        assert room.control.trying(room.now)
    room.run(1)
    assert not room.control.trying(room.now)


def test_one_that_a_person_asked_for_is_tried_again_too() -> None:
    room = Room(lambda count: "artifact" if count == 1 else pressure(120, 80), preset="manual")
    room.phase(Phase.READY)
    room.ask()
    room.run(300)
    assert room.starts == [(0, "by hand"), (TAKES_S + RETRY_AFTER_S, "by hand")]


def test_a_start_that_could_not_be_is_a_failure() -> None:
    room = in_onset(silent)
    room.run(300)
    room.do(room.control.failed("The cuff is busy.", room.now))
    assert room.failures == [(300, 1)]
    room.run(30)
    assert room.starts[1:] == [(330, "timetable")]


def test_a_start_without_any_answer_is_stopped_and_counts_as_failed() -> None:
    room = in_onset(silent)
    room.run(300 + ANSWERS_WITHIN_S)
    assert [type(each) for _, each in room.told] == [Start, Stop, entries.CuffFailed]
    assert room.told[-1][0] == 300 + ANSWERS_WITHIN_S
    room.run(2000)
    assert len(room.starts) >= 3


def test_nothing_is_started_while_something_runs() -> None:
    room = in_onset()
    room.run(310)
    room.ask()
    assert len(room.starts) == 1


@pytest.mark.parametrize(("systolic", "diastolic"), [(180, 90), (150, 110), (79, 50), (90, 60)])
def test_a_critical_or_low_reading_is_repeated_once_within_two_minutes(
    systolic: float, diastolic: float
) -> None:
    room = in_onset(lambda _: pressure(systolic, diastolic))
    room.run(500)
    assert room.starts == [(300, "timetable"), (300 + TAKES_S + REPEAT_AFTER_S, "repeat")]
    assert REPEAT_AFTER_S + TAKES_S < 120


@pytest.mark.parametrize(("systolic", "diastolic"), [(179, 109), (91, 60)])
def test_any_other_is_not(systolic: float, diastolic: float) -> None:
    room = in_onset(lambda _: pressure(systolic, diastolic))
    room.run(600)
    assert len(room.starts) == 1


def test_a_fall_of_more_than_thirty_percent_under_the_baseline_is_repeated() -> None:
    room = in_onset(lambda _: pressure(95, 60))
    room.enter(entries.BaselineConfirmed(values={"systolic": 140.0}))
    room.run(500)
    assert [why for _, why in room.starts] == ["timetable", "repeat"]


def test_a_pressure_that_cannot_be_right_is_repeated_once() -> None:
    room = in_onset(lambda _: doubtful(120, 118))
    room.run(600)
    assert [why for _, why in room.starts] == ["timetable", "repeat"]


def test_a_repeat_that_fails_is_given_up_after_two_more_tries() -> None:
    room = in_onset(lambda count: pressure(190, 100) if count == 1 else "leak", preset="manual")
    room.ask()
    room.run(3000)
    assert [why for _, why in room.starts] == ["by hand", *["repeat"] * 3]


def test_a_typed_critical_pressure_is_repeated_by_the_cuff() -> None:
    room = in_onset(preset="manual")
    room.run(10)
    room.measure(pressure(185, 100, origin=Origin.MANUAL))
    room.run(100)
    assert room.starts == [(70, "repeat")]


def test_not_now_holds_the_timetable() -> None:
    room = in_onset()
    room.run(290)
    room.enter(entries.CuffDeferred(minutes=5))
    room.run(299)
    assert room.starts == []
    room.run(1)
    assert room.starts == [(590, "timetable")]


@pytest.mark.parametrize(
    "held", [entries.CuffDeferred(minutes=15), entries.Interrupted(minutes=10, with_whom="nurse")]
)
def test_not_now_and_an_interruption_hold_a_critical_repeat_for_two_minutes_at_most(
    held: entries.AnyWhat,
) -> None:
    room = in_onset(lambda _: pressure(190, 100))
    room.run(345)
    room.enter(held)
    room.run(300)
    assert room.starts[1:] == [(340 + REPEAT_AT_LATEST_S, "repeat")]


def test_a_series_goes_on_with_pauses_until_its_time_is_over() -> None:
    room = in_onset(preset="manual")
    room.enter(entries.CuffSeries(minutes=5))
    room.run(600)
    times = [at for at, _ in room.starts]
    assert len(times) == 6
    assert max(times) < 300
    assert {after - before for before, after in itertools.pairwise(times)} == {TAKES_S + SERIES_PAUSE_S}


def test_a_series_that_fails_three_times_is_over() -> None:
    room = in_onset(failing, preset="manual")
    room.enter(entries.CuffSeries(minutes=5))
    room.run(600)
    assert len(room.starts) == 3


def test_stop_is_at_once_and_nothing_inflates_by_itself_for_two_minutes() -> None:
    room = in_onset()
    room.run(310)
    room.stop()
    assert room.told[1:] == [(310, Stop())]
    room.run(AFTER_STOP_S - 1)
    assert len(room.starts) == 1
    room.run(1)
    assert room.starts[1:] == [(310 + AFTER_STOP_S, "timetable")]
    assert room.failures == []


def test_stop_ends_retries_repeats_and_series_for_as_long() -> None:
    room = in_onset(lambda count: pressure(190, 100) if count == 1 else "leak")
    room.run(341)
    room.stop()
    room.run(AFTER_STOP_S - 1)
    assert len(room.starts) == 1


def test_stop_without_anything_running_is_told_all_the_same() -> None:
    room = in_onset()
    room.stop()
    assert room.told == [(0, Stop())]


@pytest.mark.parametrize("arms", [Arms(cuff="left", infusion="left"), Arms(cuff="right", forbidden="right")])
def test_nothing_inflates_by_itself_on_the_infusions_or_a_forbidden_arm(arms: Arms) -> None:
    room = in_onset(arms=arms)
    room.run(1000)
    assert room.starts == []
    assert not room.control.trying(room.now)


def test_on_the_oximeters_arm_nothing_inflates_by_itself_while_spo2_is_low() -> None:
    room = in_onset(arms=LEFT)
    room.spo2_low = True
    room.run(400)
    assert room.starts == []
    assert not room.control.trying(room.now), "then nibp-overdue says so"
    room.spo2_low = False
    room.run(1)
    assert room.starts == [(401, "timetable")]


def test_a_low_spo2_is_no_reason_where_the_arms_are_not_known_to_match() -> None:
    room = in_onset(arms=Arms(cuff="left"))
    room.spo2_low = True
    room.run(301)
    assert len(room.starts) == 1


def test_what_is_typed_in_ends_no_measurement() -> None:
    room = in_onset()
    room.run(310)
    room.measure(pressure(120, 80, origin=Origin.MANUAL))
    assert room.control.running


def test_a_failure_of_a_measurement_that_nobody_ordered_is_in_the_record_and_not_tried_again() -> None:
    room = in_onset(preset="manual")
    room.measure(Measured(id="m", systolic=None, diastolic=None, reason="artifact"))
    room.run(300)
    assert room.failures == [(0, 1)]
    assert room.starts == []


def test_the_arm_rests_between_two_inflations() -> None:
    room = in_onset(lambda _: pressure(122, 78))
    room.run(299)
    room.ask()
    room.run(200)
    times = [at for at, _ in room.starts]
    assert all(after - before >= TAKES_S + PAUSE_S for before, after in itertools.pairwise(times))

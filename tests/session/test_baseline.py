"""Today's baseline: what it takes, what is missing, and that a person confirms it."""

from __future__ import annotations

import pytest

from kapmonitor.errors import RefusedError
from kapmonitor.model import Phase, Quality
from kapmonitor.session import commands, entries
from kapmonitor.session.baseline import Proposal, proposal
from kapmonitor.session.entries import Arms
from tests.session.seat import WELL, Seat, moment


def taken(*readings: tuple[float, float]) -> Seat:
    """A seat in baseline with readings: seconds, and systolic."""
    seat = Seat()
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    for at, systolic in readings:
        seat.now = at
        seat.measure(systolic, 80)
    return seat


def proposed(seat: Seat) -> Proposal:
    return proposal(seat.session, seat.around, seat.now)


def test_two_readings_a_few_minutes_apart_are_enough() -> None:
    found = proposed(taken((10, 118), (130, 122)))
    assert found == Proposal(
        {"systolic": 120, "diastolic": 80, "heart_rate": 70, "spo2": 97}, ("nibp-1", "nibp-2")
    )


@pytest.mark.parametrize(
    ("readings", "later", "said"),
    [
        ((), 0, "there is none yet"),
        (((10, 120),), 20, "0:40 from now"),
        (((10, 120),), 100, "within 3:20"),
        (((10, 120),), 400, "more than 5 minutes old"),
        (((10, 120), (40, 120)), 0, "one more"),
        (((10, 120), (320, 120)), 0, "one more"),
        (((10, 120), (130, 136)), 0, "differ by 16 mmHg; a third"),
    ],
)
def test_what_is_missing_is_said(readings: tuple[tuple[float, float], ...], later: float, said: str) -> None:
    seat = taken(*readings)
    seat.now += later
    missing = " ".join(proposed(seat).missing)
    assert said in missing
    with pytest.raises(RefusedError, match="not complete"):
        seat.do(commands.ConfirmBaseline())


def test_of_three_readings_the_two_closest_count() -> None:
    assert proposed(taken((10, 150), (130, 122), (250, 126))).values["systolic"] == 124
    assert proposed(taken((10, 120), (130, 150), (250, 124))).values["systolic"] == 122


def test_a_reading_that_does_not_count_is_none() -> None:
    seat = taken((10, 120))
    seat.now = 130
    doubtful = entries.Measured(id="n", systolic=122, diastolic=80, quality=Quality.QUESTIONABLE)
    seat.enter([doubtful])
    assert proposed(seat).missing


def test_readings_after_a_dose_make_no_baseline() -> None:
    seat = taken((10, 120), (130, 120)).dosed()
    seat.now = 250
    seat.measure(160, 90)
    assert proposed(seat).values["systolic"] == 120


def test_a_reading_from_before_the_session_makes_no_baseline() -> None:
    seat = taken()
    seat.now = 60
    earlier = moment(-60).utc
    seat.do(commands.TypePressure(systolic=120, diastolic=80, measured_at=earlier))
    assert "there is none yet" in proposed(seat).missing[0]


def test_a_minute_of_valid_signals_is_asked_for() -> None:
    seat = taken((10, 120), (130, 120))
    seat.see(steady={"spo2": 97.0}, steady_s={"spo2": 60.0, "pulse_rate": 22.0})
    assert proposed(seat).missing == ("Heart rate must be valid for 60 s without a break: 38 s still.",)
    seat.see(steady={**WELL, "pulse_rate": 66.0})
    assert proposed(seat).values["heart_rate"] == 70, "the strap before the oximeter"
    seat.see(steady={"spo2": 97.0, "pulse_rate": 66.0})
    assert proposed(seat).values["heart_rate"] == 66


def test_confirming_keeps_how_it_was_measured_and_makes_ready() -> None:
    seat = taken((10, 120), (130, 120))
    seat.do(commands.SetArms(arms=Arms(cuff="left")))
    seat.do(commands.ConfirmBaseline(posture="lying", cuff_size="adult"))
    found = seat.session.baseline
    assert found is not None
    assert (found.arm, found.posture, found.cuff_size) == ("left", "lying", "adult")
    assert seat.session.phase is Phase.READY


def test_a_baseline_is_taken_before_the_dose_only() -> None:
    with pytest.raises(RefusedError, match="before the dose"):
        taken((10, 120), (130, 120)).dosed().do(commands.ConfirmBaseline())

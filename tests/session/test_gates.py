"""What holds a dose back, who may pass it, and for how long a passing holds."""

from __future__ import annotations

import pytest

from kapmonitor.errors import NotAllowedError, RefusedError
from kapmonitor.model import Quality
from kapmonitor.session import commands, entries
from kapmonitor.session.around import OpenAlarm
from kapmonitor.session.gates import PRESET_REASON, Gate, closed, gates
from tests.session.seat import DOCTOR, NURSE, THERAPIST, Seat, moment


def gate(seat: Seat, name: str) -> Gate:
    return next(each for each in gates(seat.session, seat.around, seat.now) if each.name == name)


def held_by(seat: Seat) -> list[str]:
    return [each.name for each in closed(seat.session, seat.around, seat.now)]


def measured_twice(seat: Seat, systolic: float, diastolic: float = 80) -> None:
    for _ in range(2):
        seat.measure(systolic, diastolic)


def test_with_everything_as_it_should_be_nothing_holds() -> None:
    seat = Seat().ready()
    assert held_by(seat) == []
    pagers = gate(seat, "pagers")
    assert not pagers.open
    assert not pagers.holds
    assert "No pagers" in pagers.text


def test_before_the_baseline_a_dose_is_held() -> None:
    assert held_by(Seat()) == ["baseline", "pressure"]


@pytest.mark.parametrize(
    ("systolic", "diastolic", "held"),
    [
        (139, 89, ()),
        (140, 80, ("hold",)),
        (120, 90, ("hold",)),
        (159, 99, ("hold",)),
        (160, 80, ("hold", "hard-hold")),
        (120, 100, ("hold", "hard-hold")),
    ],
)
def test_pressure_holds_from_its_limits_on(systolic: float, diastolic: float, held: tuple[str, ...]) -> None:
    seat = Seat().ready()
    measured_twice(seat, systolic, diastolic)
    now = gate(seat, "pressure")
    assert (now.open, now.because, now.hard) == (not held, held, "hard-hold" in held)
    assert bool(now.preset) == (held == ("hold",))


def test_the_first_dose_goes_by_the_mean_of_two_readings_and_a_further_one_by_the_last() -> None:
    seat = Seat().ready()
    seat.measure(150, 80)
    assert gate(seat, "pressure").open, "135 is the mean with the 120 before"
    seat.dosed()
    assert not gate(seat, "pressure").open


def test_readings_that_do_not_count_or_are_old_open_nothing() -> None:
    seat = Seat(preset="manual").ready()
    seat.wait(14)
    assert gate(seat, "pressure").open
    seat.wait(3)
    assert gate(seat, "pressure").because == ("no-reading",)
    doubtful = entries.Measured(id="n", systolic=120, diastolic=80, quality=Quality.QUESTIONABLE)
    seat.enter([doubtful])
    assert not gate(seat, "pressure").open
    seat.do(commands.TypePressure(systolic=120, diastolic=80))
    assert gate(seat, "pressure").open


def test_a_further_dose_needs_a_reading_of_the_last_ten_minutes() -> None:
    seat = Seat(preset="manual").ready().dosed()
    seat.measure()
    seat.wait(9)
    assert held_by(seat) == []
    seat.wait(2)
    assert held_by(seat) == ["pressure"]


def test_the_soft_hold_is_one_tap_of_medical_staff() -> None:
    seat = Seat().ready()
    measured_twice(seat, 150)
    tap = commands.PassHold(gate="pressure", reason=PRESET_REASON)
    with pytest.raises(NotAllowedError):
        seat.do(tap, THERAPIST)
    seat.do(tap, NURSE)
    assert held_by(seat) == []
    assert (gate(seat, "pressure").passed_by, gate(seat, "pressure").reason) == (NURSE.id, PRESET_REASON)


def test_the_hard_hold_is_the_prescribers() -> None:
    seat = Seat().ready()
    measured_twice(seat, 165)
    with pytest.raises(NotAllowedError, match="prescriber"):
        seat.do(commands.PassHold(gate="pressure", reason="known"), NURSE)
    seat.do(commands.PassHold(gate="pressure", reason="known"), DOCTOR)
    assert held_by(seat) == []


def test_a_passing_no_longer_counts_when_the_pressure_has_got_worse() -> None:
    seat = Seat().ready()
    measured_twice(seat, 150)
    seat.do(commands.PassHold(gate="pressure", reason="usual"))
    measured_twice(seat, 170)
    assert held_by(seat) == ["pressure"]
    measured_twice(seat, 150)
    assert held_by(seat) == []


def test_a_passing_covers_one_dose() -> None:
    seat = Seat().ready()
    measured_twice(seat, 150)
    seat.do(commands.PassHold(gate="pressure", reason="usual"))
    seat.dosed()
    assert seat.session.doses[0][1].closed == ()
    assert held_by(seat) == ["pressure"]


def test_another_high_alarm_holds_though_the_first_was_passed() -> None:
    seat = Seat().ready()
    first = OpenAlarm("a-1", "heart-rate-high", "high", acknowledged=True, text="Heart rate 160/min")
    seat.see(alarms=(first,))
    assert "Heart rate 160/min" in gate(seat, "alarms").text
    seat.do(commands.PassHold(gate="alarms", reason="seen"))
    assert held_by(seat) == []
    seat.see(alarms=(first, OpenAlarm("a-2", "spo2-low", "high", acknowledged=False)))
    assert held_by(seat) == ["alarms"]


def test_lower_alarms_hold_nothing() -> None:
    seat = Seat().ready()
    seat.see(alarms=(OpenAlarm("a-1", "battery-low", "medium", acknowledged=False),))
    assert held_by(seat) == []


@pytest.mark.parametrize(
    ("valid", "missing"),
    [({"spo2": 97.0}, "heart rate"), ({"heart_rate": 70.0}, "SpO2"), ({}, "SpO2 and heart rate")],
)
def test_missing_signals_hold(valid: dict[str, float], missing: str) -> None:
    seat = Seat().ready()
    seat.see(valid=valid)
    assert held_by(seat) == ["signals"]
    assert missing in gate(seat, "signals").text


def test_the_oximeters_pulse_is_a_heart_rate_where_there_is_no_strap() -> None:
    seat = Seat().ready()
    seat.see(valid={"spo2": 97.0, "pulse_rate": 70.0})
    assert held_by(seat) == []


def test_pagers_that_reach_nobody_hold() -> None:
    seat = Seat().ready()
    seat.see(reachable=False)
    assert held_by(seat) == ["pagers"]
    seat.see(reachable=True)
    assert held_by(seat) == []


@pytest.mark.parametrize("name", ["pressure", "pagers", "nothing"])
def test_what_holds_nothing_cannot_be_passed(name: str) -> None:
    with pytest.raises(RefusedError, match="Nothing is held"):
        Seat().ready().do(commands.PassHold(gate=name, reason="why not"))


def test_a_dose_that_is_entered_late_is_judged_by_what_the_record_shows_of_then() -> None:
    seat = Seat().ready()
    given = moment(seat.now).utc
    seat.now += 300
    seat.measure(175, 100)
    seat.see(valid={}, alarms=(OpenAlarm("a-1", "heart-rate-high", "high", acknowledged=False),))
    assert held_by(seat) == ["pressure", "signals", "alarms"]
    seat.do(commands.GiveDose(amount=60, given=given))
    assert seat.session.doses[0][1].closed == ()


def test_a_dose_with_closed_gates_is_recorded_and_marked() -> None:
    seat = Seat()
    seat.dosed()
    assert seat.session.doses[0][1].closed == ("baseline", "pressure")
    assert seat.session.phase == "onset"

"""When the next cuff reading is due, and which phase comes by itself."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kapmonitor.config import load_routes
from kapmonitor.errors import ConfigError
from kapmonitor.model import Phase, Route
from kapmonitor.session import commands
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.gates import closed
from kapmonitor.session.routes import parse_routes
from kapmonitor.session.timetable import due
from tests.session.seat import MINUTE, Seat


@dataclass
class Taken:
    """Which readings there were, in minutes since the dose."""

    seat: Seat

    @property
    def minutes(self) -> list[float]:
        first = self.seat.session.first_dose_at or 0.0
        found = [(entered.at - first) / MINUTE for entered, _ in self.seat.session.measured]
        return [round(each) for each in found if each > 0]


def next_at(seat: Seat) -> float | None:
    """Minutes until the next reading."""
    wanted = due(seat.session, seat.around.table)
    return None if wanted is None else (wanted.at - seat.now) / MINUTE


def without_cuff(seat: Seat) -> Seat:
    seat.see(cuff=CuffDoing.BY_HAND)
    return seat


def test_every_route_has_a_timetable_for_every_phase_with_a_patient_under_the_drug() -> None:
    for table in load_routes().values():
        assert {Phase.READY, Phase.ONSET, Phase.PEAK, Phase.RECOVERY} <= set(table.cuff_every_min)


def test_mistakes_are_named_all_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_routes(
            [
                {
                    "route": "intramuscular",
                    "onset_min": 50,
                    "peak_min": 45,
                    "observe_min": 120,
                    "quiet_at_min": [20, 10],
                    "cuff_every_min": {"onset": 0},
                },
                {"route": "oral"},
            ]
        )
    said = "\n".join(refused.value.mistakes)
    for part in ("cuff_every_min.onset", "onset_min", "quiet_at_min", "'oral'", "'intravenous' is missing"):
        assert part in said


def test_the_standard_preset_over_two_hours() -> None:
    seat = Seat().ready().dosed()
    seat.wait(120)
    assert Taken(seat).minutes == [5, 10, 20, 30, 40, 55, 70, 100]


def test_the_quiet_preset_measures_at_its_minutes_and_before_leaving() -> None:
    seat = Seat(preset="quiet").ready().dosed()
    seat.wait(120)
    assert Taken(seat).minutes == [10, 20, 40, 60]
    seat.do(commands.SetPhase(phase=Phase.DISCHARGE))
    seat.wait(1)
    assert Taken(seat).minutes == [10, 20, 40, 60, 120]


def test_the_manual_preset_asks_for_the_mandatory_readings_only() -> None:
    seat = Seat(Route.INTRANASAL, preset="manual").ready().dosed()
    seat.wait(120)
    assert Taken(seat).minutes == [40]


def test_a_reading_near_the_mandatory_minute_is_it() -> None:
    seat = Seat(Route.INTRANASAL, preset="manual").ready().dosed()
    seat.wait(36)
    seat.measure()
    assert next_at(seat) is None


def test_recovery_keeps_its_pace_while_the_pressure_is_away_from_the_baseline() -> None:
    seat = Seat().ready().dosed()
    seat.wait(44)
    seat.pressure = (150, 95)
    seat.wait(76)
    assert Taken(seat).minutes == [5, 10, 20, 30, 40, 55, 70, 85, 100, 115]


def test_the_two_readings_of_a_baseline_come_by_themselves_and_then_the_cuff_rests() -> None:
    seat = Seat()
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    seat.wait(10)
    assert [entered.at for entered, _ in seat.session.measured] == [10, 130]


def test_a_third_comes_where_the_two_differ() -> None:
    seat = Seat()
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    seat.wait(1)
    seat.pressure = (140, 80)
    seat.wait(9)
    assert [entered.at for entered, _ in seat.session.measured] == [10, 130, 250]


def test_in_ready_the_pressure_stays_young_enough_for_the_dose() -> None:
    seat = Seat()
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    seat.wait(12)
    seat.do(commands.ConfirmBaseline())
    for _ in range(60):
        seat.wait(1)
        assert closed(seat.session, seat.around, seat.now) == []


def test_aborted_measures_whatever_the_preset() -> None:
    seat = Seat(preset="manual").ready().dosed()
    seat.do(commands.SetPhase(phase=Phase.ABORTED, reason="chest pain"))
    assert next_at(seat) == 5


def test_not_now_and_an_interruption_put_a_reading_off_and_do_not_drop_it() -> None:
    seat = without_cuff(Seat().ready().dosed())
    assert next_at(seat) == 5
    seat.do(commands.DeferCuff(minutes=12))
    assert next_at(seat) == 12
    seat.do(commands.DeferCuff(minutes=0))
    assert next_at(seat) == 5
    seat.wait(4)
    seat.do(commands.Interrupt(minutes=3))
    assert next_at(seat) == 3
    seat.do(commands.EndInterruption())
    assert next_at(seat) == 1


# Phases by the clock


def phase_after(seat: Seat, minutes: float) -> Phase:
    seat.wait(minutes)
    return seat.session.phase


@pytest.mark.parametrize(
    ("route", "onset", "peak"),
    [
        (Route.INTRAMUSCULAR, 10, 45),
        (Route.INTRAVENOUS, 10, 60),
        (Route.INTRANASAL, 10, 60),
        (Route.SUBLINGUAL, 20, 75),
    ],
)
def test_onset_and_peak_end_by_themselves(route: Route, onset: float, peak: float) -> None:
    seat = Seat(route).ready().dosed()
    assert phase_after(seat, onset - 1) is Phase.ONSET
    assert phase_after(seat, 1) is Phase.PEAK
    assert phase_after(seat, peak - onset - 1) is Phase.PEAK
    assert phase_after(seat, 1) is Phase.RECOVERY


def test_a_further_dose_goes_back_to_onset_and_times_run_from_it() -> None:
    seat = Seat().ready().dosed()
    assert phase_after(seat, 50) is Phase.RECOVERY
    assert seat.dosed().session.phase is Phase.ONSET
    assert phase_after(seat, 44) is Phase.PEAK
    assert phase_after(seat, 1) is Phase.RECOVERY


def test_with_an_infusion_peak_lasts_until_a_quarter_of_an_hour_after_its_end() -> None:
    seat = Seat(Route.INTRAVENOUS).ready()
    seat.do(commands.DoInfusion(action="start", rate_ml_h=60))
    seat.dosed()
    assert phase_after(seat, 80) is Phase.PEAK
    seat.do(commands.DoInfusion(action="stop"))
    assert phase_after(seat, 14) is Phase.PEAK
    assert phase_after(seat, 1) is Phase.RECOVERY


def test_a_dose_after_the_infusion_has_its_own_time() -> None:
    seat = Seat(Route.INTRAVENOUS).ready()
    seat.do(commands.DoInfusion(action="start", rate_ml_h=60))
    seat.dosed()
    seat.wait(40)
    seat.do(commands.DoInfusion(action="stop"))
    seat.wait(20)
    assert seat.session.phase is Phase.RECOVERY
    seat.dosed()
    assert phase_after(seat, 59) is Phase.PEAK
    assert phase_after(seat, 1) is Phase.RECOVERY


def test_a_dose_that_is_recorded_late_is_timed_from_when_it_was_given() -> None:
    seat = Seat().ready()
    seat.wait(30)
    given = seat.session.entries[-1].moment.utc
    seat.wait(20)
    late = seat.now
    seat.do(commands.GiveDose(amount=60, given=given))
    assert seat.session.phase is Phase.ONSET
    assert seat.session.last_dose_at is not None
    assert seat.session.last_dose_at < late
    assert phase_after(seat, 0.5) is Phase.PEAK

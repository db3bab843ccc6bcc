"""The checklist: what it shows, what it doubts, and that people decide."""

from __future__ import annotations

from typing import get_args

import pytest

from kapmonitor.errors import RefusedError
from kapmonitor.model import Phase, Route
from kapmonitor.session import commands
from kapmonitor.session.around import OpenAlarm
from kapmonitor.session.discharge import ItemShown, checklist, unsigned
from kapmonitor.session.entries import Item
from tests.session.seat import NURSE, WELL, Seat, moment


def leaving(route: Route = Route.INTRAMUSCULAR, minutes: float = 121) -> Seat:
    seat = Seat(route).ready().dosed()
    seat.wait(minutes)
    seat.do(commands.LogEvent(kind="sedation", score=5))
    seat.do(commands.SetPhase(phase=Phase.DISCHARGE))
    seat.wait(1)
    return seat


def item(seat: Seat, name: Item) -> ItemShown:
    return next(each for each in checklist(seat.session, seat.around, moment(seat.now)) if each.item == name)


def test_somebody_who_is_well_raises_no_doubt() -> None:
    seat = leaving()
    assert [each.doubt for each in checklist(seat.session, seat.around, moment(seat.now))] == [""] * 6
    assert item(seat, "observed").shown == "122 min since the first dose"
    assert item(seat, "pressure").shown.endswith("baseline 120/80: +0 % / +0 % (PADSS 2 of 2)")


def test_time_counts_from_the_first_dose_and_the_last_is_shown() -> None:
    seat = Seat().ready().dosed()
    seat.wait(40)
    seat.dosed()
    seat.wait(60)
    assert item(seat, "observed").shown == "100 min since the first dose, 60 min since the last"
    assert "20 min are missing" in item(seat, "observed").doubt


@pytest.mark.parametrize(
    ("systolic", "doubt", "points"), [(144, "", 2), (145, "20 %", 1), (95, "20 %", 1), (170, "20 %", 0)]
)
def test_pressure_is_near_within_a_fifth_of_the_baseline(systolic: float, doubt: str, points: int) -> None:
    seat = leaving()
    seat.measure(systolic, 80)
    said = item(seat, "pressure").doubt
    assert (doubt in said) if doubt else not said
    assert f"PADSS {points} of 2" in item(seat, "pressure").shown


def test_the_reading_before_leaving_is_asked_for() -> None:
    seat = Seat(preset="manual").ready().dosed()
    seat.wait(125)
    assert "The last reading before leaving is missing" in item(seat, "pressure").doubt
    seat.measure()
    assert item(seat, "pressure").doubt == ""
    seat.wait(14)
    assert item(seat, "pressure").doubt == ""
    seat.see(cuff="none")
    seat.do(commands.SetPhase(phase=Phase.DISCHARGE))
    assert "before leaving is missing" in item(seat, "pressure").doubt


def test_intranasal_asks_for_the_reading_after_40_minutes() -> None:
    assert item(leaving(Route.INTRANASAL), "pressure").doubt == ""
    seat = Seat(Route.INTRANASAL).ready().dosed()
    seat.wait(30)
    seat.see(cuff="none")
    seat.wait(95)
    seat.measure()
    assert item(seat, "pressure").doubt == "The reading 40 min after the dose is missing."


def test_without_a_baseline_the_pressure_is_a_persons_word() -> None:
    seat = Seat().dosed()
    seat.wait(10)
    assert "no baseline" in item(seat, "pressure").doubt


def test_spo2_is_doubted_where_it_is_low_missing_or_made_by_oxygen() -> None:
    seat = leaving()
    seat.see(valid={**WELL, "spo2": 91.0})
    assert "below 92 %" in item(seat, "spo2").doubt
    seat.see(valid={})
    assert "no valid SpO2" in item(seat, "spo2").doubt
    seat.see(valid=WELL)
    seat.do(commands.GiveOxygen(flow_l_min=2))
    assert "does not show breathing" in item(seat, "spo2").doubt


def test_sedation_is_the_last_score_since_the_dose() -> None:
    seat = Seat().ready()
    assert "No MOAA/S score was logged" in item(seat, "sedation").doubt
    seat.do(commands.LogEvent(kind="sedation", score=5))
    seat.now += 10
    seat.dosed()
    assert "since the last dose" in item(seat, "sedation").doubt
    seat.wait(60)
    seat.do(commands.LogEvent(kind="sedation", score=4))
    assert "below 5" in item(seat, "sedation").doubt
    seat.do(commands.LogEvent(kind="sedation", resolved=True))
    assert item(seat, "sedation").shown == "MOAA/S 5 of 5 just now"
    assert item(seat, "sedation").doubt == ""
    seat.wait(31)
    assert "30 minutes old" in item(seat, "sedation").doubt


def test_what_is_doubted_is_signed_with_a_word_only_and_both_are_kept() -> None:
    seat = leaving(minutes=60)
    with pytest.raises(RefusedError, match="Say why it is all right"):
        seat.do(commands.SignItem(item="observed"))
    seat.do(commands.SignItem(item="observed", text="the doctor has seen her"))
    kept = seat.session.signed["observed"][2]
    assert (kept.text, kept.doubt) == (
        "the doctor has seen her",
        "120 min are asked for, 59 min are missing.",
    )
    assert item(seat, "observed").signed_by == NURSE.id


def test_the_checklist_is_for_leaving() -> None:
    with pytest.raises(RefusedError, match="for leaving"):
        Seat().ready().do(commands.SignItem(item="transport"))


@pytest.mark.parametrize("then", ["back", "abort", "dose"])
def test_signatures_are_void_when_the_session_goes_back(then: str) -> None:
    seat = leaving()
    seat.do(commands.SignItem(item="transport"))
    if then == "back":
        seat.do(commands.SetPhase(phase=Phase.RECOVERY))
    elif then == "abort":
        seat.do(commands.SetPhase(phase=Phase.ABORTED, reason="fainted"))
    else:
        seat.dosed()
    assert unsigned(seat.session) == get_args(Item)


def test_ending_with_something_open_needs_a_reason_and_keeps_it() -> None:
    seat = leaving()
    with pytest.raises(RefusedError, match="Not signed: observed"):
        seat.do(commands.EndSession())
    seat.see(alarms=(OpenAlarm("a-1", "spo2-low", "high", acknowledged=False, text="SpO2 84 %"),))
    with pytest.raises(RefusedError, match="SpO2 84 %"):
        seat.do(commands.EndSession())
    seat.do(commands.EndSession(reason="ambulance"))
    assert seat.session.ended is not None
    assert seat.session.ended[2].open_items == get_args(Item)
    assert seat.session.ended[2].open_alarms == ("SpO2 84 %",)


def test_without_a_dose_there_is_nothing_to_sign() -> None:
    seat = Seat()
    seat.do(commands.EndSession())
    assert seat.session.ended is not None


def test_a_session_is_reopened_within_ten_minutes() -> None:
    seat = Seat()
    with pytest.raises(RefusedError, match="is open"):
        seat.do(commands.Reopen(reason="?"))
    seat.do(commands.EndSession())
    seat.now += 599
    seat.do(commands.Reopen(reason="wrong room"))
    assert seat.session.open
    seat.do(commands.EndSession())
    seat.now += 601
    with pytest.raises(RefusedError, match="10 minutes ago"):
        seat.do(commands.Reopen(reason="wrong room"))

"""The next thing to do, from the opening to the end, and that it is never silent or doubled."""

from __future__ import annotations

import pytest

from kapmonitor.errors import RefusedError
from kapmonitor.model import Phase, Route
from kapmonitor.session import commands, entries
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.discharge import TITLES
from kapmonitor.session.entries import Arms
from kapmonitor.session.next_thing import next_things
from kapmonitor.session.thing import NextThing, in_words
from kapmonitor.session.timetable import due
from tests.session.seat import Seat


def things(seat: Seat) -> tuple[NextThing, ...]:
    wanted = due(seat.session, seat.around.table)
    return next_things(seat.session, seat.around, wanted, seat.now)


def said(seat: Seat) -> list[str]:
    return [in_words(thing) for thing in things(seat)]


def test_it_leads_through_a_session() -> None:
    seat = Seat()
    heard = [said(seat)[0]]
    seat.do(commands.Screen())
    heard.append(said(seat)[0])
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    heard.append(said(seat)[0])
    seat.wait(3)
    heard.append(said(seat)[0])
    seat.do(commands.ConfirmBaseline())
    heard.append(said(seat)[0])
    seat.dosed()
    heard.append(said(seat)[0])
    seat.wait(11)
    heard.append(said(seat)[0])
    seat.wait(108)
    heard.append(said(seat)[0])
    seat.wait(2)
    heard.append(said(seat)[0])
    seat.do(commands.SetPhase(phase=Phase.DISCHARGE))
    assert said(seat)[0] == "Next cuff reading (the last reading before leaving) now."
    seat.wait(1)
    heard.append(said(seat)[0])
    assert heard == [
        "Ask for medicines and history, and log them.",
        "Put the sensors on and begin the baseline.",
        "The baseline is being taken.",
        "Confirm the baseline.",
        "Give the dose and log it.",
        "Next cuff reading in 5:00.",
        "Next cuff reading in 9:00.",
        "The time to observe is over in 1:00.",
        "The time to observe is over: go on to discharge if the person is well.",
        "Sign the checklist: " + ", ".join(TITLES.values()) + ".",
    ]


def test_when_everything_is_signed_it_asks_for_the_end_and_is_silent_after_it() -> None:
    seat = Seat()
    seat.do(commands.SetPhase(phase=Phase.ABORTED, reason="not today"))
    seat.do(commands.SetPhase(phase=Phase.DISCHARGE))
    assert "End the session." in said(seat)
    seat.do(commands.EndSession())
    assert said(seat) == []


def test_what_holds_the_dose_is_said_with_it() -> None:
    seat = Seat().ready()
    seat.see(valid={})
    held = things(seat)[0]
    assert held.text == "The dose is held."
    assert held.holds == ("No valid SpO2 and heart rate now. Look at the sensors.",)


@pytest.mark.parametrize(
    ("cuff", "text"),
    [
        (CuffDoing.IDLE, "Next cuff reading in 5:00."),
        (CuffDoing.BY_HAND, "Press the cuff's button: next reading in 5:00."),
        (CuffDoing.AWAY, "The cuff is not connected: look at it. Next reading in 5:00."),
        (CuffDoing.NONE, "Measure the pressure and type it in: next reading in 5:00."),
        (CuffDoing.MEASURING, "The cuff is measuring."),
    ],
)
def test_the_cuff_asks_for_what_a_person_has_to_do(cuff: CuffDoing, text: str) -> None:
    seat = Seat().ready().dosed()
    seat.see(cuff=cuff)
    assert text in said(seat)


def test_an_overdue_reading_comes_first() -> None:
    seat = Seat().ready().dosed()
    seat.do(commands.Intervene(what="ondansetron", recheck_min=30))
    seat.see(cuff=CuffDoing.BY_HAND)
    seat.wait(6)
    assert said(seat)[0] == "Press the cuff's button: next reading 1:00 overdue."


def test_the_baseline_and_its_readings_are_one_thing_where_the_cuff_measures_by_itself() -> None:
    seat = Seat()
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    assert said(seat) == ["The baseline is being taken."]
    seat.see(cuff=CuffDoing.BY_HAND)
    assert "Press the cuff's button: next reading (baseline) now." in said(seat)


def test_a_mandatory_reading_says_what_it_is() -> None:
    seat = Seat(Route.INTRANASAL, preset="manual").ready().dosed()
    assert "Next cuff reading (the reading 40 min after the dose) in 40:00." in said(seat)


def test_a_deferred_cuff_says_so() -> None:
    seat = Seat().ready().dosed()
    seat.do(commands.DeferCuff(minutes=10))
    assert "Next cuff reading, put off, in 10:00." in said(seat)


def test_a_series_says_when_it_ends() -> None:
    seat = Seat().ready().dosed()
    seat.do(commands.SeriesCuff(minutes=5))
    assert "Cuff reading after reading ends in 5:00." in said(seat)


def test_the_phase_ahead_is_told() -> None:
    seat = Seat().ready().dosed()
    assert "Peak begins in 10:00." in said(seat)
    seat.wait(11)
    assert "Recovery begins in 34:00." in said(seat)


def test_an_interruption_counts_down() -> None:
    seat = Seat().ready().dosed()
    seat.do(commands.Interrupt(minutes=3))
    assert "Sensors are off on purpose: put them back on in 3:00." in said(seat)


def test_rechecks_and_oxygen_are_told() -> None:
    seat = Seat().ready().dosed()
    seat.do(commands.Intervene(what="ondansetron", recheck_min=10))
    seat.do(commands.GiveOxygen(flow_l_min=2))
    assert "Look again after what was done in 10:00." in said(seat)
    assert said(seat)[-1].startswith("Oxygen is given (2 l/min)")
    seat.do(commands.Recheck(of=seat.session.rechecks[0].of))
    assert not any(text.startswith("Look again") for text in said(seat))


def test_an_infusion_is_asked_about() -> None:
    seat = Seat(Route.INTRAVENOUS).ready()
    seat.do(commands.DoInfusion(action="start", rate_ml_h=60))
    assert "The infusion was started and no dose is recorded: record the dose." in said(seat)
    seat.dosed()
    seat.wait(70)
    assert seat.session.phase is Phase.PEAK
    assert "Recovery begins after the infusion: say when it has ended." in said(seat)
    seat.do(commands.SetPhase(phase=Phase.RECOVERY))
    assert "The infusion is not ended: end it, or say that it has ended." in said(seat)


def test_a_forgotten_session_says_so() -> None:
    seat = Seat()
    seat.now = 8 * 3600 + 1
    assert any(text.startswith("Open for more than 8 hours") for text in said(seat))


def test_a_critical_reading_is_taken_again_by_whoever_starts_the_cuff() -> None:
    seat = Seat().ready().dosed()
    seat.wait(1)
    seat.measure(185, 95)
    assert "Next cuff reading (the last one again, to be sure) in 1:00." in said(seat)
    seat.see(cuff=CuffDoing.BY_HAND)
    text = "Press the cuff's button: next reading (the last one again, to be sure) in 1:00."
    assert text in said(seat)


def test_an_arm_that_keeps_the_cuff_from_measuring_is_told() -> None:
    seat = Seat(Route.INTRAVENOUS).ready()
    seat.do(commands.SetArms(arms=Arms(cuff="left", infusion="left")))
    texts = [text for text in said(seat) if "cuff" in text]
    assert len(texts) == 1
    assert texts[0].startswith("The cuff is on the infusion's arm (left): move it")


# Questions


def questions(seat: Seat) -> list[str]:
    return [thing.question for thing in things(seat) if thing.question]


@pytest.mark.parametrize("event", [("dissociation", None), ("sedation", 3)])
def test_signs_of_the_drug_before_a_dose_ask_whether_one_was_given(event: tuple[str, int | None]) -> None:
    seat = Seat().ready()
    seat.now += 1
    seat.do(commands.LogEvent(kind=event[0], score=event[1]))
    assert questions(seat) == ["dose-given"]
    seat.now += 1
    seat.do(commands.Answer(question="dose-given", answer="no"))
    assert questions(seat) == []


def test_somebody_who_is_alert_raises_no_question() -> None:
    seat = Seat().ready()
    seat.now += 1
    seat.do(commands.LogEvent(kind="sedation", score=5))
    assert questions(seat) == []


def test_twenty_minutes_in_ready_ask_and_no_asks_again_after_twenty_more() -> None:
    seat = Seat().ready()
    seat.wait(19)
    assert questions(seat) == []
    seat.wait(1)
    assert questions(seat) == ["dose-given"]
    seat.do(commands.Answer(question="dose-given", answer="no"))
    seat.wait(19)
    assert questions(seat) == []
    seat.wait(1)
    assert questions(seat) == ["dose-given"]


def test_yes_asks_for_the_dose_until_it_is_recorded_or_taken_back() -> None:
    seat = Seat().ready()
    seat.wait(21)
    seat.do(commands.Answer(question="dose-given", answer="yes"))
    assert any("is not recorded" in text for text in said(seat))
    seat.dosed()
    assert questions(seat) == []


def test_a_dose_with_closed_gates_and_no_reason_asks_for_one() -> None:
    seat = Seat().dosed()
    assert questions(seat) == ["dose-reason-1"]
    seat.do(commands.Answer(question="dose-reason-1", answer="given before the session was opened"))
    assert questions(seat) == []
    seat.do(commands.GiveDose(amount=20, reason="booster, doctor present"))
    assert questions(seat) == []


def test_only_what_is_asked_can_be_answered_and_only_so() -> None:
    seat = Seat().ready()
    with pytest.raises(RefusedError, match="asked is nothing"):
        seat.do(commands.Answer(question="dose-given", answer="no"))
    seat.wait(21)
    with pytest.raises(RefusedError, match="Answer yes or no"):
        seat.do(commands.Answer(question="dose-given", answer="perhaps"))
    assert not [entry for entry in seat.session.entries if isinstance(entry.what, entries.Answered)]

"""What people ask for: what it becomes, or why not, in words that say what would be right."""

from __future__ import annotations

from datetime import timedelta

import pytest

from kapmonitor.errors import NotAllowedError, RefusedError
from kapmonitor.model import Phase, Route
from kapmonitor.session import commands, entries
from kapmonitor.session.around import CuffDoing
from kapmonitor.session.commands import Command
from kapmonitor.session.desk.times import past
from kapmonitor.session.entries import Arms
from tests.session.seat import DOCTOR, NURSE, THERAPIST, VIEWER, Seat, moment


def refused(seat: Seat, command: Command) -> str:
    """Why it is refused; and the record stays as it was."""
    before = len(seat.session.entries)
    with pytest.raises(RefusedError) as why:
        seat.do(command)
    assert len(seat.session.entries) == before
    return str(why.value)


# Phases and doses


def test_onset_begins_with_a_dose_only() -> None:
    assert "begins with a dose" in refused(Seat().ready(), commands.SetPhase(phase=Phase.ONSET))


def test_a_phase_that_may_not_follow_says_which_may() -> None:
    said = refused(Seat(), commands.SetPhase(phase=Phase.RECOVERY))
    assert said == "A session in screening cannot go to recovery; it can go to baseline or aborted."


def test_going_on_without_a_baseline_and_aborting_need_a_reason() -> None:
    seat = Seat()
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    assert "No baseline is confirmed" in refused(seat, commands.SetPhase(phase=Phase.READY))
    seat.do(commands.SetPhase(phase=Phase.READY, reason="cuff broken"))
    assert "Say why" in refused(seat, commands.SetPhase(phase=Phase.ABORTED))


@pytest.mark.parametrize("phase", list(Phase))
def test_a_dose_is_recorded_in_every_phase_and_leads_to_onset(phase: Phase) -> None:
    seat = Seat().ready()
    seat.enter([entries.PhaseEntered(phase=phase)])
    seat.dosed()
    assert seat.session.phase is Phase.ONSET
    assert len(seat.session.doses) == 1


def test_a_dose_has_the_route_of_the_session_unless_it_is_said() -> None:
    seat = Seat(Route.SUBLINGUAL).ready().dosed()
    seat.do(commands.GiveDose(amount=20, route=Route.INTRAMUSCULAR))
    assert [dose.route for _, dose in seat.session.doses] == [Route.SUBLINGUAL, Route.INTRAMUSCULAR]


def test_an_infusion_goes_its_way() -> None:
    seat = Seat(Route.INTRAVENOUS).ready()
    assert "has not been started" in refused(seat, commands.DoInfusion(action="stop"))
    seat.do(commands.DoInfusion(action="start", rate_ml_h=60))
    assert "Say the new rate" in refused(seat, commands.DoInfusion(action="rate"))
    seat.do(commands.DoInfusion(action="pause"))
    assert "is paused" in refused(seat, commands.DoInfusion(action="pause"))
    seat.do(commands.DoInfusion(action="resume"))
    seat.do(commands.DoInfusion(action="stop"))
    assert "has ended" in refused(seat, commands.DoInfusion(action="rate", rate_ml_h=30))


def test_what_the_route_has_not_is_refused() -> None:
    assert "no infusion" in refused(Seat(), commands.DoInfusion(action="start"))
    assert "no lozenge" in refused(Seat(), commands.DoLozenge(action="place"))
    Seat(Route.SUBLINGUAL).do(commands.DoLozenge(action="place"), THERAPIST)


# What was seen and done


def test_anybody_calls_help_and_the_rest_is_for_staff_in_the_room() -> None:
    seat = Seat()
    assert seat.do(commands.LogEvent(kind="help"), VIEWER) == [entries.HelpCalled()]
    with pytest.raises(NotAllowedError):
        seat.do(commands.LogEvent(kind="nausea"), VIEWER)
    seat.do(commands.LogEvent(kind="nausea", severity="mild"), THERAPIST)
    assert list(seat.session.symptoms) == ["nausea"]
    seat.do(commands.LogEvent(kind="nausea", resolved=True), THERAPIST)
    assert not seat.session.symptoms


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (commands.LogEvent(kind="dose"), "log it as a dose"),
        (commands.LogEvent(kind="sedation"), "MOAA/S"),
        (commands.LogEvent(kind="nausea", resolved=True), "no open nausea"),
        (commands.LogEvent(kind="help", resolved=True), "with the patient"),
        (commands.TypePressure(systolic=900, diastolic=20), "900 mmHg is no possible systolic"),
        (commands.TypePressure(systolic=80, diastolic=120), "do not fit"),
        (commands.TypePressure(systolic=120, diastolic=80, pulse=900), "no possible pulse rate"),
        (commands.TypeValue(quantity="respiratory_rate", value=300), "no possible respiratory rate"),
        (commands.GiveOxygen(flow_l_min=0), "No oxygen"),
        (commands.Recheck(of=1), "waiting: none"),
        (commands.SayPresent(action="left"), "not said"),
        (commands.Correct(of=99, text="x"), "no entry 99"),
        (commands.EndInterruption(), "no interruption"),
        (commands.SwitchOff(rule="spo2-low"), "say why"),
        (commands.Move(room="room-1"), "already"),
        (commands.ChoosePreset(preset="standard"), "already"),
        (commands.SetArms(arms=Arms(cuff="left", forbidden="left")), "other one"),
        (commands.SeriesCuff(minutes=0), "No series"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_would_be_right(command: Command, said: str) -> None:
    assert said in refused(Seat(), command)


def test_a_pressure_typed_in_counts_and_keeps_when_it_was_taken() -> None:
    seat = Seat()
    seat.now = 600
    taken = moment(180).utc
    seat.do(commands.TypePressure(systolic=120, diastolic=80, measured_at=taken), THERAPIST)
    entered, one = seat.session.measured[0]
    assert (entered.at, one.measured, one.origin, one.counts) == (600, taken, "manual", True)


def test_times_that_are_typed_in_lie_in_the_last_hours() -> None:
    now = moment(600)
    assert past(None, now, "It") is None
    assert past(now.utc + timedelta(seconds=30), now, "It") == now.utc
    for when, said in (
        (now.utc + timedelta(days=1), "has not come yet"),
        (now.utc - timedelta(days=1), "12 hours ago"),
        (now.utc.replace(tzinfo=None), "zone"),
    ):
        with pytest.raises(RefusedError, match=said):
            past(when, now, "It")


def test_an_intervention_waits_for_a_second_look() -> None:
    seat = Seat()
    seat.do(commands.Intervene(what="ondansetron 4 mg", recheck_min=15))
    waiting = seat.session.rechecks[0]
    assert (waiting.what, waiting.at) == ("ondansetron 4 mg", 900)
    seat.do(commands.Recheck(of=waiting.of, text="better"))
    assert not seat.session.rechecks


def test_who_is_in_the_room_is_known() -> None:
    seat = Seat()
    seat.do(commands.SayPresent(action="arrived"), THERAPIST)
    seat.do(commands.SayHere(), NURSE)
    assert list(seat.session.present) == [THERAPIST.id, NURSE.id]
    assert seat.session.here_at == 0
    seat.do(commands.SayPresent(action="left"), THERAPIST)
    assert list(seat.session.present) == [NURSE.id]


# The cuff, and sensors off on purpose


@pytest.mark.parametrize(
    ("cuff", "said"),
    [
        (CuffDoing.NONE, "type the pressure in"),
        (CuffDoing.BY_HAND, "press its button"),
        (CuffDoing.AWAY, "not connected"),
        (CuffDoing.MEASURING, "is measuring"),
    ],
)
def test_a_cuff_that_cannot_start_says_why(cuff: CuffDoing, said: str) -> None:
    seat = Seat()
    seat.see(cuff=cuff)
    assert said in refused(seat, commands.StartCuff())


def test_a_cuff_stops_for_everybody_in_the_room_and_a_series_with_it() -> None:
    seat = Seat()
    seat.do(commands.SeriesCuff(minutes=5))
    seat.see(cuff=CuffDoing.MEASURING)
    seat.do(commands.StopCuff(), THERAPIST)
    assert seat.session.series_until is None


def test_no_cuff_starts_on_the_forbidden_arm() -> None:
    seat = Seat()
    seat.enter([entries.ArmsSet(arms=Arms(cuff="left", forbidden="left"))])
    assert "forbidden arm" in refused(seat, commands.StartCuff())


@pytest.mark.parametrize("after_min", [1, 20])
def test_under_the_drug_the_sensors_come_off_for_three_minutes_at_most_and_by_medical_staff(
    after_min: float,
) -> None:
    seat = Seat().ready().dosed()
    seat.wait(after_min)
    assert "at most 3 minutes" in refused(seat, commands.Interrupt(minutes=4))
    with pytest.raises(NotAllowedError):
        seat.do(commands.Interrupt(minutes=3), THERAPIST)
    seat.do(commands.Interrupt(minutes=3))


def test_in_recovery_the_sensors_come_off_for_ten() -> None:
    seat = Seat().ready().dosed()
    seat.wait(60)
    seat.do(commands.Interrupt(minutes=10), THERAPIST)
    assert "off already" in refused(seat, commands.Interrupt(minutes=1))
    seat.do(commands.EndInterruption(), THERAPIST)
    assert seat.session.interruption is None


# After the end


def test_after_the_end_there_are_notes_and_corrections_only() -> None:
    seat = Seat()
    seat.do(commands.EndSession())
    assert "has ended" in refused(seat, commands.GiveDose(amount=50))
    seat.do(commands.WriteNote(text="called the next day: well"))
    seat.do(commands.Correct(of=1, text="wrong room"))
    assert seat.do(commands.Reopen(reason="too early"), DOCTOR)

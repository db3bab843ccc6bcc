"""The form and the record of a session in which much happens: everything from entries, nothing lost."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from kapmonitor.model import Phase, Route
from kapmonitor.people import Role
from kapmonitor.session import commands, entries
from kapmonitor.session.form import Effect, Form, form
from kapmonitor.session.past import AlarmLine
from kapmonitor.session.record import UNITS, record
from tests.session.seat import DOCTOR, NURSE, THERAPIST, Seat, moment

NO_UNIT = {"of", "tries", "seq", "amount", "minute"}
"""Counts, places in the record; a dose carries its own unit."""


def filled(seat: Seat) -> Form:
    return form(seat.session, seat.around.table, site="site-1")


def eventful() -> Seat:
    seat = Seat(Route.INTRANASAL)
    seat.do(commands.Screen(medicines=("benzodiazepine", "opioid"), text="hypertension, treated"))
    seat.do(commands.SetPhase(phase=Phase.BASELINE))
    seat.wait(3)
    seat.do(commands.ConfirmBaseline())
    seat.dosed(56)
    seat.wait(15)
    seat.do(commands.LogEvent(kind="dissociation", severity="moderate"), THERAPIST)
    seat.do(commands.LogEvent(kind="sedation", score=3), THERAPIST)
    seat.wait(5)
    seat.do(commands.LogEvent(kind="sedation", score=2), THERAPIST)
    seat.do(commands.LogEvent(kind="chest_pain", severity="mild", serious=True), THERAPIST)
    seat.wait(25)
    seat.do(commands.LogEvent(kind="dissociation", resolved=True), THERAPIST)
    seat.wait(15)
    seat.do(commands.LogEvent(kind="sedation", score=5), DOCTOR)
    return seat


def test_what_happened_stands_in_the_form() -> None:
    found = filled(eventful())
    assert found.medicines == ("benzodiazepine", "opioid")
    assert found.history == "hypertension, treated"
    assert [(dose.amount, dose.unit, dose.lot, dose.minute) for dose in found.doses] == [(56, "mg", "L-1", 0)]
    assert found.sedation == Effect(seen=True, from_min=15, until_min=60, worst="MOAA/S 2")
    assert found.dissociation == Effect(seen=True, from_min=15, until_min=45, worst="moderate")
    assert found.breathing == Effect()
    assert [line.what.symptom for line in found.serious if isinstance(line.what, entries.Symptom)] == [
        "chest_pain"
    ]
    assert found.monitored_by == (NURSE.id, DOCTOR.id)


def test_what_is_missing_is_said() -> None:
    assert filled(Seat()).missing == (
        "The medicines were not asked for.",
        "No dose is recorded.",
        "There is no pressure before the dose.",
        "There is no pressure 40 minutes after the dose.",
        "There is no pressure at the end.",
        "Pressure and SpO2 are not signed for leaving.",
        "The session has not ended.",
    )


def test_somebody_who_was_ready_before_the_time_was_ready_earlier() -> None:
    seat = eventful()
    seat.wait(30)
    assert seat.session.phase is Phase.RECOVERY
    seat.do(commands.LogEvent(kind="sedation", score=5))
    for item in ("pressure", "spo2", "sedation"):
        seat.do(commands.SignItem(item=item))
    assert (filled(seat).ready_after_min, filled(seat).ready_earlier) == (90, True)


def test_a_dose_with_closed_gates_was_not_given_with_acceptable_vital_signs() -> None:
    seat = Seat().ready()
    seat.see(valid={})
    assert filled(seat).acceptable_before is None
    assert filled(seat.dosed()).acceptable_before is False
    passed = Seat().ready()
    passed.see(valid={})
    passed.do(commands.PassHold(gate="signals", reason="cold hands, pulse felt"))
    assert filled(passed.dosed()).acceptable_before is True


def test_leaving_with_a_doubt_is_not_leaving_with_acceptable_vital_signs() -> None:
    seat = Seat().ready().dosed()
    seat.wait(50)
    seat.measure(170, 100)
    seat.do(commands.SignItem(item="pressure", text="the doctor has seen it"))
    assert filled(seat).acceptable_after is None
    seat.do(commands.SignItem(item="spo2"))
    assert filled(seat).acceptable_after is False


def test_a_late_entry_stands_where_it_happened_and_says_when_it_was_entered() -> None:
    seat = Seat().ready().dosed()
    seat.wait(20)
    taken = moment(seat.now).utc - timedelta(minutes=8)
    seat.do(commands.TypePressure(systolic=130, diastolic=85, measured_at=taken))
    lines = record(seat.session).chapters["pressures"]
    assert [line.ts for line in lines] == sorted(line.ts for line in lines)
    late = next(line for line in lines if line.ts != line.entered)
    assert late.minute == 12


def test_corrections_stand_beside_what_they_correct() -> None:
    seat = Seat().ready().dosed()
    dose = next(entry.seq for entry in seat.session.entries if isinstance(entry.what, entries.Dose))
    seat.do(commands.Correct(of=dose, text="50 mg, not 60"))
    assert record(seat.session).chapters["doses"][0].corrections == ("50 mg, not 60",)


def test_the_record_has_who_when_under_which_limits_and_what_the_alarms_did() -> None:
    line = AlarmLine(
        alarm="a-1", seq=1, name="spo2-low", rule="spo2-critical", priority="high", kind="physiological",
        event="start", state="active", acknowledged=False, by=None, value=85.0, limit=88.0, unit="%",
        page=True, text="SpO2 is 85 %", t=moment(0).utc,
    )  # fmt: skip
    found = record(eventful().session, [line], site="site-1")
    assert found.alarms == (line,)
    assert (found.site, found.rules, found.route) == ("site-1", "r1", Route.INTRANASAL)
    assert (THERAPIST.id, Role.THERAPIST) in found.staff
    assert msgspec.json.decode(msgspec.json.encode(found))["chapters"]["doses"][0]["what"]["kind"] == "dose"


@pytest.mark.parametrize("kind", entries.What.__subclasses__(), ids=lambda kind: kind.__name__)
def test_every_number_of_an_entry_has_its_unit(kind: type[entries.What]) -> None:
    for field in msgspec.structs.fields(kind):
        if field.type in (float, int) or field.type in (float | None, int | None):
            assert field.name in {*UNITS, *NO_UNIT, "value"}, field.name

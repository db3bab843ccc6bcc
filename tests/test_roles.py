"""Every command as every role gives it. The table is written out here, not read from the one under test."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from kapmonitor import documents
from kapmonitor.alarms.nuisance import Label
from kapmonitor.clinic import Clinic
from kapmonitor.errors import NotAllowedError, RefusedError
from kapmonitor.model import Happened, Phase, Route
from kapmonitor.people import SERVICE, Person, Role
from tests.alarms.script import cuff
from tests.test_clinic import NURSE, House

Command = Callable[[Clinic, str, Person], Awaitable[None] | str | None]
"""What a person does in a session of a clinic whose other seat is free."""

COMMANDS: dict[str, Command] = {
    "start a session": lambda clinic, _, by: clinic.start_session(
        "room-2", "a", Route.SUBLINGUAL, drill=True, by=by
    ),
    "change the phase": lambda clinic, session, by: clinic.set_phase(session, Phase.ONSET, by=by),
    "end the session": lambda clinic, session, by: clinic.end_session(session, by=by),
    "acknowledge": lambda clinic, session, by: clinic.acknowledge(f"{session}-1", 1, by=by),
    "mark an alarm": lambda clinic, session, by: clinic.label(f"{session}-1", Label.ARTEFACT, by=by),
    "say here": lambda clinic, session, by: clinic.here(session, by=by),
    "call help": lambda clinic, session, by: clinic.log(session, Happened("help"), by=by),
    "log a symptom": lambda clinic, session, by: clinic.log(session, Happened("seizure"), by=by),
    "log a dose": lambda clinic, session, by: clinic.log(session, Happened("dose"), by=by),
    "pause the sounds": lambda clinic, session, by: clinic.pause_audio(session, by=by),
    "go to the restroom": lambda clinic, session, by: clinic.interrupt(session, 3, by=by),
    "switch a rule off": lambda clinic, session, by: clinic.switch_off(
        session, "spo2-low", "known lung disease", by=by
    ),
    "start the cuff": lambda clinic, session, by: clinic.start_cuff(session, by=by),
    "stop the cuff": lambda clinic, session, by: clinic.stop_cuff(session, by=by),
}

COLUMNS = (Role.PRESCRIBER, Role.MEDICAL, Role.THERAPIST, Role.VIEWER, Role.ADMINISTRATOR, Role.SERVICE)
TABLE = """
                        prescriber  medical  therapist  viewer  administrator  service
    start a session     yes         yes      -          -       -              yes
    change the phase    yes         yes      -          -       -              yes
    end the session     yes         yes      -          -       -              yes
    acknowledge         yes         yes      -          -       -              -
    mark an alarm       yes         yes      -          -       -              -
    say here            yes         yes      -          -       -              -
    call help           yes         yes      yes        yes     yes            yes
    log a symptom       yes         yes      yes        -       -              yes
    log a dose          yes         yes      -          -       -              yes
    pause the sounds    yes         yes      -          -       -              -
    go to the restroom  yes         yes      yes        -       -              -
    switch a rule off   yes         yes      -          -       -              -
    start the cuff      yes         yes      -          -       -              yes
    stop the cuff       yes         yes      yes        -       -              yes
"""


def table() -> list[tuple[str, Role, bool]]:
    """One row for each command and role: whether it may."""
    _, head, *lines = TABLE.splitlines()
    assert head.split() == [role.value for role in COLUMNS]
    found: list[tuple[str, Role, bool]] = []
    for line in lines:
        *words, _, _, _, _, _, _ = line.split()
        answers = line.split()[-len(COLUMNS) :]
        found += [
            (" ".join(words), role, answer == "yes") for role, answer in zip(COLUMNS, answers, strict=True)
        ]
    return found


def test_the_table_is_whole() -> None:
    assert {(command, role) for command, role, _ in table()} == {
        (command, role) for command in COMMANDS for role in Role
    }
    doing = {name for name in vars(Clinic) if not name.startswith("_")}
    assert doing - {"take", "report", "tick", "restore", "rooms", "settled", "nuisance"} == {
        "start_session", "set_phase", "end_session", "acknowledge", "label", "here", "log", "pause_audio",
        "interrupt", "switch_off", "start_cuff", "stop_cuff",
    }  # fmt: skip


@pytest.mark.parametrize(("command", "role", "allowed"), table())
async def test_a_command_of_a_role(command: str, role: Role, *, allowed: bool) -> None:
    house = House()
    session = house.start()
    house.data("ox-1", cuff(190, 120))
    said = len(house.said)
    refused: RefusedError | None = None
    try:
        done = COMMANDS[command](house.clinic, session, Person("somebody", role))
        if isinstance(done, Awaitable):
            await done
    except RefusedError as error:  # there is no cuff and no such alarm: allowed, but not possible
        refused = error
    assert isinstance(refused, NotAllowedError) != allowed
    if not allowed:
        assert len(house.said) == said, "something was done before it was refused"


async def test_in_onset_and_peak_only_medical_staff_take_the_sensors_off() -> None:
    house = House()
    session = house.start()
    house.clinic.set_phase(session, Phase.ONSET, by=SERVICE)
    with pytest.raises(NotAllowedError, match="in onset or peak: that needs prescriber or medical"):
        house.clinic.interrupt(session, 3, by=Person("guide", Role.THERAPIST))
    house.clinic.interrupt(session, 3, by=NURSE)


def test_the_role_is_asked_before_anything_else() -> None:
    """Who may not do it does not learn which sessions there are either."""
    with pytest.raises(NotAllowedError):
        House().clinic.end_session("nothing", by=Person("v", Role.VIEWER))


def test_the_record_has_the_id_of_who_did_it() -> None:
    house = House()
    house.start()
    house.data("ox-1", cuff(190, 120))
    [alarm] = [m.payload for m in house.said if isinstance(m.payload, documents.Alarm)]
    house.clinic.acknowledge(alarm.alarm, alarm.seq, by=Person("dr-1", Role.PRESCRIBER))
    acknowledged = [m.payload for m in house.said if isinstance(m.payload, documents.Alarm)][-1]
    assert acknowledged.acknowledged_by == "dr-1"

"""Every command as every role gives it. The table is written out here, not read from the one under test."""

from __future__ import annotations

import pytest

from kapmonitor import documents
from kapmonitor.alarms.nuisance import Label
from kapmonitor.errors import NotAllowedError, RefusedError
from kapmonitor.model import Phase, Route
from kapmonitor.people import Person, Role
from kapmonitor.session import commands
from kapmonitor.session.commands import ADDRESSES
from kapmonitor.session.entries import Arms
from tests.alarms.script import cuff
from tests.test_clinic import END, NURSE, House

COMMANDS: dict[str, commands.Command | None] = {
    "start a session": None,
    "fill the screening in": commands.Screen(),
    "acknowledge": None,
    "mark an alarm": None,
    "change the phase": commands.SetPhase(phase=Phase.PEAK),
    "confirm a baseline": commands.ConfirmBaseline(),
    "pass a hold": commands.PassHold(gate="baseline", reason="known"),
    "log a dose": commands.GiveDose(amount=60),
    "change the infusion": commands.DoInfusion(action="start"),
    "spit the lozenge": commands.DoLozenge(action="spit"),
    "call help": commands.LogEvent(kind="help"),
    "log a symptom": commands.LogEvent(kind="seizure"),
    "type a pressure": commands.TypePressure(systolic=120, diastolic=80),
    "type a value": commands.TypeValue(quantity="respiratory_rate", value=14),
    "give oxygen": commands.GiveOxygen(flow_l_min=2),
    "intervene": commands.Intervene(what="labetalol 10 mg"),
    "look again": commands.Recheck(of=1),
    "say here": commands.SayHere(),
    "say present": commands.SayPresent(action="arrived"),
    "write a note": commands.WriteNote(text="calm"),
    "correct": commands.Correct(of=1, text="other arm"),
    "answer": commands.Answer(question="dose-given", answer="no"),
    "choose a preset": commands.ChoosePreset(preset="quiet"),
    "set the arms": commands.SetArms(arms=Arms(cuff="left")),
    "start the cuff": commands.StartCuff(),
    "stop the cuff": commands.StopCuff(),
    "not now": commands.DeferCuff(minutes=5),
    "a series": commands.SeriesCuff(minutes=5),
    "go to the restroom": commands.Interrupt(minutes=3),
    "come back": commands.EndInterruption(),
    "pause the sounds": commands.PauseAudio(),
    "switch a rule off": commands.SwitchOff(rule="spo2-low", reason="known lung disease"),
    "move a limit": commands.MoveLimit(rule="spo2-low", value=93, reason="lives at sea level"),
    "move": commands.Move(room="room-2"),
    "swap a device": commands.SwapDevice(old="ox-1", new="ox-2", seen="ox-2"),
    "sign an item": commands.SignItem(item="transport"),
    "end the session": commands.EndSession(reason="over"),
    "reopen": commands.Reopen(reason="mistake"),
}
"""What a person does in a session of a clinic whose other seat is free."""

COLUMNS = (
    Role.PRESCRIBER,
    Role.MEDICAL,
    Role.THERAPIST,
    Role.VIEWER,
    Role.ADMINISTRATOR,
    Role.DISPLAY,
    Role.SERVICE,
)
TABLE = """
                          prescriber  medical  therapist  viewer  administrator  display  service
    start a session       yes         yes      -          -       -              -        yes
    fill the screening in yes         yes      -          -       -              -        yes
    change the phase      yes         yes      -          -       -              -        yes
    confirm a baseline    yes         yes      -          -       -              -        yes
    pass a hold           yes         yes      -          -       -              -        yes
    log a dose            yes         yes      -          -       -              -        yes
    change the infusion   yes         yes      -          -       -              -        yes
    give oxygen           yes         yes      -          -       -              -        yes
    intervene             yes         yes      -          -       -              -        yes
    look again            yes         yes      -          -       -              -        yes
    answer                yes         yes      -          -       -              -        yes
    choose a preset       yes         yes      -          -       -              -        yes
    set the arms          yes         yes      -          -       -              -        yes
    start the cuff        yes         yes      -          -       -              -        yes
    a series              yes         yes      -          -       -              -        yes
    move                  yes         yes      -          -       -              -        yes
    swap a device         yes         yes      -          -       -              -        yes
    sign an item          yes         yes      -          -       -              -        yes
    end the session       yes         yes      -          -       -              -        yes
    reopen                yes         yes      -          -       -              -        yes
    spit the lozenge      yes         yes      yes        -       -              -        yes
    log a symptom         yes         yes      yes        -       -              -        yes
    type a pressure       yes         yes      yes        -       -              -        yes
    type a value          yes         yes      yes        -       -              -        yes
    say present           yes         yes      yes        -       -              -        yes
    write a note          yes         yes      yes        -       -              -        yes
    correct               yes         yes      yes        -       -              -        yes
    stop the cuff         yes         yes      yes        -       -              -        yes
    not now               yes         yes      yes        -       -              -        yes
    come back             yes         yes      yes        -       -              -        yes
    call help             yes         yes      yes        yes     yes            yes      yes
    go to the restroom    yes         yes      yes        -       -              -        -
    acknowledge           yes         yes      -          -       -              -        -
    mark an alarm         yes         yes      -          -       -              -        -
    say here              yes         yes      -          -       -              -        -
    pause the sounds      yes         yes      -          -       -              -        -
    switch a rule off     yes         yes      -          -       -              -        -
    move a limit          yes         yes      -          -       -              -        -
"""


def table() -> list[tuple[str, Role, bool]]:
    """One row for each command and role: whether it may."""
    _, head, *lines = TABLE.splitlines()
    assert head.split() == [role.value for role in COLUMNS]
    found: list[tuple[str, Role, bool]] = []
    for line in lines:
        *words, _, _, _, _, _, _, _ = line.split()
        answers = line.split()[-len(COLUMNS) :]
        found += [
            (" ".join(words), role, answer == "yes") for role, answer in zip(COLUMNS, answers, strict=True)
        ]
    return found


def test_the_table_is_whole() -> None:
    assert {(command, role) for command, role, _ in table()} == {
        (command, role) for command in COMMANDS for role in Role
    }
    given = {type(each) for each in COMMANDS.values()}
    assert given - {type(None)} == set(ADDRESSES.values())


@pytest.mark.parametrize(("command", "role", "allowed"), table())
async def test_a_command_of_a_role(command: str, role: Role, *, allowed: bool) -> None:
    house = House()
    session = house.start()
    if command == "go to the restroom":  # in onset and peak it is for others: see below
        await house.clinic.do(session, commands.SetPhase(phase=Phase.PEAK), by=NURSE)
        await house.clinic.do(session, commands.SetPhase(phase=Phase.RECOVERY), by=NURSE)
    house.data("ox-1", cuff(190, 120))
    said = len(house.said)
    by, refused = Person("somebody", role), None
    given = COMMANDS[command]
    try:
        if given is not None:
            await house.clinic.do(session, given, by=by)
        elif command == "acknowledge":
            house.clinic.acknowledge(f"{session}-1", 1, by=by)
        elif command == "mark an alarm":
            await house.clinic.label(f"{session}-1", Label.ARTEFACT, by=by)
        else:
            house.clinic.start(commands.StartSession(room="room-2", route=Route.SUBLINGUAL), by=by)
    except RefusedError as error:  # there is no cuff and no such alarm: allowed, but not possible
        refused = error
    assert isinstance(refused, NotAllowedError) != allowed
    if not allowed:
        assert len(house.said) == said, "something was done before it was refused"


async def test_in_onset_and_peak_only_medical_staff_take_the_sensors_off() -> None:
    house = House()
    session = house.start()
    away = commands.Interrupt(minutes=3)
    with pytest.raises(NotAllowedError, match="in onset or peak: that needs prescriber or medical"):
        await house.clinic.do(session, away, by=Person("guide", Role.THERAPIST))
    await house.clinic.do(session, away, by=NURSE)


async def test_the_role_is_asked_before_anything_else() -> None:
    """Who may not do it does not learn which sessions there are either."""
    with pytest.raises(NotAllowedError):
        await House().clinic.do("nothing", END, by=Person("v", Role.VIEWER))


def test_the_record_has_the_id_of_who_did_it() -> None:
    house = House()
    house.start()
    house.data("ox-1", cuff(190, 120))
    [alarm] = [m.payload for m in house.said if isinstance(m.payload, documents.Alarm)]
    house.clinic.acknowledge(alarm.alarm, alarm.seq, by=Person("dr-1", Role.PRESCRIBER))
    acknowledged = [m.payload for m in house.said if isinstance(m.payload, documents.Alarm)][-1]
    assert acknowledged.acknowledged_by == "dr-1"

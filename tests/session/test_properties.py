"""Whatever people do, in whatever order: what a session promises at every moment."""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from functools import cache
from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.errors import NotAllowedError, RefusedError
from kapmonitor.model import Origin, Phase, Quality, Route
from kapmonitor.people import MAY, SERVICE, Person, Role
from kapmonitor.session import commands, entries
from kapmonitor.session.around import CuffDoing, OpenAlarm
from kapmonitor.session.clockwork import time_does
from kapmonitor.session.commands import Command
from kapmonitor.session.desk import DESK, decide
from kapmonitor.session.discharge import checklist
from kapmonitor.session.entries import AnyWhat, Arms, Entry, Item
from kapmonitor.session.fold import folded
from kapmonitor.session.form import form
from kapmonitor.session.gates import gates
from kapmonitor.session.next_thing import next_things
from kapmonitor.session.record import record
from kapmonitor.session.thing import in_words
from kapmonitor.session.timetable import due
from tests.session.seat import WELL, Seat, moment

numbers = st.sampled_from([0.0, 1.0, 20.0, 80.0, 95.0, 120.0, 150.0, 170.0, 900.0])
words = st.sampled_from(["", "because it is so"])
minutes = st.sampled_from([0.0, 1.0, 3.0, 10.0])
ago = st.none() | st.integers(-600, 7200).map(lambda s: moment(0).utc + timedelta(seconds=s))
kinds = st.sampled_from(["sedation", "dissociation", "nausea", "help", "dose", "breathing"])

COMMANDS: dict[type[Command], st.SearchStrategy[Command]] = {
    commands.Screen: st.builds(commands.Screen, text=words),
    commands.SetPhase: st.builds(commands.SetPhase, phase=st.sampled_from(Phase), reason=words),
    commands.ConfirmBaseline: st.just(commands.ConfirmBaseline()),
    commands.PassHold: st.builds(
        commands.PassHold,
        gate=st.sampled_from(["baseline", "pressure", "signals", "alarms", "pagers", "nothing"]),
        reason=st.just("seen"),
    ),
    commands.GiveDose: st.builds(commands.GiveDose, amount=st.just(50.0), reason=words, given=ago),
    commands.DoInfusion: st.builds(
        commands.DoInfusion,
        action=st.sampled_from(get_args(entries.InfusionAction)),
        rate_ml_h=st.sampled_from([None, 30.0]),
    ),
    commands.DoLozenge: st.builds(
        commands.DoLozenge, action=st.sampled_from(get_args(entries.LozengeAction))
    ),
    commands.LogEvent: st.builds(
        commands.LogEvent,
        kind=kinds,
        score=st.none() | st.integers(0, 5),
        severity=st.sampled_from([None, *get_args(entries.Severity)]),
        resolved=st.booleans(),
        serious=st.booleans(),
    ),
    commands.TypePressure: st.builds(
        commands.TypePressure, systolic=numbers, diastolic=numbers, measured_at=ago
    ),
    commands.TypeValue: st.builds(
        commands.TypeValue,
        quantity=st.sampled_from(["respiratory_rate", "temperature", "spo2", "heart_rate"]),
        value=numbers,
        measured_at=ago,
    ),
    commands.GiveOxygen: st.builds(commands.GiveOxygen, flow_l_min=st.sampled_from([0.0, 2.0])),
    commands.Intervene: st.builds(commands.Intervene, what=st.just("ondansetron"), recheck_min=minutes),
    commands.Recheck: st.builds(commands.Recheck, of=st.integers(1, 30)),
    commands.SayHere: st.just(commands.SayHere()),
    commands.SayPresent: st.builds(commands.SayPresent, action=st.sampled_from(["arrived", "left"])),
    commands.WriteNote: st.just(commands.WriteNote(text="calm")),
    commands.Correct: st.builds(commands.Correct, of=st.integers(1, 30), text=st.just("no")),
    commands.Answer: st.builds(
        commands.Answer,
        question=st.sampled_from(["dose-given", "dose-reason-1", "weather"]),
        answer=st.sampled_from(["yes", "no", "it was late"]),
    ),
    commands.ChoosePreset: st.builds(commands.ChoosePreset, preset=st.sampled_from(get_args(entries.Preset))),
    commands.SetArms: st.builds(
        commands.SetArms,
        arms=st.builds(Arms, cuff=st.sampled_from(["left", "right"]), forbidden=st.just("left")),
    ),
    commands.StartCuff: st.just(commands.StartCuff()),
    commands.StopCuff: st.just(commands.StopCuff()),
    commands.DeferCuff: st.builds(commands.DeferCuff, minutes=minutes),
    commands.SeriesCuff: st.builds(commands.SeriesCuff, minutes=st.sampled_from([0.0, 5.0])),
    commands.Interrupt: st.builds(commands.Interrupt, minutes=st.sampled_from([2.0, 9.0])),
    commands.EndInterruption: st.just(commands.EndInterruption()),
    commands.PauseAudio: st.just(commands.PauseAudio()),
    commands.MoveLimit: st.builds(
        commands.MoveLimit,
        rule=st.just("spo2-low"),
        value=st.none() | st.just(94.0),
        reason=words,
    ),
    commands.SwitchOff: st.builds(commands.SwitchOff, rule=st.just("spo2-low"), reason=words),
    commands.Move: st.builds(commands.Move, room=st.sampled_from(["room-1", "room-2"])),
    commands.SwapDevice: st.just(commands.SwapDevice(old="cuff-1", new="cuff-2", seen="77")),
    commands.SignItem: st.builds(commands.SignItem, item=st.sampled_from(get_args(Item)), text=words),
    commands.EndSession: st.builds(commands.EndSession, reason=words),
    commands.Reopen: st.just(commands.Reopen(reason="a mistake")),
}

measured = st.builds(
    entries.Measured,
    id=st.just("nibp"),
    systolic=st.sampled_from([118.0, 122.0, 150.0, 170.0, None]),
    diastolic=st.just(80.0),
    quality=st.sampled_from([Quality.VALID, Quality.QUESTIONABLE]),
    origin=st.just(Origin.LIVE),
)
around = st.fixed_dictionaries(
    {
        "valid": st.sampled_from([WELL, {}]),
        "steady": st.sampled_from([WELL, {}]),
        "steady_s": st.just({}),
        "cuff": st.sampled_from(CuffDoing),
        "reachable": st.sampled_from([None, True, False]),
        "alarms": st.sampled_from([(), (OpenAlarm("a-1", "spo2-low", "high", acknowledged=False),)]),
    }
)
people = st.sampled_from(Role).map(
    lambda role: SERVICE if role is Role.SERVICE else Person(f"{role}-1", role)
)
steps = st.tuples(
    st.sampled_from([1.0, 60.0, 120.0, 660.0]),
    people,
    st.one_of(*COMMANDS.values()),
    st.none() | measured,
    st.none() | around,
)


def test_every_command_is_tried() -> None:
    assert set(COMMANDS) == set(DESK) == set(get_args(Command)) == set(commands.ADDRESSES.values())


ASK_FOR_MORE = (commands.LogEvent, commands.PassHold, commands.Interrupt)
"""Commands of which a part needs more than the rest."""

Step = tuple[float, Person, Command, entries.Measured | None, dict[str, Any] | None]


def run(seat: Seat, step: Step) -> None:
    """One step: time passes, the cuff may measure, the world may change, somebody asks for something."""
    pause, by, command, one, world = step
    seat.now += pause
    if seat.session.open:
        seat.enter(time_does(seat.session, seat.around.table, seat.now))
        seat.enter([one] if one else [])
    if world:
        seat.see(**world)
    before = msgspec.json.encode(seat.session)
    decided, refused = _decided(seat, command, by)
    assert msgspec.json.encode(seat.session) == before, "deciding changes nothing"
    allowed = by.may(DESK[type(command)][0])
    if isinstance(refused, NotAllowedError):
        assert not allowed or isinstance(command, ASK_FOR_MORE), "these ask for more"
    assert allowed or refused is not None
    seat.enter(decided, by)


def _decided(seat: Seat, command: Command, by: Person) -> tuple[list[AnyWhat], RefusedError | None]:
    """What a command becomes, or why not."""
    try:
        return decide(seat.session, command, by, moment(seat.now), seat.around), None
    except RefusedError as refused:
        return [], refused


def holds(seat: Seat) -> None:
    """What is so at every moment."""
    session, world, now = seat.session, seat.around, seat.now
    assert session.doses or session.phase not in (Phase.ONSET, Phase.PEAK)
    wanted = due(session, world.table)
    things = next_things(session, world, wanted, now)
    assert bool(things) == session.open
    texts = [in_words(thing) for thing in things]
    assert len(set(texts)) == len(texts), "no two tell-tales for one thing"
    assert all(text.strip() for text in texts)
    assert len(gates(session, world, now)) == 5
    assert len(checklist(session, world, moment(now))) == 6
    assert form(session, world.table).session == session.id
    assert sum(len(lines) for lines in record(session).chapters.values()) == len(session.entries)


STARTS = {"begun": 0.0, "ready": 0.0, "under the drug": 20.0, "nearly over": 125.0}


@cache
def begun(route: Route, start: str) -> Seat:
    """A session that has come as far as `start`."""
    seat = Seat(route)
    if start != "begun":
        seat.ready()
    if STARTS[start]:
        seat.dosed().wait(STARTS[start])
    return seat


@pytest.mark.parametrize("start", STARTS)
@settings(max_examples=15)
@given(route=st.sampled_from(Route), found=st.lists(steps, max_size=30))
def test_a_session_keeps_its_promises(start: str, route: Route, found: list[Step]) -> None:
    seat = deepcopy(begun(route, start))
    for step in found:
        run(seat, step)
        holds(seat)
    lines = msgspec.json.decode(msgspec.json.encode(seat.session.entries), type=list[Entry])
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert folded(seat.session.id, lines) == seat.session
    for before, line in pairwise(lines):
        if isinstance(line.what, entries.PhaseEntered) and line.what.phase is Phase.ONSET:
            assert isinstance(before.what, entries.Dose)


@pytest.mark.parametrize("command", list(DESK), ids=lambda command: command.__name__)
@given(data=st.data(), role=st.sampled_from(Role))
def test_nobody_does_what_their_role_may_not(data: st.DataObject, command: type[Command], role: Role) -> None:
    if role in MAY[DESK[command][0]]:
        return
    seat = Seat()
    with pytest.raises(NotAllowedError):
        decide(seat.session, data.draw(COMMANDS[command]), Person("p", role), moment(1), seat.around)

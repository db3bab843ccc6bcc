"""What people have quietened is seen as long as it is so: sounds, missing data, rules that are off."""

from __future__ import annotations

from pathlib import Path

import pytest

from kapmonitor import documents
from kapmonitor.alarms.inputs import Interrupt, PauseAudio, SwitchOff
from kapmonitor.alarms.intake import AUDIO_PAUSE_S
from kapmonitor.board import Board, Room
from kapmonitor.clinic import Clinic
from kapmonitor.clock import Clock
from kapmonitor.config import load_routes
from kapmonitor.documents import Message, SessionState
from kapmonitor.errors import RefusedError
from kapmonitor.model import Happened, Moment, Origin, Phase, Route
from kapmonitor.session import commands
from kapmonitor.session.commands import SwitchOff as SwitchRule
from kapmonitor.storage import Record
from tests.alarms.script import default_rules
from tests.storage.patient import url
from tests.test_clinic import END, NURSE, House
from tests.test_monitor import at, data, monitor

NEVER_OFF = ("help", "pulse-lost", "sedation", "symptom-critical")


def states(messages: list[Message]) -> list[SessionState]:
    """What was told of what is quietened, whenever that changed; where the session stands changes oftener."""
    found: list[SessionState] = []
    for message in messages:
        state = message.payload
        if isinstance(state, SessionState) and not (found and _quiet(found[-1]) == _quiet(state)):
            found.append(state)
    return found


def _quiet(state: SessionState) -> tuple[object, ...]:
    return state.audio_paused_until, state.interruption, tuple(state.off)


def test_a_session_says_from_its_start_that_nothing_is_quietened() -> None:
    house = House()
    house.start()
    [state] = states(house.said)
    assert (state.audio_paused_until, state.interruption, list(state.off)) == (None, None, [])
    assert (state.origin, state.drill) == ("simulated", True)


def test_a_pause_of_sounds_is_told_at_once_and_when_it_is_over() -> None:
    one = monitor(phase=Phase.SCREENING)  # no alarm comes between
    [said] = states(one.do(PauseAudio("nurse-1"), at(10)))
    assert said.audio_paused_until == at(10 + AUDIO_PAUSE_S).ts
    told = {second: states(one.tick(at(second))) for second in range(11, 140)}
    assert {second for second, found in told.items() if found} == {130}
    assert told[130][0].audio_paused_until is None


def test_a_new_high_alarm_breaks_the_pause_and_says_so_at_once() -> None:
    one = monitor()
    one.do(PauseAudio("nurse-1"), at(10))
    [said] = states(one.do(Happened("help"), at(20)))
    assert said.audio_paused_until is None


def test_a_planned_interruption_counts_down_to_the_end_that_it_really_has() -> None:
    one = monitor(phase=Phase.PEAK)
    [said] = states(one.do(Interrupt("nurse-1", 10), at(10)))
    assert said.interruption == documents.PlannedInterruption(by="nurse-1", until=at(190).ts)  # 3 min in peak
    told = [state for second in range(11, 200) for state in states(one.tick(at(second)))]
    assert [state.interruption for state in told] == [None]


def test_rules_that_are_off_stand_there_with_name_and_time_until_they_are_on() -> None:
    one = monitor()
    [said] = states(one.do(SwitchOff("spo2-low", "dr-1", "lives at 3500 m"), at(10)))
    [off] = said.off
    assert off == documents.SwitchedOff(rule="spo2-low", by="dr-1", since=at(10).ts)
    assert all(list(state.off) == [off] for state in states(one.tick(at(600))))
    [said] = states(one.do(SwitchOff("spo2-low", "dr-1", ""), at(700)))
    assert list(said.off) == []


def test_what_is_said_twice_is_published_once() -> None:
    one = monitor()
    assert states(one.do(SwitchOff("spo2-low", "dr-1", "known"), at(10)))
    assert states(one.take(data(), at(11)) + one.tick(at(11))) == []


@pytest.mark.parametrize("rule", NEVER_OFF)
async def test_what_only_somebody_at_the_patient_ends_is_never_off(rule: str) -> None:
    house = House()
    session = house.start()
    said = len(house.said)
    with pytest.raises(RefusedError, match=f"{rule} can never be switched off"):
        await house.clinic.do(session, SwitchRule(rule=rule, reason="it annoys"), by=NURSE)
    assert len(house.said) == said


async def test_every_other_rule_can_be_switched_off_but_only_with_a_reason() -> None:
    house = House()
    session = house.start()
    for rule in default_rules().rules:
        if rule.rule not in NEVER_OFF:
            await house.clinic.do(session, SwitchRule(rule=rule.rule, reason="known"), by=NURSE)
    off = {each.rule for each in states(house.said)[-1].off}
    assert off == {rule.rule for rule in default_rules().rules} - set(NEVER_OFF)
    await house.clinic.do(session, SwitchRule(rule="spo2-low", reason="   "), by=NURSE)
    assert "spo2-low" not in {each.rule for each in states(house.said)[-1].off}


async def test_both_end_with_the_session() -> None:
    house = House()
    session = house.start()
    await house.clinic.do(session, commands.PauseAudio(), by=NURSE)
    await house.clinic.do(session, SwitchRule(rule="spo2-low", reason="known"), by=NURSE)
    await house.clinic.do(session, END, by=NURSE)
    assert [m.payload for m in house.said if m.topic == f"session/{session}/state"][-1] is None
    before = len(house.said)
    house.start()
    [state] = states(house.said[before:])
    assert (state.audio_paused_until, list(state.off)) == (None, [])


class Frozen(Clock):
    """A clock that a test sets."""

    def __init__(self, moment: Moment) -> None:
        super().__init__()
        self.at = moment

    def moment(self) -> Moment:
        return self.at


def service(record: Record, clock: Clock, said: list[Message]) -> Clinic:
    return Clinic(
        [("room-1", "a")],
        [],
        default_rules(),
        load_routes(),
        clock,
        said.append,
        lambda *_: None,
        record=record,
    )


async def test_both_come_back_after_a_restart_as_they_were(tmp_path: Path) -> None:
    """Forty seconds later, on a machine whose monotonic clock began anew."""
    clock, before, after = Frozen(at(0)), list[Message](), list[Message]()
    async with Record.open(url(tmp_path)) as record:
        clinic = service(record, clock, before)
        session = clinic.start(
            commands.StartSession(room="room-1", route=Route.SUBLINGUAL, drill=True), by=NURSE
        )
        clock.at = at(10)
        await clinic.do(session, SwitchRule(rule="spo2-low", reason="lives at 3500 m"), by=NURSE)
        await clinic.do(session, commands.PauseAudio(), by=NURSE)
        assert await record.durable(30)
    clock.at = Moment(7.0, at(50).utc)
    async with Record.open(url(tmp_path)) as record:
        clinic = service(record, clock, after)
        for each in await record.restart.open_sessions(clock.at):
            clinic.restore(each.session, each.state, Origin.SIMULATED, each.away_since)
    [was], [now] = states(before)[-1:], states(after)
    assert (now.audio_paused_until, now.off) == (was.audio_paused_until, was.off)
    assert now.audio_paused_until == at(130).ts


def test_the_board_shows_it_until_it_has_run_out() -> None:
    one = monitor()
    board = Board([Room("room-1")], {})
    for message in [
        *one.begin(at(0)),
        *one.do(PauseAudio("nurse-1"), at(10)),
        *one.do(Interrupt("nurse-1", 1), at(10)),
        *one.do(SwitchOff("spo2-low", "dr-1", "known"), at(10)),
    ]:
        board.apply(message)

    def shown(seconds: float) -> SessionState:
        session = board.picture(at(seconds).utc).places[0].session
        assert session is not None
        assert session.state is not None
        return session.state

    assert (shown(20).audio_paused_until, shown(20).interruption is None) == (at(130).ts, False)
    assert (shown(71).interruption, shown(131).audio_paused_until) == (None, None)
    assert [off.rule for off in shown(5000).off] == ["spo2-low"]
    for message in one.end():
        board.apply(message)
    assert board.picture(at(5001).utc).places[0].session is None


async def test_the_order_in_which_a_broker_tells_makes_no_difference() -> None:
    board = Board([Room("room-1")], {})
    house = House()
    session = house.start()
    await house.clinic.do(session, SwitchRule(rule="spo2-low", reason="known"), by=NURSE)
    messages = [m for m in {m.topic: m for m in house.said}.values() if m.how.retain]
    for message in sorted(messages, key=lambda m: not m.topic.endswith("state")):
        board.apply(message)
    shown = board.picture(Clock().moment().utc).places[0].session
    assert shown is not None
    assert shown.state is not None
    assert [off.rule for off in shown.state.off] == ["spo2-low"]

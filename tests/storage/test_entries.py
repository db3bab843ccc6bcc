"""A session is its entries: what is read back is the session that was saved, also where some are damaged."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kapmonitor.alarms.state import EngineState
from kapmonitor.model import Moment, Origin, Phase
from kapmonitor.people import Person, Role
from kapmonitor.session.entries import (
    AnyWhat,
    Dose,
    Ended,
    Entry,
    Gap,
    Moved,
    Note,
    PhaseEntered,
    Reopened,
    Unreadable,
)
from kapmonitor.session.session import Session
from kapmonitor.storage import Record
from kapmonitor.storage.instants import instant
from kapmonitor.storage.lines import entry_row, folded
from kapmonitor.storage.rows import session_row
from tests.sessions import enter, opened
from tests.storage.facts import KINDS, facts, of_kind
from tests.storage.patient import START, Patient, moment, url
from tests.storage.reading import column, rows

PEOPLE = (Person("nurse-1", Role.MEDICAL), Person("t-1", Role.THERAPIST), Person("service", Role.SERVICE))


def same(found: Entry, saved: Entry, later_s: float = 0.0) -> bool:
    """Equal, but for the monotonic clock, which began anew; to a microsecond."""
    there = msgspec.structs.replace(saved, moment=Moment(found.moment.at, saved.moment.utc))
    return found == there and abs(found.moment.at - saved.moment.at - later_s) < 2e-6


async def kept(folder: str, lines: list[tuple[AnyWhat, int, str]]) -> None:
    """Save each so many microseconds after the last, and read the session back on a clock that began anew."""
    one = opened(room="room-1", at=moment(0))
    now = moment(0)
    async with Record.open(url(Path(folder))) as record:
        record.begin(one, Origin.LIVE)
        record.save(one, EngineState(one.id), [], [], now)
        for number, (what, passed_us, key) in enumerate(lines):
            now = Moment(now.at + passed_us / 1e6, now.utc + timedelta(microseconds=passed_us))
            entry = enter(one, what, now, PEOPLE[number % 3], key)
            record.save(one, EngineState(one.id), [], [entry], now)
        assert await record.durable(30)
    async with Record.open(url(Path(folder))) as record:
        found = await record.past.session(one.id, Moment(5.0, now.utc))
        assert found is not None
        assert len(found.entries) == len(one.entries)
        for there, saved in zip(found.entries, one.entries, strict=True):
            assert same(there, saved, 5.0 - now.at)
        assert (found.room, found.seat, found.phase) == (one.room, one.seat, one.phase)
        assert found.open == one.open
        restored = await record.restart.open_sessions(Moment(5.0, now.utc))
        assert [each.session.id for each in restored] == [one.id] * one.open
        assert record.problems() == []


line_by_chance = st.tuples(facts, st.integers(0, 3_600_000_000), st.sampled_from(("", "a-key", "another")))


@settings(max_examples=8, deadline=None)
@given(st.lists(line_by_chance, max_size=25))
def test_what_is_read_back_is_what_was_saved(lines: list[tuple[AnyWhat, int, str]]) -> None:
    with TemporaryDirectory() as folder:
        asyncio.run(kept(folder, lines))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=8, deadline=None)
@given(st.data())
def test_every_kind_of_entry_survives_as_a_row(kind: type[AnyWhat], data: st.DataObject) -> None:
    one = opened(at=moment(0))
    enter(one, data.draw(of_kind(kind)), moment(1))
    found = read(one)
    assert all(same(there, saved) for there, saved in zip(found.entries, one.entries, strict=True))


def read(one: Session, *, whole: bool = True, **changed: object) -> Session:
    """The session from its rows; `changed` are columns of its newest entry."""
    lines = [entry_row(one.id, each) for each in one.entries]
    lines[-1] = {**lines[-1], **changed}
    last = one.entries[-1].moment
    found = folded(session_row(one, Origin.LIVE), lines, instant(last), last)
    assert found.whole is whole
    return found.session


@pytest.mark.parametrize(
    "changed",
    [
        {"what": "{"},
        {"what": '{"kind":"phase-entered"}'},
        {"what": '{"kind":"phase-entered","phase":"sleeping"}'},
        {"what": '{"kind":"teleported","to":"room-9"}'},
        {"role": "astronaut"},
    ],
    ids=("damaged", "field missing", "unknown word", "unknown kind", "unknown role"),
)
def test_what_cannot_be_read_keeps_its_place_and_the_row_says_the_phase(changed: dict[str, str]) -> None:
    one = opened(at=moment(0))
    enter(one, Note(text="before"), moment(5))
    enter(one, PhaseEntered(phase=Phase.ONSET), moment(10))
    found = read(one, whole=False, **changed)
    lost = found.entries[-1]
    assert (lost.seq, lost.what, lost.moment.utc) == (3, Unreadable(was="phase-entered"), moment(10).utc)
    assert found.entries[:2] == one.entries[:2]
    assert (found.phase, found.phase_at) == (Phase.ONSET, 1010.0)
    assert found.next_entry(Note(text="after"), PEOPLE[0], moment(11)).seq == 4


def test_fields_of_a_newer_version_lose_nothing() -> None:
    arms = '{"kind":"arms-set","arms":{"cuff":"left","tattoo":"dragon"},"reason":"itch"}'
    client = (
        '{"kind":"opened","room":"r","seat":"a","route":"sublingual","client":{"code":"C-1","mood":5},"x":1}'
    )
    one = opened(at=moment(0))
    assert read(one, what=client).client.code == "C-1"
    enter(one, Note(text=""), moment(1))
    assert read(one, what=arms, kind="arms-set").arms.cuff == "left"


def test_without_its_opening_a_session_is_what_its_row_says() -> None:
    one = opened(room="room-7", rules="of-the-rules", at=moment(0))
    enter(one, Moved(room="room-8", seat="b"), moment(1))
    for lines in ([], [entry_row(one.id, one.entries[1])]):
        last = instant(moment(60))
        found, whole = folded(session_row(one, Origin.LIVE), lines, last, Moment(7.0, moment(60).utc))
        assert not whole
        assert (found.id, found.room, found.seat, found.route) == (one.id, "room-8", "b", one.route)
        assert (found.by, found.rules, found.started) == (one.by, "of-the-rules", Moment(-53.0, START))


def test_a_clock_that_was_set_during_a_session_does_not_age_the_dose() -> None:
    """A small machine without a clock of its own learns the date from the network, after a while."""
    one = opened(at=Moment(100.0, START - timedelta(days=300)))
    enter(one, Dose(drug="ketamine", amount=50, unit="mg", route=one.route), Moment(160.0, START))
    enter(one, Note(text=""), Moment(190.0, START + timedelta(seconds=30)))
    lines = [entry_row(one.id, each) for each in one.entries]
    now = Moment(5.0, START + timedelta(seconds=90))
    found, _ = folded(session_row(one, Origin.LIVE), lines, instant(one.entries[-1].moment), now)
    assert (found.started.at, found.last_dose_at) == (5.0 - 150, 5.0 - 90)


def test_over_a_restart_of_the_machine_only_utc_tells() -> None:
    one = opened(at=Moment(100.0, START))
    back = START + timedelta(minutes=10)
    enter(one, Gap(since=START, until=back), Moment(9000.0, back))
    lines = [entry_row(one.id, each) for each in one.entries]
    found, _ = folded(
        session_row(one, Origin.LIVE), lines, instant(one.entries[-1].moment), Moment(0.0, back)
    )
    assert found.started.at == -600.0


async def test_an_ended_session_that_is_opened_again_goes_on_with_all_its_entries(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.enter(Ended(reason="gone home"))
        record.end(patient.session, patient.now, "nurse-1")
        assert await record.durable(30)
        again = await record.past.session(patient.session.id, patient.now)
        assert again is not None
        assert not again.open
        patient.session = again
        enter(again, Reopened(reason="the wrong room"), patient.now)
        record.begin(again, Origin.SIMULATED)
        patient.enter(Note(text="and on"))
        assert await record.durable(30)
        (found,) = await record.restart.open_sessions(patient.now)
    assert found.session.open
    assert found.session.entries[-1].what == Note(text="and on")
    assert column(tmp_path, "select ended_us from session") == [None]
    assert column(tmp_path, "select seq from session_entry") == list(range(1, len(again.entries) + 1))


async def test_what_is_given_twice_stands_there_once(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        record.begin(patient.session, Origin.SIMULATED)
        record.save(patient.session, patient.engine.state, [], patient.session.entries, patient.now)
        assert await record.durable(30)
        record.save(patient.session, patient.engine.state, [], patient.session.entries, patient.now)
        assert await record.durable(30)
    assert column(tmp_path, "select seq from session_entry") == [1, 2, 3]


async def test_a_session_that_moved_is_where_it_is_now(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.enter(Moved(room="room-2", seat="b"))
    assert rows(tmp_path, "select room, seat from session") == [("room-2", "b")]

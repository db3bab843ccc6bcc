"""What a service relies on: what was given is there after a restart, and only one service writes."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest

from kapmonitor.alarms.engine import Engine
from kapmonitor.alarms.service import Problem, Rooms, ServiceAlarms
from kapmonitor.alarms.state import EngineState
from kapmonitor.errors import ConfigError
from kapmonitor.model import Moment, Origin, Phase
from kapmonitor.storage import Record, RecordInUseError, SignedRules
from kapmonitor.storage.instants import to_us
from tests.storage.patient import RULES, START, Patient, in_force, moment, url
from tests.storage.reading import column, rows


async def kept(folder: Path, seconds: int = 20) -> Patient:
    """A session with an acknowledged alarm that is still in force, and nobody writing any more."""
    async with Record.open(url(folder)) as record:
        patient = Patient(record)
        patient.seconds_of(85, seconds)
        patient.acknowledge(patient.transitions[-1])
        assert await record.durable(30)
    return patient


async def test_what_was_in_force_is_in_force_after_a_restart_on_another_clock(tmp_path: Path) -> None:
    patient = await kept(tmp_path)
    there = Moment(7.0, moment(80).utc)  # a minute later; the machine was started anew
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(there)
        assert record.problems() == []
    assert in_force(Engine(RULES, found.state).open_alarms(there.at)) == patient.open_alarms()
    assert (found.origin, found.session.rules, found.whole) == (Origin.SIMULATED, "of-the-rules", True)
    assert (found.away_s, found.away_since) == (60.0, moment(20).utc)
    assert found.session.started == Moment(7.0 - 80, START)
    assert [each.what for each in found.session.entries] == [each.what for each in patient.session.entries]
    assert (found.session.phase, found.session.phase_at) == (Phase.ONSET, 7.0 - 80)
    since = patient.engine.state.hazards["spo2-low"].since
    assert found.state.hazards["spo2-low"].since == pytest.approx(7.0 - 80 + (since - 1000.0))


async def test_a_wall_clock_that_was_set_back_does_not_put_alarms_into_the_future(tmp_path: Path) -> None:
    patient = await kept(tmp_path)
    there = Moment(7.0, moment(-3600).utc)
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(there)
    assert found.away_s == 0.0
    assert found.state.signals["spo2"].valid_at == there.at
    assert in_force(Engine(RULES, found.state).open_alarms(there.at)) == patient.open_alarms()


async def test_every_transition_is_a_row_in_its_order(tmp_path: Path) -> None:
    patient = await kept(tmp_path)
    found = rows(tmp_path, "select alarm, seq, event, rule, priority, state, by, t_us from alarm_transition")
    assert found == [
        (
            t.alarm,
            t.seq,
            t.event,
            t.rule,
            t.priority,
            t.state,
            t.acknowledged_by,
            to_us(moment(t.at - 1000).utc),
        )
        for t in patient.transitions
    ]
    assert found


async def test_states_without_transitions_are_kept_too_the_newest_wins(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(97, 30)
    assert column(tmp_path, "select saved_at from alarm_state") == [1030.0]
    assert column(tmp_path, "select phase from session") == [Phase.ONSET]


async def test_a_session_that_ended_is_not_restored_but_stays_in_the_record(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        record.end(patient.session, patient.now, "nurse-1")
        assert await record.durable(30)
        assert await record.restart.open_sessions(patient.now) == []
    ended = rows(tmp_path, "select ended_us, ended_by from session")
    assert ended == [(to_us(patient.now.utc), "nurse-1")]
    assert len(rows(tmp_path, "select * from alarm_transition")) == len(patient.transitions)


async def test_a_restored_session_goes_on_in_the_same_record(tmp_path: Path) -> None:
    patient = await kept(tmp_path)
    async with Record.open(url(tmp_path)) as record:
        (found,) = await record.restart.open_sessions(patient.now)
        patient.record, patient.engine = record, Engine(RULES, found.state)
        patient.seconds_of(97, 120)
        assert await record.durable(30)
    assert patient.transitions[-1].event == "end"
    seqs = column(tmp_path, "select seq from alarm_transition order by id")
    assert seqs == [t.seq for t in patient.transitions]


async def test_sessions_come_back_oldest_first(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        for room in ("room-2", "room-1"):
            Patient(record, room)
        assert all(await asyncio.gather(record.durable(30), record.durable(30)))
        assert [each.session.room for each in await record.restart.open_sessions(moment(1))] == [
            "room-1",
            "room-2",
        ]


async def test_the_rules_that_were_signed_last_are_found_again(tmp_path: Path) -> None:
    old = SignedRules("dr-1", START, "[[rules]]\n")
    new = SignedRules("dr-2", moment(60).utc, "[[rules]]\n# spo2 higher\n")
    async with Record.open(url(tmp_path)) as record:
        assert await record.signatures.last() is None
        record.signatures.sign(new)
        record.signatures.sign(old)
        assert await record.durable(30)
        assert await record.signatures.last() == new
        assert await record.signatures.of(old.hash) == old


async def test_only_the_service_may_read_the_files(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        Patient(record)
        assert await record.durable(30)
        files = list(tmp_path.iterdir())
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert {file.name for file in files} == {"record.db" + end for end in ("", "-wal", "-shm", ".lock")}


async def test_a_second_process_is_refused_in_plain_words(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\nfrom kapmonitor.storage import Record\n"
        "async def main():\n async with Record.open(sys.argv[1]): pass\n"
        "asyncio.run(main())"
    )
    async with Record.open(url(tmp_path)):
        with pytest.raises(RecordInUseError, match="in use by another kapmonitor"):
            async with Record.open(url(tmp_path)):
                pass
        other = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, url(tmp_path), stderr=asyncio.subprocess.PIPE
        )
        _, said = await other.communicate()
    assert other.returncode
    assert b"RecordInUseError" in said
    async with Record.open(url(tmp_path)) as record:
        assert record.problems() == []


async def test_who_waits_for_a_stuck_disk_waits_only_a_moment(tmp_path: Path) -> None:
    """Rule 9 of the house: the alarm goes out without the record, and is recorded when that is possible."""
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        assert await record.durable(30)
        other = sqlite3.connect(tmp_path / "record.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        patient.seconds_of(85, 20)
        assert not await record.durable()
        other.execute("ROLLBACK")
        other.close()
        assert await record.durable(30)
    assert len(rows(tmp_path, "select * from alarm_transition")) == len(patient.transitions)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("kapmonitor.db", "needs the form"),
        ("sqlite:///kapmonitor.db", "needs the form"),
        ("oracle+nothing://x", "needs the form"),
        ("sqlite+aiosqlite://", "names no file"),
    ],
)
async def test_a_url_where_nothing_can_be_kept_is_a_mistake_of_the_configuration(
    wrong: str, said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        async with Record.open(wrong):
            pass


async def test_the_alarms_of_the_service_itself_come_back_on_another_clock(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        assert await record.restart.service_alarms("clinic", moment(0)) is None
        alarms = ServiceAlarms(EngineState("clinic-service-1"))
        for second in range(20):
            (*_, last) = [None, *alarms.step([Problem("broker-lost")], Rooms(), moment(second).at)]
            if last is not None:
                record.save_service("clinic", alarms.state, moment(second))
        record.save_service("clinic", alarms.state, moment(19))
        assert await record.durable(30)
    there = Moment(7.0, moment(79).utc)  # a minute later; the machine was started anew
    async with Record.open(url(tmp_path)) as record:
        state = await record.restart.service_alarms("clinic", there)
        assert await record.restart.service_alarms("another-clinic", there) is None
    assert state is not None
    assert state.hazards["broker-lost"].instance == "clinic-service-1-broker-lost-1"
    assert state.hazards["broker-lost"].since == pytest.approx(7.0 - 69)
    assert state.conditions["broker-lost"].clearing.last == pytest.approx(7.0 - 60)


async def test_a_state_of_another_version_is_none_and_keeps_nobody_from_starting(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path)) as record:
        record.save_service("clinic", EngineState("clinic-service-1"), moment(0))
    with closing(sqlite3.connect(tmp_path / "record.db")) as connection:
        connection.execute("update service_state set state = '{\"hazards\": 7}'")
        connection.commit()
    async with Record.open(url(tmp_path)) as record:
        assert await record.restart.service_alarms("clinic", moment(0)) is None
        assert record.problems() == []

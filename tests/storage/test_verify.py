"""Whatever somebody does to the record afterwards is found, and where."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from kapmonitor.errors import KapmonitorError
from kapmonitor.session.entries import Note
from kapmonitor.storage import Record
from kapmonitor.storage.verify import Verdict, verify
from tests.storage.damage import BACK_TO_0001, spoil, well_again
from tests.storage.patient import Patient, url
from tests.storage.reading import column, rows


@pytest.fixture
async def told(tmp_path: Path) -> Patient:
    """A session with entries and alarms, all of it recorded, and somebody who has logged in."""
    async with Record.open(url(tmp_path)) as record:
        patient = Patient(record)
        patient.seconds_of(85, 20)
        patient.acknowledge(patient.transitions[-1])
        record.audit.note("log-in", "dashboard", by="nurse-1", address="127.0.0.1")
        for number in range(5):
            patient.enter(Note(text=f"{number}"))
            assert await record.durable(30)
        head = record.past.head()
    assert (await verify(make_url(url(tmp_path)), head)).faults == []
    return patient


def tamper(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "record.db")) as connection:
        connection.executescript(statement)
        connection.commit()


async def found(folder: Path, head: str = "") -> Verdict:
    return await verify(make_url(url(folder)), head)


async def test_a_record_that_nobody_touched_is_as_recorded(told: Patient, tmp_path: Path) -> None:
    verdict = await found(tmp_path)
    assert (verdict.faults, verdict.older) == ([], 0)
    seals = len(rows(tmp_path, "select * from seal"))
    assert verdict.links == 1 + seals + len(told.transitions) + len(told.session.entries) + 1
    assert len(verdict.head) == 64


CHANGES = {
    "update session_entry set what = '{}' where seq = 5": "Entry 5 of session .* was changed after",
    "update session_entry set \"by\" = 'x' where seq = 3": "Entry 3 of session .* was changed after",
    "update alarm_transition set acknowledged = 1 where seq = 1": "Event 1 of alarm .* was changed after",
    "update audit set address = ''": "The line .* of the audit log was changed after",
    "delete from session_entry where seq = 4": "Entry 4 of session .* is missing; it was recorded 2026-",
    "delete from alarm_transition where seq = 1": "Event 1 of alarm .* is missing",
    "delete from session_entry where seq = 8": "Entry 8 of session .* is missing",
    "delete from audit": "The line .* of the audit log is missing",
    "update chain set digest = zeroblob(32) where seq = 6": "Link 6 of the chain was changed",
    "delete from chain where seq = 4": "Links 4 to 4 of the chain are missing",
    "delete from chain where seq > 6": "The end of the chain is cut off: links 7 to",
}


@pytest.mark.parametrize(("statement", "said"), CHANGES.items(), ids=CHANGES)
async def test_a_change_is_found_and_named(told: Patient, tmp_path: Path, statement: str, said: str) -> None:
    tamper(tmp_path, statement)
    faults = "\n".join((await found(tmp_path)).faults)
    with pytest.raises(AssertionError, match=said):  # `match` searches
        raise AssertionError(faults)
    assert told.session.id in faults or "audit" in faults or "chain" in faults


async def test_rows_that_were_exchanged_are_both_named(told: Patient, tmp_path: Path) -> None:
    tamper(
        tmp_path,
        "update session_entry set seq = 99 where seq = 4; update session_entry set seq = 4 where seq = 5;"
        "update session_entry set seq = 5 where seq = 99;",
    )
    faults = (await found(tmp_path)).faults
    assert [each.partition(" of ")[0] for each in faults] == ["Entry 4", "Entry 5"]
    assert told.session.id in faults[0]


async def test_links_that_were_exchanged_are_found(told: Patient, tmp_path: Path) -> None:
    del told
    tamper(
        tmp_path,
        "update chain set seq = 99 where seq = 4; update chain set seq = 4 where seq = 5;"
        "update chain set seq = 5 where seq = 99;",
    )
    assert any("Link 4 of the chain" in each for each in (await found(tmp_path)).faults)


async def test_a_row_that_was_put_in_is_named(told: Patient, tmp_path: Path) -> None:
    tamper(
        tmp_path,
        'insert into session_entry select session, 9, t_us, mono_offset_us, "by", role, kind, what, key '
        "from session_entry where seq = 8",
    )
    assert (await found(tmp_path)).faults == [
        f"Entry 9 of session {told.session.id} was put in by something else."
    ]


async def test_an_end_that_was_cut_off_with_its_rows_is_found_also_after_more_was_written(
    told: Patient, tmp_path: Path
) -> None:
    head = (await found(tmp_path)).head
    tamper(
        tmp_path,
        "delete from session_entry where seq > 5;"
        "delete from chain where seq > (select seq from chain where of like '%/5' and kind = 'entry');",
    )
    async with Record.open(url(tmp_path)) as record:
        Patient(record, "room-2")
        assert await record.durable(30)
    faults = (await found(tmp_path, head[:16])).faults
    assert any("of the chain are missing" in each for each in faults)
    assert any("is not in the chain" in each for each in faults)
    assert told.session.entries


async def test_an_end_that_was_rewritten_is_found_by_a_head_that_was_noted(
    told: Patient, tmp_path: Path
) -> None:
    """As who knows all of this could: only what stands elsewhere gives him away."""
    del told
    head = (await found(tmp_path)).head
    tamper(
        tmp_path,
        "delete from session_entry where seq = 8;"
        "delete from chain where seq >= (select seq from chain where of like '%/8' and kind = 'entry');"
        "delete from seal where seq > (select max(seq) from chain);"
        "update sqlite_sequence set seq = (select max(seq) from chain) where name = 'chain';",
    )
    assert (await found(tmp_path)).faults == []
    assert len((await found(tmp_path, head)).faults) == 1


async def test_what_was_written_only_at_a_second_try_is_in_the_chain_once(tmp_path: Path) -> None:
    async with Record.open(url(tmp_path / "nowhere")) as record:
        patient = Patient(record)
        record.audit.note("log-in", "dashboard", by="nurse-1")
        patient.seconds_of(85, 20)
        assert not await record.durable()
        (tmp_path / "nowhere").mkdir()
        await well_again(record)
    assert (await found(tmp_path / "nowhere")).faults == []
    kinds = column(tmp_path / "nowhere", "select kind from chain where kind != 'seal'")
    assert len(kinds) == 1 + len(patient.transitions) + len(patient.session.entries) + 1


async def test_a_damaged_file_is_said(told: Patient, tmp_path: Path) -> None:
    del told
    spoil(tmp_path, "alarm_state")
    assert any("damaged" in each for each in (await found(tmp_path)).faults)


async def test_no_record_is_no_sound_record(tmp_path: Path) -> None:
    with pytest.raises(KapmonitorError, match="There is no record"):
        await found(tmp_path)


async def test_the_head_is_known_from_the_start(told: Patient, tmp_path: Path) -> None:
    del told
    before = (await found(tmp_path)).head
    async with Record.open(url(tmp_path)) as record:
        assert record.past.head() == before
        Patient(record, "room-2")
        assert await record.durable(30)
        assert record.past.head() not in ("", before)


async def test_what_was_there_before_all_was_covered_is_counted_and_nothing_can_join_it(
    told: Patient, tmp_path: Path
) -> None:
    tamper(tmp_path, BACK_TO_0001)
    async with Record.open(url(tmp_path)) as record:
        record.audit.note("log-in", "dashboard", by="nurse-1")
        assert await record.durable(30)
    verdict = await found(tmp_path)
    assert (verdict.faults, verdict.rows) == ([], 1)
    assert verdict.older == len(told.transitions) + 2  # the session, and what its alarms remember
    tamper(tmp_path, PUT_IN)
    (fault,) = (await found(tmp_path)).faults
    assert (
        fault
        == f"Of the {len(told.transitions) + 1} old rows of alarm_transition 1 were put in by something else."
    )


PUT_IN = """create temp table copied as select * from alarm_transition where id = 1;
update copied set id = 1000, seq = 1000;
insert into alarm_transition select * from copied;"""

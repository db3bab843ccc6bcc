"""kill -9 at random instants: what was answered is there, and what was in force is in force."""

from __future__ import annotations

import asyncio
import random
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from kapmonitor.alarms.engine import Engine
from kapmonitor.storage import Record
from tests.soak.budget import rounds, soak_s
from tests.storage.patient import RULES, Patient, url
from tests.storage.reading import column, rows

SHORT_KILLS, MOST_KILLS = 5, 1_000_000


@pytest.mark.timeout(240)
async def test_five_kills(tmp_path: Path) -> None:
    await killed(tmp_path, 3600.0, SHORT_KILLS)


@pytest.mark.soak
async def test_kills_for_minutes(tmp_path: Path) -> None:
    await killed(tmp_path, soak_s(1 / 6), MOST_KILLS)


async def killed(folder: Path, seconds: float, most: int) -> None:
    """Kill the writer, look at the record, and have the next one go on with it, again and again."""
    dice, answered = random.Random(5), set[str]()
    for _ in rounds(seconds, most):
        answered |= await written(folder, dice.uniform(0.0, 0.5))
        recorded = rows(folder, "select alarm, seq, event from alarm_transition order by id")
        recorded += rows(folder, "select session, seq, kind from session_entry")
        there = {f"{alarm} {seq} {event}" for alarm, seq, event in recorded}
        assert answered <= there
        assert len(there) == len(recorded)  # nothing twice
        await restorable(folder)
    assert answered


async def written(folder: Path, longer_s: float) -> set[str]:
    """What a writer answered until it was killed: some time after its first answer."""
    arguments = ("-m", "tests.storage.writing", url(folder))
    process = await asyncio.create_subprocess_exec(sys.executable, *arguments, stdout=PIPE)
    assert process.stdout is not None
    first = await process.stdout.readline()
    assert first.endswith(b"\n"), "the writer ended by itself"
    await asyncio.sleep(longer_s)
    process.kill()
    rest = await process.stdout.read()
    await process.wait()
    whole = (first + rest).decode().split("\n")[:-1]  # the last line may be torn
    return set(whole)


async def restorable(folder: Path) -> None:
    """The state that is restored reports just what the transitions say was in force."""
    assert column(folder, "pragma integrity_check") == ["ok"]
    now = Patient().now
    async with Record.open(url(folder)) as record:
        (found,) = await record.open_sessions(now)
        assert record.problems() == []
    numbers = column(folder, "select seq from session_entry order by seq")
    assert [each.seq for each in found.session.entries] == numbers == list(range(1, len(numbers) + 1))
    assert found.whole
    reported = {
        (t.alarm, t.seq, t.rule, t.state, t.acknowledged_by)
        for t in Engine(RULES, found.state).open_alarms(now.at)
    }
    newest = rows(folder, "select alarm, seq, rule, state, by, max(id) from alarm_transition group by alarm")
    assert reported == {row[:5] for row in newest if row[3] != "inactive"}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("longer_s", [0.0, 0.02, 0.1])
async def test_a_record_that_was_being_made_when_the_service_was_killed(
    tmp_path: Path, longer_s: float
) -> None:
    """The tables are all there or none is: the next start makes them, and finds nothing wrong."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.writing", url(tmp_path), stdout=PIPE
    )
    while not (tmp_path / "record.db").exists():
        await asyncio.sleep(0.001)
    await asyncio.sleep(longer_s)
    process.kill()
    await process.communicate()
    async with Record.open(url(tmp_path)) as record:
        Patient(record, "room-2")
        assert await record.durable(30)
        assert record.problems() == []
    assert column(tmp_path, "pragma integrity_check") == ["ok"]

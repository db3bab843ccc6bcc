"""kill -9 at random instants: what was answered is there, and what was in force is in force."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from kapmonitor.storage import Record
from tests.soak.budget import rounds, soak_s
from tests.storage.kills import killer
from tests.storage.patient import Patient, url
from tests.storage.reading import column
from tests.storage.writing import ROOMS

SHORT_KILLS, KILLS = 5, 200
QUICK_S = 0.2
"""In the soak a second of the sessions is so long, so that there is time for so many kills (s)."""


@pytest.mark.timeout(240)
async def test_five_kills_of_twelve_sessions(tmp_path: Path) -> None:
    """At their own pace: what is missing of the vitals is the last second, and never another one."""
    await few_kills(url(tmp_path))
    assert column(tmp_path, "pragma integrity_check") == ["ok"]


async def few_kills(address: str) -> None:
    """Five, the last of them when two seconds were given."""
    async with killer(address, pace=1.0) as there:
        for number in range(SHORT_KILLS):
            await there.kill_one(0.4 * number, 0.4 * (number + 1))
        assert there.seconds or there.late


@pytest.mark.soak
async def test_two_hundred_kills_of_twelve_sessions(tmp_path: Path) -> None:
    await many_kills(url(tmp_path))
    assert column(tmp_path, "pragma integrity_check") == ["ok"]


async def many_kills(address: str) -> None:
    """Two hundred, or as many as there is time for; it says how many, and of how many seconds."""
    kills = 0
    async with killer(address, QUICK_S) as there:
        for _ in rounds(soak_s(1 / 4), KILLS):
            await there.kill_one(0.0, 3 * QUICK_S)
            kills += 1
    assert there.seconds, "this machine is too slow to tell"
    print(f"{kills} kills, {there.seconds // ROOMS} seconds looked for, {there.late} with a slow disk")  # noqa: T201 - a figure to note


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "longer_s", [pytest.param(0.0, marks=pytest.mark.soak), 0.02, pytest.param(0.1, marks=pytest.mark.soak)]
)
async def test_a_record_that_was_being_made_when_the_service_was_killed(
    tmp_path: Path, longer_s: float
) -> None:
    """The tables are all there or none is: the next start makes them, and finds nothing wrong."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.storage.writing", url(tmp_path), "1", stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"1\n")
    while not (tmp_path / "record.db").exists():
        await asyncio.sleep(0.001)
    await asyncio.sleep(longer_s)
    writer = int((await process.stdout.readline()).split()[1])
    os.kill(writer, signal.SIGKILL)
    process.stdin.close()
    await process.communicate()
    async with Record.open(url(tmp_path)) as record:
        Patient(record, "room-2")
        assert await record.durable(30)
        assert record.problems() == []
    assert column(tmp_path, "pragma integrity_check") == ["ok"]

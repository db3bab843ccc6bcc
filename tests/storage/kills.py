"""Kills writers (`tests.storage.writing`) and looks at what they leave; the same for every database."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import make_url, text

from kapmonitor.alarms.engine import Engine
from kapmonitor.storage import Record, engine
from kapmonitor.storage.verify import verify
from tests.storage.patient import RULES, moment
from tests.storage.writing import BETWEEN_S, ROOMS, WAVES

KEPT = {
    "alarm": "select alarm, seq, event from alarm_transition",
    "entry": "select session, seq, kind from session_entry",
    "page": "select page_id from page",
    "audit": "select what from audit",
}
"""What is said to be kept, and where it stands."""


class Said:
    """What a writer has said until it was killed."""

    def __init__(self, lines: Iterable[str]) -> None:
        words = [line.split() for line in lines if line.endswith(" .")]
        self.kept = {what for kind, what, *_ in words if kind == "kept"}
        self.given = [what for kind, what, *_ in words if kind == "given"]
        self.late = {what for kind, what, *_ in words if kind == "late"}

    def must_be_there(self) -> set[str]:
        """The seconds that were given, but for the last one, and those for which the machine was too slow."""
        times = sorted({int(each.rpartition("/")[2]) for each in self.given})
        spared = {str(each) for each in times[-1:]} | self.late
        return {each for each in self.given if each.rpartition("/")[2] not in spared}


class Killer:
    """Has writers made for one record, one after the other, and kills each."""

    def __init__(self, address: str, nursery: Process) -> None:
        self.address = address
        self.seconds = 0
        self.late = 0
        self._nursery = nursery
        self._dice = random.Random()
        self._kept = set[str]()
        self._number = 0

    async def kill_one(self, earliest_s: float, latest_s: float) -> None:
        """So long after its first answer; then its record has to be in order."""
        self._number += 1
        said = await self._written(self._dice.uniform(earliest_s, latest_s))
        self._kept |= said.kept
        self.late += len(said.late)
        assert sorted(self._kept - await self._there()) == []
        seconds = said.must_be_there()
        self.seconds += len(seconds)
        there = {f"{session}/{t_us}" for session, t_us in await self._since("numeric")}
        assert sorted(seconds - there) == []
        assert len(await self._since("wave")) >= len(WAVES) * len(seconds)
        assert (await verify(make_url(self.address))).faults == []
        await self._restorable()

    async def _written(self, longer_s: float) -> Said:
        stdin, stdout = self._nursery.stdin, self._nursery.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{self._number}\n".encode())
        lines: list[str] = []

        async def until(*beginnings: str) -> None:
            while not all(any(line.startswith(each) for line in lines) for each in beginnings):
                lines.append((await stdout.readline()).decode().rstrip("\n"))
                assert not lines[-1].startswith("gone") or "gone" in beginnings, "the writer ended by itself"

        await until("pid", "kept")
        await asyncio.sleep(longer_s)
        os.kill(next(int(line.split()[1]) for line in lines if line.startswith("pid")), signal.SIGKILL)
        await until("gone")
        return Said(lines)

    async def asked(self, question: str) -> list[tuple[Any, ...]]:
        """Of the record, as somebody else would."""
        looking = engine.to_look(make_url(self.address))
        async with looking.connect() as connection:
            found = [tuple(row) for row in await connection.execute(text(question))]
        await looking.dispose()
        return found

    async def _there(self) -> set[str]:
        found: set[str] = set()
        for kind, question in KEPT.items():
            rows = await self.asked(question)
            names = {"/".join((kind, *map(str, row))) for row in rows}
            assert len(names) == len(rows), f"{kind}: something stands there twice"
            found |= names
        return found

    async def _since(self, table: str) -> list[tuple[Any, ...]]:
        begun = moment(self._number * BETWEEN_S).utc.timestamp() * 1e6
        since = f"where t_us >= {round(begun - 10e6)}"
        return await self.asked(f"select session, t_us from {table} {since}")  # noqa: S608 - our own names

    async def _restorable(self) -> None:
        """Every session comes back whole; what its alarms remember is what their events say."""
        now = moment(self._number * BETWEEN_S + BETWEEN_S // 2)
        async with Record.open(self.address) as record:
            found = await record.restart.open_sessions(now)
            assert record.problems() == []
        assert len(found) == ROOMS
        question = 'select alarm, seq, rule, state, "by" from alarm_transition order by id'
        newest = {row[0]: row for row in await self.asked(question)}
        for each in found:
            assert each.whole
            assert [entry.seq for entry in each.session.entries] == [*range(1, len(each.session.entries) + 1)]
            reported = {
                (t.alarm, t.seq, t.rule, str(t.state), t.acknowledged_by)
                for t in Engine(RULES, each.state).open_alarms(now.at)
            }
            own = (row for name, row in newest.items() if name.startswith(f"{each.session.id}-"))
            assert reported == {row for row in own if row[3] != "inactive"}


@asynccontextmanager
async def killer(address: str, pace: float) -> AsyncGenerator[Killer]:
    """With a process that makes writers; it ends with its standard input."""
    nursery = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.storage.writing", address, str(pace)), stdin=PIPE, stdout=PIPE
    )
    try:
        yield Killer(address, nursery)
    finally:
        assert nursery.stdin is not None
        nursery.stdin.close()
        nursery.kill()
        await nursery.communicate()

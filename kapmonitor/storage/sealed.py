"""Whether what was sealed stands in the record as it was; read a part at a time, however large it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.storage import seals
from kapmonitor.storage.chain import digest_of
from kapmonitor.storage.faults import AT_ONCE, Older, named, when
from kapmonitor.storage.proof import chain, removed, seal
from kapmonitor.storage.seals import SEALED, Sealed

Series = tuple[str | int, ...]
"""A session's numbers, or one waveform of a session: a row's key without its time."""
BY_TIME = ("numeric", "wave")
"""Kinds of which there are millions of rows; their keys end with the time."""
UNTIMED = {
    "session": "started_us",
    "rules": "signed_us",
    "alarm-state": "saved_us",
    "service-state": "saved_us",
}
"""Which column says of when a row of the other kinds is."""


class Unsealing:
    """Takes the seals in the order of the chain. `faults` are what does not fit, `found` rows do."""

    def __init__(self, connection: AsyncConnection) -> None:
        """Reads with `connection`."""
        self.faults: list[str] = []
        self.found = 0
        self._connection = connection
        self._newest: dict[tuple[str, Series], tuple[bytes, int]] = {}
        self._gone: dict[Series, list[tuple[int, int]]] = {}
        self._counted: dict[tuple[str, str], int] = {}
        self._last: dict[tuple[str, Series], int] = {}
        self._doubtful: set[tuple[str, str]] = set()

    async def read_tombstones(self) -> None:
        """First: which waveforms may be missing."""
        wanted = select(removed.c.session, removed.c.quantity, removed.c.since_us, removed.c.until_us)
        for session, quantity, since_us, until_us in await self._connection.execute(wanted):
            self._gone.setdefault((session, quantity), []).append((since_us, until_us))

    async def seals(self, links: Iterable[Row[Any]]) -> None:
        """The next links; those of seals are looked at."""
        timed: dict[tuple[str, Series], dict[int, bytes]] = {}
        for link in links:
            if link.kind != seals.KIND:
                continue
            for one in self._opened(link):
                if one.kind in BY_TIME:
                    timed.setdefault((one.kind, one.key[:-1]), {})[int(one.key[-1])] = one.digest
                else:
                    self._newest[one.kind, one.key] = (one.digest, link.t_us)
        for (kind, series), expected in timed.items():
            await self._compare(kind, series, expected)

    async def end(self, older: Older) -> None:
        """There are no more: rows of which the newest counts, and rows that no seal knows."""
        for kind in SEALED:
            if kind not in BY_TIME:
                await self._compare_newest(kind, older)
        for kind in BY_TIME:
            await self._count(kind)
        if self._doubtful:
            await self._look_closer(older)
        linked = select(chain.c.seq).where(chain.c.kind == seals.KIND)
        for seq in (
            await self._connection.execute(select(seal.c.seq).where(seal.c.seq.not_in(linked)))
        ).scalars():
            self.faults.append(f"The seal {seq} was put in by something else.")

    def _opened(self, link: Row[Any]) -> Sequence[Sealed]:
        if link.rows is None:
            self.faults.append(f"The seal {link.seq} of what was written {when(link.t_us)} is missing.")
            return ()
        data = bytes(link.rows)
        try:
            found = seals.unpacked(data)
        except ValueError:
            found = []
        if hashlib.sha256(data).digest() != bytes(link.digest):
            self.faults.append(f"The seal {link.seq} of what was written {when(link.t_us)} was changed.")
        return found

    async def _compare(self, kind: str, series: Series, expected: dict[int, bytes]) -> None:
        """Rows of one series between the first and the last of those that are expected."""
        there: dict[int, bytes] = {}
        found = await self._connection.execute(_between(kind, series, min(expected), max(expected)))
        for row in (dict(each) for each in found.mappings()):
            there[row["t_us"]] = digest_of(SEALED[kind], row)[: seals.BYTES]
        session = (kind, str(series[0]))
        last = self._last.get((kind, series), -1)
        for t_us, digest in expected.items():
            if t_us <= last:  # written again, or the clock was set back: a count would not be enough
                self._doubtful.add(session)
            digest_now = there.get(t_us)
            if digest_now is None:
                self._missing(kind, series, t_us)
                continue
            self.found += 1
            self._counted[session] = self._counted.get(session, 0) + 1
            if digest_now != digest:
                self.faults.append(f"{_named(kind, (*series, t_us))} was changed after it was recorded.")
        self._last[kind, series] = max(last, *expected)

    def _missing(self, kind: str, series: Series, t_us: int) -> None:
        gone = self._gone.get(series, ()) if kind == "wave" else ()
        if not any(since < t_us < until for since, until in gone):
            self.faults.append(f"{_named(kind, (*series, t_us))} is missing.")

    async def _compare_newest(self, kind: str, older: Older) -> None:
        covered = SEALED[kind]
        result = await self._connection.stream(select(*(covered.table.c[name] for name in covered.columns)))
        async for some in result.mappings().partitions(AT_ONCE):
            for row in (dict(each) for each in some):
                key = tuple(row[name] for name in covered.key)
                sealed = self._newest.pop((kind, key), None)
                if sealed is None or sealed[0] == seals.GONE:
                    older.found(covered.table.name, _named(kind, key), row.get(UNTIMED.get(kind, "")))
                    continue
                self.found += 1
                if sealed[0] != digest_of(covered, row)[: seals.BYTES]:
                    self.faults.append(
                        f"{_named(kind, key)} was changed after it was recorded {when(sealed[1])}."
                    )
        for (other, key), (digest, t_us) in self._newest.items():
            if other == kind and digest != seals.GONE:
                self.faults.append(f"{_named(kind, key)} is missing; it was recorded {when(t_us)}.")

    async def _count(self, kind: str) -> None:
        """Sessions that have more rows than the seals know of."""
        table = SEALED[kind].table
        for session, rows in await self._connection.execute(
            select(table.c.session, func.count()).group_by(table.c.session)
        ):
            if rows != self._counted.get((kind, session), 0):
                self._doubtful.add((kind, session))

    async def _look_closer(self, older: Older) -> None:
        """Which rows of some sessions no seal knows: all seals are read once more."""
        known: set[tuple[str, Series]] = set()
        last = -1
        wanted = select(seal).order_by(seal.c.seq).limit(AT_ONCE)
        while some := (await self._connection.execute(wanted.where(seal.c.seq > last))).all():
            for row in some:
                try:
                    sealed = seals.unpacked(bytes(row.rows))
                except ValueError:  # it has been named
                    continue
                known.update(
                    (one.kind, one.key) for one in sealed if (one.kind, one.key[0]) in self._doubtful
                )
            last = some[-1].seq
        for kind, session in sorted(self._doubtful):
            await self._unsealed(kind, session, known, older)

    async def _unsealed(self, kind: str, session: str, known: set[tuple[str, Series]], older: Older) -> None:
        covered = SEALED[kind]
        keys = select(*(covered.table.c[name] for name in covered.key)).where(
            covered.table.c.session == session
        )
        result = await self._connection.stream(keys)
        async for some in result.partitions(AT_ONCE):
            for key in (tuple(row) for row in some):
                if (kind, key) not in known:
                    older.found(covered.table.name, _named(kind, key), key[-1])


def _between(kind: str, series: Series, first: int, last: int) -> Select[tuple[Any, ...]]:
    covered = SEALED[kind]
    table = covered.table
    wanted = select(*(table.c[name] for name in covered.columns))
    for name, value in zip(covered.key, series, strict=False):
        wanted = wanted.where(table.c[name] == value)
    return wanted.where(table.c.t_us >= first, table.c.t_us <= last)


def _named(kind: str, key: Series) -> str:
    return named(kind, "/".join(str(each) for each in key))

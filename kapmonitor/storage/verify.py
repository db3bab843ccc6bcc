"""Whether a record is what was recorded: the chain of hashes, the numbers of entries, SQLite's own check."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import URL, Row, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.model import rfc3339
from kapmonitor.storage.chain import COVERED, START, digest_of, hash_of, last_given, name_of
from kapmonitor.storage.instants import from_us
from kapmonitor.storage.looking import looking_into
from kapmonitor.storage.tables import chain

AT_ONCE = 1000
"""Rows that are read in one go."""
MOST = 100
"""Of more faults than this the first are named."""


class Verdict(msgspec.Struct, frozen=True):
    """What was found: `faults`, one plain sentence each, none where all is well; `head` in hexadecimal.

    `older`: so many rows are from before the chain began and have no link.
    """

    links: int
    head: str
    older: int
    faults: Sequence[str]


class Seen(NamedTuple):
    """One row that the chain covers, as it stands in the record now."""

    digest: bytes
    t_us: int


Rows = dict[tuple[str, str], Seen]


async def verify(url: URL, head: str = "") -> Verdict:
    """Check a record, which a service may be writing meanwhile.

    `head`: one that was noted elsewhere (a heartbeat, a report), or its beginning: it must be in the chain.

    Raises:
        KapmonitorError: there is no such record, or it cannot be read at all.
    """
    async with looking_into(url) as connection:
        faults = await _integrity(connection)
        if faults:
            return Verdict(0, "", 0, [*faults[:MOST], "Nothing else could be checked."])
        rows = await _rows(connection)
        links = await _links(connection)
        given = await last_given(connection)
        walked = await asyncio.to_thread(_walked, links, rows)
        unlinked = _unlinked(links, rows)
        faults += [*walked, *_numbers(rows), *unlinked.faults, *_end(links, given, head)]
    newest = bytes(links[-1].hash).hex() if links else ""
    return Verdict(len(links), newest, unlinked.older, faults[:MOST])


async def _integrity(connection: AsyncConnection) -> list[str]:
    """What SQLite finds wrong in the file."""
    if connection.dialect.name != "sqlite":
        return []
    try:
        found = (await connection.execute(text("PRAGMA integrity_check"))).scalars().all()
    except DBAPIError as error:
        return [f"The file is damaged: {error.orig}."]
    return [] if list(found) == ["ok"] else [f"The file is damaged: {line}." for line in found]


async def _rows(connection: AsyncConnection) -> Rows:
    found: Rows = {}
    for kind, covered in COVERED.items():
        wanted = select(*(covered.table.c[name] for name in covered.columns))
        result = await connection.stream(wanted)
        async for some in result.mappings().partitions(AT_ONCE):
            for row in (dict(each) for each in some):
                found[kind, name_of(kind, row)] = Seen(digest_of(kind, row), row["t_us"])
    return found


async def _links(connection: AsyncConnection) -> list[Row[Any]]:
    return list((await connection.execute(select(chain).order_by(chain.c.seq))).all())


def _walked(links: Iterable[Row[Any]], rows: Rows) -> list[str]:
    """What does not fit, link by link; after a break it goes on with what stands there."""
    faults: list[str] = []
    before, expected = START, 1
    for link in links:
        when = _when(link.t_us)
        if link.seq != expected:
            faults.append(f"Links {expected} to {link.seq - 1} of the chain are missing, before {when}.")
        elif hash_of(before, link.seq, link.kind, link.of, bytes(link.digest)) != bytes(link.hash):
            faults.append(
                f"Link {link.seq} of the chain was changed or does not follow the one before: {when}."
            )
        row = rows.get((link.kind, link.of))
        if row is None:
            faults.append(f"{_named(link.kind, link.of)} is missing; it was recorded {when}.")
        elif row.digest != bytes(link.digest):
            faults.append(f"{_named(link.kind, link.of)} was changed after it was recorded {when}.")
        before, expected = bytes(link.hash), link.seq + 1
    return faults


def _numbers(rows: Rows) -> Iterator[str]:
    """Entries of a session are numbered without a gap."""
    numbers: dict[str, list[int]] = {}
    for kind, of in rows:
        if kind == "entry":
            session, _, seq = of.rpartition("/")
            numbers.setdefault(session, []).append(int(seq))
    for session, found in numbers.items():
        missing = sorted(set(range(1, max(found) + 1)) - set(found))
        if missing:
            shown = ", ".join(str(each) for each in missing[:10])
            yield f"Session {session} has no entry {shown}{' …' if len(missing) > 10 else ''}."  # noqa: PLR2004 - as many as are shown


class _Unlinked(NamedTuple):
    older: int
    faults: list[str]


def _unlinked(links: Sequence[Row[Any]], rows: Rows) -> _Unlinked:
    """Rows without a link: from before the chain began, or put in by something else."""
    linked = {(link.kind, link.of) for link in links}
    begun = min((link.t_us for link in links), default=None)
    alone = {name: seen for name, seen in rows.items() if name not in linked}
    added = [name for name, seen in alone.items() if begun is not None and seen.t_us >= begun]
    faults = [f"{_named(*name)} was put in by something else: {_when(alone[name].t_us)}." for name in added]
    return _Unlinked(len(alone) - len(added), faults)


def _end(links: Sequence[Row[Any]], given: int, head: str) -> Iterator[str]:
    last = links[-1].seq if links else 0
    if given > last:
        since = f"since {_when(links[-1].t_us)}" if links else "all of it"
        yield f"The end of the chain is cut off: links {last + 1} to {given}, {since}."
    wanted = head.strip().lower()
    if wanted and not any(bytes(link.hash).hex().startswith(wanted) for link in links):
        yield f"The head {head} is not in the chain: its end was cut off or written anew."


def _named(kind: str, of: str) -> str:
    parts = of.split("/")
    match kind:
        case "entry":
            return f"Entry {parts[-1]} of session {parts[0]}"
        case "alarm":
            return f"Event {parts[1]} of alarm {parts[0]}"
        case _:
            return f"The line {of} of the audit log"


def _when(t_us: int) -> str:
    return rfc3339(from_us(t_us))

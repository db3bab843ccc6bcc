"""Whether a record is what was recorded: the chain of hashes, the seals, SQLite's own check of the file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import msgspec
from sqlalchemy import URL, Row, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.storage.chain import LINKED, digest_of, last_given, name_of
from kapmonitor.storage.faults import AT_ONCE, Older
from kapmonitor.storage.looking import looking_into
from kapmonitor.storage.proof import chain, seal
from kapmonitor.storage.sealed import Unsealing
from kapmonitor.storage.walk import Rows, Seen, Walk

MOST = 100
"""Of more faults than this the first are named."""


class Verdict(msgspec.Struct, frozen=True):
    """What was found: `faults`, one plain sentence each, none where all is well; `head` in hexadecimal.

    `rows` have a link or are sealed. `older`: so many are from before that and are not covered.
    """

    links: int
    rows: int
    head: str
    older: int
    faults: Sequence[str]


async def verify(url: URL, head: str = "") -> Verdict:
    """Check a record, which a service may be writing meanwhile.

    `head`: one that was noted elsewhere (a heartbeat, a report), or its beginning: it must be in the chain.

    Raises:
        KapmonitorError: there is no such record, or it cannot be read at all.
    """
    async with looking_into(url) as connection:
        faults = await _integrity(connection)
        if faults:
            return Verdict(0, 0, "", 0, [*faults[:MOST], "Nothing else could be checked."])
        walk, unsealing = Walk(await _rows(connection), head), Unsealing(connection)
        await unsealing.read_tombstones()
        async for some in _links(connection):
            for link in some:
                walk.link(link)
            await unsealing.seals(some)
        older = Older(walk.older)
        walk.end(await connection.run_sync(last_given))
        await unsealing.end(older)
        walk.unlinked(older)
    faults = [*walk.faults, *unsealing.faults, *older.faults()]
    return Verdict(walk.links, walk.found + unsealing.found, walk.before.hex(), older.rows, faults[:MOST])


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
    """All that has links of its own; what comes second by second is read a part at a time instead."""
    found: Rows = {}
    for kind, covered in LINKED.items():
        place = [column for column in covered.table.c if column.name == "id"]
        wanted = select(*(covered.table.c[name] for name in covered.columns), *place)
        result = await connection.stream(wanted)
        async for some in result.mappings().partitions(AT_ONCE):
            for row in (dict(each) for each in some):
                seen = Seen(digest_of(covered, row), row["t_us"], row.get("id", 0))
                found[kind, name_of(covered, row)] = seen
    return found


async def _links(connection: AsyncConnection) -> AsyncGenerator[Sequence[Row[Any]]]:
    """The chain in its order, with its seals, a part at a time."""
    wanted = select(chain, seal.c.rows).outerjoin(seal, seal.c.seq == chain.c.seq).order_by(chain.c.seq)
    last = -1
    while some := (await connection.execute(wanted.where(chain.c.seq > last).limit(AT_ONCE))).all():
        yield some
        last = some[-1].seq

"""What commands beside the service leave for the audit log: only one process writes a record.

Each note is a small file in a folder beside the record or beside the recordings, or on a database server a
row of `left_note`. Whoever writes the record takes it in and removes it once it is on the disk; a note that
was taken in twice is there once, by its mark.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from kapmonitor.storage.instants import Row

logger = logging.getLogger(__name__)

TAKE_EVERY_S = 5.0
_ONLY_OURS, _OUR_FOLDER = 0o600, 0o700


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of `audit`."""

    mark: str
    t_us: int
    by: str
    action: str
    what: str
    detail: str
    address: str


class Takes(Protocol):
    """What takes notes in."""

    def add(self, row: Row) -> None:
        """One note."""
        ...


class Durable(Protocol):
    """Waits until all that was given is on the disk; whether it is."""

    async def __call__(self) -> bool:
        """Whether it is."""
        ...


class Place(Protocol):
    """Where notes are left."""

    async def found(self) -> list[Row]:
        """Those that are there now, each once."""
        ...

    async def done(self) -> None:
        """Remove those that were found: they are in the audit log."""
        ...


class Folder:
    """A place for notes in a file system."""

    def __init__(self, beside: Path) -> None:
        """Of the record `beside`, or where that would be if the record were not elsewhere."""
        self.path = beside.with_name(f"{beside.name}-audit")
        self._taken: set[Path] = set()

    def leave(self, row: Row) -> None:
        """Leave one note, whole or not at all.

        Raises:
            OSError: it cannot be left.
        """
        owner = self.path.parent.stat()
        self.path.mkdir(exist_ok=True, mode=_OUR_FOLDER)
        there = self.path / f"{row['mark']}.tmp"
        with os.fdopen(os.open(there, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _ONLY_OURS), "wb") as file:
            file.write(msgspec.json.encode(dict(row)))
            file.flush()
            os.fsync(file.fileno())
        for each in (self.path, there):
            with suppress(OSError, AttributeError):  # root leaves it to the record's owner; Windows has none
                os.chown(each, owner.st_uid, owner.st_gid)
        there.rename(there.with_suffix(".json"))

    async def found(self) -> list[Row]:
        """See `Place`."""
        rows = {path: _read(path) for path in set(self.path.glob("*.json")) - self._taken}
        self._taken |= {path for path, row in rows.items() if row is not None}
        return [row for row in rows.values() if row is not None]

    async def done(self) -> None:
        """See `Place`."""
        for path in self._taken:
            with suppress(OSError):
                path.unlink()
        self._taken = {path for path in self._taken if path.exists()}


async def take_in(places: Sequence[Place], audit: Takes, durable: Durable) -> None:
    """Take in what is left there, now and every few seconds, until cancelled."""
    while True:
        for place in places:
            for row in await place.found():
                audit.add(row)
            if await durable():
                await place.done()
        await asyncio.sleep(TAKE_EVERY_S)


def _read(path: Path) -> Row | None:
    """One note; one that is none is put aside, once."""
    with suppress(OSError, ValueError):
        return msgspec.structs.asdict(msgspec.json.decode(path.read_bytes(), type=_Note))
    logger.warning("%s is no note for the audit log and was put aside", path)
    with suppress(OSError):
        path.rename(path.with_suffix(".bad"))
    return None

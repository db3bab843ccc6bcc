"""What commands beside the service leave for the audit log: only one process writes a record.

Each note is a small file in a folder beside the record. Whoever writes the record takes it in and removes it
once it is on the disk; a note that was taken in twice is there once, by its mark.
"""

from __future__ import annotations

import asyncio
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import URL

from kapmonitor.storage import engine
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


def folder_of(url: URL) -> Path | None:
    """Where notes for this record are left; None for a database server, which has no place beside it."""
    path = engine.file_of(url)
    return None if path is None else path.with_name(f"{path.name}-audit")


def leave(url: URL, row: Row) -> bool:
    """Leave one note, whole or not at all; whether there is a place for it.

    Raises:
        OSError: it cannot be left.
    """
    folder = folder_of(url)
    if folder is None:
        return False
    owner = folder.parent.stat()
    folder.mkdir(exist_ok=True, mode=_OUR_FOLDER)
    there = folder / f"{row['mark']}.tmp"
    with os.fdopen(os.open(there, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _ONLY_OURS), "wb") as file:
        file.write(msgspec.json.encode(dict(row)))
        file.flush()
        os.fsync(file.fileno())
    for each in (folder, there):
        with suppress(OSError, AttributeError):  # root leaves it to the record's owner; Windows has none
            os.chown(each, owner.st_uid, owner.st_gid)
    there.rename(there.with_suffix(".json"))
    return True


async def take_in(url: URL, audit: Takes, durable: Durable) -> None:
    """Take in what is left there, now and every few seconds, until cancelled."""
    folder = folder_of(url)
    taken: set[Path] = set()
    while folder is not None:
        for path in set(folder.glob("*.json")) - taken:
            row = _read(path)
            if row is not None:
                audit.add(row)
                taken.add(path)
        if taken and await durable():
            for path in taken:
                with suppress(OSError):
                    path.unlink()
            taken = {path for path in taken if path.exists()}
        await asyncio.sleep(TAKE_EVERY_S)


def _read(path: Path) -> Row | None:
    """One note; one that is none is put aside, once."""
    with suppress(OSError, ValueError):
        return msgspec.structs.asdict(msgspec.json.decode(path.read_bytes(), type=_Note))
    logger.warning("%s is no note for the audit log and was put aside", path)
    with suppress(OSError):
        path.rename(path.with_suffix(".bad"))
    return None

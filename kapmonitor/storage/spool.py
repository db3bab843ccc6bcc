"""Lines for the audit log from other processes: they wait in a folder beside the record for its one writer.

An export or a replay runs beside the service, which alone may write the record. So it leaves a file, and the
service takes it in, now or when it next starts.
"""

from __future__ import annotations

import getpass
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy import URL

from kapmonitor.storage import engine
from kapmonitor.storage.audit import audit_row
from kapmonitor.storage.instants import Row
from kapmonitor.storage.sqlite import ONLY_OURS

logger = logging.getLogger(__name__)


class Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row of the audit log, as it waits."""

    mark: str
    t_us: int
    by: str
    action: str
    what: str
    detail: str
    address: str


def leave(url: URL, action: str, what: str, detail: str = "") -> None:
    """Have it noted that the operating system's user did `action` to `what`.

    Raises:
        OSError: the line cannot be written; then what it is about should not be done either.
    """
    folder = _folder(url)
    if folder is None:
        logger.warning("%s of %s: a database server has no audit log for commands yet", action, what)
        return
    row = audit_row(action, what, datetime.now(UTC), by=f"os:{getpass.getuser()}", detail=detail)
    folder.mkdir(mode=0o700, exist_ok=True)
    part = folder / f"{row['mark']}.part"
    handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, ONLY_OURS)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(row))
        file.flush()
        os.fsync(file.fileno())
    part.rename(folder / f"{row['t_us']}-{row['mark']}.json")


def waiting(url: URL) -> Iterator[tuple[Path, Row]]:
    """What waits, oldest first; a file that cannot be understood is put aside."""
    folder = _folder(url)
    if folder is None or not folder.is_dir():
        return
    for path in sorted(folder.glob("*.json")):
        try:
            line = msgspec.json.decode(path.read_bytes(), type=Line)
        except (OSError, msgspec.MsgspecError):
            logger.exception("%s: not a line of the audit log, put aside", path)
            path.rename(path.with_suffix(".unreadable"))
            continue
        yield path, msgspec.structs.asdict(line)


def _folder(url: URL) -> Path | None:
    path = engine.file_of(url)
    return None if path is None else path.with_name(path.name + ".audit")

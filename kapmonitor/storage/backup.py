"""A copy of the record while it is being written."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL

from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.storage import engine
from kapmonitor.storage.sqlite import ONLY_OURS


def back_up(url: URL, target: Path) -> None:
    """Copy the record, as it is at this moment, to the new file `target`; whole, or not at all.

    It is read in one go, through a connection that can only read: the service goes on writing meanwhile.

    Raises:
        ConfigError: there is no such record, or `target` is there already.
        KapmonitorError: it cannot be copied.
    """
    path = engine.file_of(url)
    if path is None:
        raise ConfigError(["backup: a database server is copied by its own tools: pg_dump"])
    if not path.exists():
        raise ConfigError([f"there is no record {path}; check storage.url"])
    if target.exists():
        raise ConfigError([f"{target} is there already; name another file"])
    part = target.with_name(target.name + ".part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL, ONLY_OURS))
        _copy(path, part)
        part.rename(target)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise KapmonitorError(f"The record {path} cannot be copied to {target}: {error}.") from None


def _copy(path: Path, target: Path) -> None:
    address = f"{path.absolute().as_uri()}?mode=ro"
    with (
        closing(sqlite3.connect(address, uri=True)) as source,
        closing(sqlite3.connect(target)) as copy,
    ):
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, that can be carried away

"""All that only SQLite needs: who may write, how it writes, and what its errors mean.

SQLite before 3.51.3 can damage a database in WAL mode that two connections write or checkpoint at once: so
there is one writing connection (a pool of one) in one process (the lock).
"""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor

from kapmonitor.storage.errors import IN_USE, RecordInUseError, StorageError

logger = logging.getLogger(__name__)

ONLY_OURS = stat.S_IRUSR | stat.S_IWUSR
SYNCHRONOUS_FULL = 2
BUSY_S = 2.0
"""How long another program that looks into the file is waited for (s)."""
DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
"""The beginnings of the error names that say: what is in the file is not what was written."""


class Lock:
    """Held while this process may write `path`; the system lets go of it when the process ends, however.

    It is an empty SQLite database beside the record with an open exclusive transaction: SQLite knows how
    every system locks files.
    """

    def __init__(self, path: Path) -> None:
        """Take it.

        Raises:
            RecordInUseError: another process, or another `Record` of this one, has it.
            sqlite3.Error: it cannot be had at all.
        """
        lock = path.with_name(path.name + ".lock")
        make_private(lock)
        self._connection = sqlite3.connect(lock, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            self._connection.execute("PRAGMA journal_mode = MEMORY")
            self._connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._connection.close()
            if error.sqlite_errorname != "SQLITE_BUSY":
                raise
            raise RecordInUseError(IN_USE) from None

    def close(self) -> None:
        """Let go."""
        self._connection.close()


def make_private(path: Path) -> None:
    """Only the user that runs the service may read what is known of patients; SQLite's other files follow.

    A file that is there is never opened: closing it would drop every POSIX lock that SQLite has on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, ONLY_OURS))
    except FileExistsError:
        with suppress(OSError):  # a file system without rights, or a file that is not ours
            path.chmod(ONLY_OURS)


def prepare(engine: Engine, *, alone: bool = False) -> None:
    """Have every connection of `engine` begin transactions where SQLAlchemy says so, DDL included.

    `alone`: do without the memory that SQLite shares between connections, which is a file of 32 kB.
    """

    def connected(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # else Python's sqlite3 begins when it thinks fit
        cursor = connection.cursor()
        if alone:
            cursor.execute("PRAGMA locking_mode = EXCLUSIVE")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.execute("PRAGMA synchronous = FULL")
        cursor.close()

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def read_only(url: URL, path: Path) -> URL | None:
    """How to read a file on a disk where nothing can be written; None where that would miss the newest.

    Such a file is read without its write-ahead log, so only after a service that ended in good order.
    """
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size:
        return None
    return _address(url, path, immutable="1")


def only_looking(url: URL, path: Path) -> URL:
    """How to look into a file that is being written: such a connection never writes or checkpoints."""
    return _address(url, path, mode="ro")


def _address(url: URL, path: Path, **options: str) -> URL:
    return url.set(database=path.absolute().as_uri()).update_query_dict({**options, "uri": "true"})


def write_ahead(connection: Connection) -> None:
    """Switch to the write-ahead log, and read back that what is committed will be on the disk.

    Raises:
        StorageError: this file cannot be written that way (in memory, or on a network drive).
    """
    cursor = connection.connection.cursor()  # not through `connection`: it would begin a transaction first
    try:
        mode, synchronous = _asked(cursor, "journal_mode = WAL"), _asked(cursor, "synchronous")
    finally:
        cursor.close()
    if mode != "wal" or synchronous != SYNCHRONOUS_FULL:
        raise StorageError(
            f"cannot be written safely (journal_mode {mode}, synchronous {synchronous}). "
            "Put it on a local disk."
        )
    logger.info("SQLite %s, journal_mode %s, synchronous FULL", sqlite3.sqlite_version, mode)


def _asked(cursor: DBAPICursor, pragma: str) -> object:
    cursor.execute(f"PRAGMA {pragma}")
    row: tuple[object] = cursor.fetchone() or (None,)
    return row[0]


def error_name(error: BaseException | None) -> str:
    """SQLite's name of what went wrong; empty for what is not SQLite's."""
    name = getattr(error, "sqlite_errorname", "")
    return name if isinstance(name, str) else ""


def meaning(name: str) -> str | None:
    """What staff can do about an error of this name; None where SQLite's own words must do."""
    for beginning, text in _MEANINGS:
        if name.startswith(beginning):
            return text
    return None


_MOVE_AWAY = (
    "nothing more is written to it. Move it away with its -wal and -shm files and keep all three: "
    "a new record begins by itself."
)
_MEANINGS = (
    ("SQLITE_FULL", "cannot be written: the disk is full. Make room."),
    ("SQLITE_READONLY", "cannot be written: file, folder or disk is read-only. Give the service the right."),
    (
        "SQLITE_CANTOPEN",
        "cannot be opened. Check that its folder exists and that the service may write there.",
    ),
    ("SQLITE_PERM", "cannot be opened: the service has no right to. Give it the right."),
    ("SQLITE_BUSY", "cannot be written: another program holds it. End that program."),
    ("SQLITE_IOERR", "cannot be written: the disk fails or is full. Check the disk."),
    ("SQLITE_CORRUPT", f"is damaged; {_MOVE_AWAY}"),
    ("SQLITE_NOTADB", f"is damaged, or not a database; {_MOVE_AWAY}"),
)

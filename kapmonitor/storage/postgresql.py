"""All that only PostgreSQL needs: who may write.

There is one writing connection (a pool of one), and it holds an advisory lock of its database: rows of two
services would be two chains of hashes in one table.
"""

from __future__ import annotations

from sqlalchemy import Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

from kapmonitor.storage.errors import IN_USE, RecordInUseError

LOCK = int.from_bytes(b"kapmon")
"""Which lock: any number that no other program is likely to choose."""
WAIT_MS = 3000
"""So long the server may take to see that the process which had it was killed (ms)."""
ALIVE = ("tcp_keepalives_idle = 10", "tcp_keepalives_interval = 5", "tcp_keepalives_count = 3")
"""A writer whose machine lost its power is given up by the server after 25 s, and not after two hours."""
_TAKEN = "55P03"
"""SQLSTATE of a lock that somebody else has."""


def prepare(engine: Engine) -> None:
    """Have every connection of `engine` hold the lock as long as it lasts.

    A connection that cannot have it raises `RecordInUseError`.
    """
    event.listen(engine, "connect", _lock)


def _lock(connection: DBAPIConnection, _record: object) -> None:
    cursor = connection.cursor()
    try:
        for setting in ALIVE:
            cursor.execute(f"SET {setting}")
        cursor.execute(f"SET LOCAL lock_timeout = {WAIT_MS}")
        cursor.execute(f"SELECT pg_advisory_lock({LOCK})")
        connection.commit()
    except Exception as error:
        connection.close()
        if getattr(error, "sqlstate", "") != _TAKEN:
            raise
        raise RecordInUseError(IN_USE) from None
    finally:
        cursor.close()

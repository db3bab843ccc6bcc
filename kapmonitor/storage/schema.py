"""Which version a record has, and whether that is the present one. Works on a plain (sync) connection."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


def newest() -> str:
    """The present version: of the migrations, whose files are called NAME_NUMBER, that of the last."""
    number, name = max(tuple(reversed(path.stem.rsplit("_", 1))) for path in _VERSIONS.glob("*_[0-9]*.py"))
    return f"{number}_{name}"


def refuse_unknown(connection: Connection) -> None:
    """Stop before anything is written to what is not ours to write.

    Raises:
        StorageError: a newer kapmonitor made this record, or something else made this database.
    """
    if not _is_present(connection):
        from kapmonitor.storage import migrating  # noqa: PLC0415 - Alembic, that a start waits for

        migrating.refuse_unknown(connection)


def upgrade(connection: Connection) -> None:
    """Bring the record to the present version, inside the transaction that `connection` is in."""
    if not _is_present(connection):
        from kapmonitor.storage import migrating  # noqa: PLC0415 - the same

        migrating.upgrade(connection)


def _is_present(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) == [newest()]

"""How a record of another version becomes one of the present one, or is refused; by Alembic.

Only `schema` imports it, and only then: Alembic and what comes with it take a third of a second to import.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from kapmonitor.storage.errors import StorageError


def refuse_unknown(connection: Connection) -> None:
    """Stop before anything is written to what is not ours to write.

    Raises:
        StorageError: a newer kapmonitor made this record, or something else made this database.
    """
    known = {script.revision for script in _scripts(connection).walk_revisions()}
    found = MigrationContext.configure(connection).get_current_heads()
    if not set(found) <= known:
        raise StorageError(
            f"was written by a newer kapmonitor (its version is {', '.join(found)}). "
            "Install that version again; nothing was changed."
        )
    if not found and inspect(connection).get_table_names():
        raise StorageError("is another program's database. Choose another storage.url; nothing was changed.")


def upgrade(connection: Connection) -> None:
    """Bring the record to the present version, inside the transaction that `connection` is in."""
    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _scripts(connection: Connection) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(connection))

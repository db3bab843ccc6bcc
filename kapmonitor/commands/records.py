"""Which record a command is about, and who gave the command."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import URL

from kapmonitor.commands.environment import state_folder
from kapmonitor.commands.run import RECORD, storage_url
from kapmonitor.commands.running import configured
from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.storage.audit import audit_row
from kapmonitor.storage.engine import file_of, parse
from kapmonitor.storage.instants import Row
from kapmonitor.storage.left import Folder
from kapmonitor.storage.left_rows import leave_row

if sys.platform == "win32":

    def machine_user() -> str:
        """Who runs this process."""
        return getpass.getuser()

else:
    import pwd

    def machine_user() -> str:
        """Who runs this process, as the machine says and not the environment."""
        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:  # a container's user without a name
            return str(os.getuid())


MaybeConfigPath = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", metavar="FILE", help="The clinic's configuration; not needed for an only record."
    ),
]


def record_url(config: Path | None, environment: Mapping[str, str]) -> URL:
    """Where the record of a configuration is; without one, the only record in the service's own folder.

    Raises:
        ConfigError: the configuration cannot be used, or without one there is none or more than one.
    """
    if config is not None:
        return parse(storage_url(configured(config), environment))
    folder = state_folder(environment)
    found = sorted(folder.glob(f"*/{RECORD}"))
    if len(found) == 1:
        return parse(f"sqlite+aiosqlite:///{found[0]}")
    there = f"{len(found) or 'no'} records are in {folder}"
    raise ConfigError([f"{there}; name the clinic's configuration with --config"])


def note(action: str, what: str, url: URL, detail: str) -> None:
    """Leave it for the audit log that this machine's user does `action` to `what`, before it is done.

    Raises:
        KapmonitorError: it cannot be left; then it should not be done.
    """
    row = _row(action, what, detail)
    path = file_of(url)
    if path is None:
        asyncio.run(leave_row(url, row))
    else:
        _leave(Folder(path), row)


def note_beside(action: str, what: str, record: Path, detail: str) -> None:
    """The same in the service's own folder, where `record` would be if it were not elsewhere."""
    _leave(Folder(record), _row(action, what, detail))


def _row(action: str, what: str, detail: str) -> Row:
    return audit_row(action, what, datetime.now(UTC), by=f"os:{machine_user()}", detail=detail)


def _leave(folder: Folder, row: Row) -> None:
    try:
        folder.leave(row)
    except OSError as error:
        why = f"{error.filename or 'the note'}: {error.strerror}"
        raise KapmonitorError(
            f"It cannot be noted in the audit log ({why}), so it was not done. Give the right to write there."
        ) from None

"""Which record a command is about, and who gave the command."""

from __future__ import annotations

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
from kapmonitor.commands.run import storage_url
from kapmonitor.commands.running import configured
from kapmonitor.errors import ConfigError, KapmonitorError
from kapmonitor.storage.audit import audit_row
from kapmonitor.storage.engine import parse
from kapmonitor.storage.left import leave

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
    found = sorted(folder.glob("*/kapmonitor.db"))
    if len(found) == 1:
        return parse(f"sqlite+aiosqlite:///{found[0]}")
    there = f"{len(found) or 'no'} records are in {folder}"
    raise ConfigError([f"{there}; name the clinic's configuration with --config"])


def note(action: str, what: str, url: URL, detail: str) -> None:
    """Leave it for the audit log that this machine's user does `action` to `what`, before it is done.

    Raises:
        KapmonitorError: it cannot be left; then it should not be done.
    """
    row = audit_row(action, what, datetime.now(UTC), by=f"os:{machine_user()}", detail=detail)
    try:
        left = leave(url, row)
    except OSError as error:
        why = f"{error.filename or 'the note'}: {error.strerror}"
        raise KapmonitorError(
            f"It cannot be noted in the audit log ({why}), so it was not done. Give the right to write there."
        ) from None
    if not left:
        typer.echo(
            "warning: a record on a database server has no audit log of commands; it is not noted", err=True
        )

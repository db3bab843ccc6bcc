"""`kapmonitor sign-limits`: a medical user answers for the alarm limits."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from kapmonitor.app.limits import sign
from kapmonitor.clock import Clock
from kapmonitor.commands.run import beside, storage_url
from kapmonitor.commands.running import ConfigPath, configured, run_until_ended
from kapmonitor.errors import KapmonitorError
from kapmonitor.storage.record import Record


def sign_limits(
    config: ConfigPath, by: Annotated[str, typer.Option("--by", help="Name of the medical user who answers.")]
) -> None:
    """Sign the alarm limits as they stand in the file; a changed file needs a new signature."""
    url = storage_url(configured(config), os.environ)
    run_until_ended(_sign(url, beside(config, "alarms.toml"), by.strip()))


async def _sign(url: str, path: Path | None, by: str) -> None:
    async with Record.open(url) as record:
        signed = await sign(path, by, record, Clock())
        record.audit.note("limits-signed", signed.hash, by=f"os:{getpass.getuser()}", detail=signed.name)
        problems = record.problems()
    if problems:
        raise KapmonitorError(problems[0])
    typer.echo(f"signed by {signed.name} on {signed.signed:%Y-%m-%d %H:%M} UTC, limits {signed.hash[:12]}")

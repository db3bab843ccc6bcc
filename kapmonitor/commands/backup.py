"""`kapmonitor backup`: a copy of the record, checked."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from kapmonitor.commands.records import note
from kapmonitor.commands.run import storage_url
from kapmonitor.commands.running import ConfigPath, configured
from kapmonitor.commands.verify import lines
from kapmonitor.storage.backup import back_up
from kapmonitor.storage.engine import parse
from kapmonitor.storage.verify import verify


def backup(
    config: ConfigPath, target: Annotated[Path, typer.Argument(help="The new file; its folder is there.")]
) -> None:
    """Copy the record to a new file and check the copy; the service may run meanwhile."""
    url = parse(storage_url(configured(config), os.environ))
    note("backup", target.name, url, "")
    back_up(url, target)
    found = asyncio.run(verify(url.set(database=str(target))))
    for line in (str(target), *lines(found)):
        typer.echo(line)
    if found.faults:
        raise typer.Exit(1)

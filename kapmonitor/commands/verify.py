"""`kapmonitor verify`: whether the record is what was recorded."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer

from kapmonitor.commands.run import storage_url
from kapmonitor.commands.running import ConfigPath, configured
from kapmonitor.storage.engine import parse
from kapmonitor.storage.verify import Verdict
from kapmonitor.storage.verify import verify as verified


def verify(
    config: ConfigPath,
    head: Annotated[
        str, typer.Option(help="A head that was noted elsewhere: from a heartbeat, or on a report.")
    ] = "",
) -> None:
    """Check the record: hashes, numbers of entries, the file itself. The service may run meanwhile."""
    found = asyncio.run(verified(parse(storage_url(configured(config), os.environ)), head))
    for line in lines(found):
        typer.echo(line)
    if found.faults:
        raise typer.Exit(1)


def lines(found: Verdict) -> list[str]:
    """What was found, for people."""
    count = f"{found.rows} rows, {found.links} links"
    said = list(found.faults) or [f"{count}: all as recorded."]
    if found.older:
        said.append(f"{found.older} rows are older than the chain of hashes and are not covered by it.")
    return [*said, f"head: {found.head or 'none yet'}"]

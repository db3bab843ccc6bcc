"""`kapmonitor sessions`: which sessions the record has."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from kapmonitor.commands.run import storage_url
from kapmonitor.commands.running import ConfigPath, configured
from kapmonitor.session.past import Summary
from kapmonitor.storage.engine import parse
from kapmonitor.storage.summaries import look_for_sessions

WIDE = 200
"""Wider than any line: a list that is cut or wrapped is of no use to whoever copies an id."""
COLUMNS = ("session", "place", "route", "began (UTC)", "minutes", "phase", "by", "")


def sessions(
    config: ConfigPath,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back from now.")] = 30,
) -> None:
    """List the sessions of the record, the newest first; the service may run meanwhile. Nobody is named."""
    url = parse(storage_url(configured(config), os.environ))
    now = datetime.now(UTC)
    found = asyncio.run(look_for_sessions(url, now - timedelta(days=days)))
    if not found:
        typer.echo(f"No session in the last {days} days.")
        return
    Console(width=WIDE).print(table(found, now))


def table(found: Iterable[Summary], now: datetime) -> Table:
    """The list as people read it."""
    made = Table(*COLUMNS, box=None, pad_edge=False)
    for one in found:
        minutes = ((one.ended or now) - one.started).total_seconds() / 60
        made.add_row(
            one.id,
            f"{one.room}/{one.seat}",
            one.route,
            f"{one.started:%Y-%m-%d %H:%M}",
            f"{minutes:.0f}",
            one.phase if one.ended else f"{one.phase}, open",
            one.by,
            "drill" if one.drill else "",
        )
    return made

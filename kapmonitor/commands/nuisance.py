"""`kapmonitor nuisance`: what the alarms of a site were worth."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

import typer

from kapmonitor.alarms.nuisance import Nuisance, RuleNuisance, Share
from kapmonitor.commands.run import storage_url
from kapmonitor.commands.running import ConfigPath, configured
from kapmonitor.storage.engine import parse
from kapmonitor.storage.labels import look_for_nuisance

COLUMNS = (
    "alarms", "real", "artefact", "expected", "unlabelled", "per room-hour", "seconds to acknowledge"
)  # fmt: skip


def nuisance(
    config: ConfigPath,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back from now.")] = 30,
) -> None:
    """Count alarms by rule, and what staff marked them as; the service may run meanwhile."""
    url = parse(storage_url(configured(config), os.environ))
    found = asyncio.run(look_for_nuisance(url, days, datetime.now(UTC)))
    for line in lines(found):
        typer.echo(line)


def lines(found: Nuisance) -> Iterator[str]:
    """The report as plain text: a table of the sessions, then one of the drills, where there are any."""
    shares = (("Sessions", found.sessions), ("Drills", found.drills))
    for name, share in shares:
        if share.sessions or share.rules:
            yield f"{name} of the last {found.days} days: {share.sessions}, {share.room_hours:.1f} room-hours"
            yield from _table(share)
    if not any(share.sessions or share.rules for _, share in shares):
        yield f"No session in the last {found.days} days."


def _table(share: Share) -> Iterator[str]:
    if not share.rules:
        yield "no alarms"
        return
    width = max(len("rule"), *(len(line.rule) for line in share.rules))
    yield "  ".join(["rule".ljust(width), *COLUMNS])
    for line in share.rules:
        cells = (cell.rjust(len(name)) for name, cell in zip(COLUMNS, _cells(line), strict=True))
        yield "  ".join([line.rule.ljust(width), *cells])


def _cells(line: RuleNuisance) -> Iterator[str]:
    for count in (line.alarms, line.real, line.artefact, line.expected, line.unlabelled):
        yield str(count)
    yield "-" if line.per_room_hour is None else f"{line.per_room_hour:.2f}"
    yield "-" if line.seconds_to_acknowledge is None else f"{line.seconds_to_acknowledge:.0f}"

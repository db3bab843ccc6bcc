"""Rows of the record as what is shown of the past."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import URL, select

from kapmonitor.model import Origin, Phase, Route
from kapmonitor.session.entries import BaselineConfirmed, Measured
from kapmonitor.session.past import AlarmLine, Earlier, Summary
from kapmonitor.storage.instants import Row, from_us, to_us
from kapmonitor.storage.lines import what_of
from kapmonitor.storage.looking import looking_into
from kapmonitor.storage.tables import session


async def look_for_sessions(url: URL, since: datetime) -> list[Summary]:
    """Sessions that were opened at `since` (UTC) or later, newest first; a service may be writing them.

    Raises:
        KapmonitorError: there is no such record, or it cannot be read.
    """
    async with looking_into(url) as connection:
        wanted = (
            select(session).where(session.c.started_us >= to_us(since)).order_by(session.c.started_us.desc())
        )
        return [summary(dict(row)) for row in (await connection.execute(wanted)).mappings()]


def summary(row: Row) -> Summary:
    """A row of `session`."""
    return Summary(
        id=row["id"],
        room=row["room"],
        seat=row["seat"],
        route=Route(row["route"]),
        drill=row["drill"],
        origin=Origin(row["origin"]),
        phase=Phase(row["phase"]),
        started=from_us(row["started_us"]),
        ended=None if row["ended_us"] is None else from_us(row["ended_us"]),
        by=row["by"],
        ended_by=row["ended_by"],
        client=row["client"],
    )


def earlier(row: Row, lines: Iterable[str]) -> Earlier:
    """A row of `session`, and what its entries say that are compared; what cannot be read is left out."""
    found = [what_of(text) for text in lines]
    baselines = [each for each in found if isinstance(each, BaselineConfirmed)]
    readings = [each for each in found if isinstance(each, Measured) and each.counts]
    return Earlier(
        summary=summary(row),
        baseline=baselines[-1].values if baselines else {},
        highest_systolic=max((each.systolic for each in readings if each.systolic is not None), default=None),
        highest_diastolic=max(
            (each.diastolic for each in readings if each.diastolic is not None), default=None
        ),
    )


def alarm_line(row: Row) -> AlarmLine:
    """A row of `alarm_transition`."""
    fields = {name: row[name] for name in AlarmLine.__struct_fields__ if name != "t"}
    return AlarmLine(**fields, t=from_us(row["t_us"]))

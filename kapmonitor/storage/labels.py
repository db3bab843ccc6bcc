"""Labels of alarms in the record, and what is read of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import URL, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from kapmonitor.alarms.nuisance import Happening, Label, Nuisance, nuisance
from kapmonitor.model import Moment
from kapmonitor.storage.instants import Row, to_us
from kapmonitor.storage.looking import looking_into
from kapmonitor.storage.tables import alarm_label, alarm_transition, session

_DAY_US = 24 * 3600 * 1_000_000


def label_row(alarm: str, label: Label, by: str, moment: Moment) -> Row:
    """One mark on one alarm."""
    return {"alarm": alarm, "label": label.value, "by": by, "t_us": to_us(moment.utc)}


async def has_alarm(connection: AsyncConnection, alarm: str) -> bool:
    """Whether anything is recorded of this alarm."""
    wanted = select(alarm_transition.c.id).where(alarm_transition.c.alarm == alarm).limit(1)
    return (await connection.execute(wanted)).first() is not None


async def read_nuisance(connection: AsyncConnection, days: int, now: datetime) -> Nuisance:
    """The report of the `days` before `now`: one query over every session of that time."""
    until_us = to_us(now)
    since_us = until_us - days * _DAY_US
    alarms, labels, one = alarm_transition, alarm_label, session
    of_alarm = labels.alias("of_alarm")
    last = select(func.max(of_alarm.c.id)).where(of_alarm.c.alarm == alarms.c.alarm).scalar_subquery()
    wanted = (
        select(  # in the order of `Happening`
            one.c.id,
            one.c.drill,
            one.c.started_us,
            one.c.ended_us,
            alarms.c.alarm,
            alarms.c.rule,
            func.coalesce(alarms.c.t_us, 0),
            func.coalesce(alarms.c.acknowledged, False),
            labels.c.label,
        )
        .select_from(one)
        .outerjoin(alarms, alarms.c.session == one.c.id)
        .outerjoin(labels, labels.c.id == last)
        .where(one.c.started_us <= until_us, or_(one.c.ended_us.is_(None), one.c.ended_us >= since_us))
        .order_by(alarms.c.id)
    )
    rows = [Happening(*row) for row in await connection.execute(wanted)]
    return nuisance(rows, days, until_us)


async def read_labels(connection: AsyncConnection, name: str) -> dict[str, Label]:
    """What staff said last of each alarm of a session; without those of which they said nothing."""
    labels, own = alarm_label.c, select(alarm_transition.c.alarm).where(alarm_transition.c.session == name)
    wanted = select(labels.alarm, labels.label).where(labels.alarm.in_(own)).order_by(labels.id)
    return {alarm: Label(label) for alarm, label in await connection.execute(wanted)}


async def look_for_nuisance(url: URL, days: int, now: datetime) -> Nuisance:
    """The report from a record that a service may be writing meanwhile; nothing is written or made.

    Raises:
        KapmonitorError: there is no such record, or it cannot be read.
    """
    async with looking_into(url) as connection:
        return await read_nuisance(connection, days, now)

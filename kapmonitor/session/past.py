"""What is shown of sessions of the past: lists, comparisons, the course of their alarms. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from kapmonitor.model import Origin, Phase, Route


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """One session in a list. `ended` is None while it is open; times are UTC, `client` the clinic's code."""

    id: str
    room: str
    seat: str
    route: Route
    drill: bool
    origin: Origin
    phase: Phase
    started: datetime
    ended: datetime | None
    by: str
    ended_by: str | None
    client: str


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """An earlier session of the same client, to compare with: never a limit.

    `baseline` per quantity as it was confirmed last; the highest pressures (mmHg) are of readings that count,
    None where there is none.
    """

    summary: Summary
    baseline: Mapping[str, float]
    highest_systolic: float | None
    highest_diastolic: float | None


class AlarmLine(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an alarm at `t` (UTC); `alarm` is the instance, `name` its hazard.

    `by` is who had acknowledged it; `value` and `limit` are in `unit`; `page`: somebody was paged.
    """

    alarm: str
    seq: int
    name: str
    rule: str
    priority: str
    kind: str
    event: str
    state: str
    acknowledged: bool
    by: str | None
    value: float | None
    limit: float | None
    unit: str
    page: bool
    text: str
    t: datetime


class WouldAlarm(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm that would have begun or got worse at `ts`; `value` is what it was about."""

    ts: str
    alarm: str
    rule: str
    priority: str
    event: str
    value: float | None


class WhatIf(msgspec.Struct, frozen=True, kw_only=True):
    """What began or got worse since `since`: with the limits of `now`, and with those that were asked."""

    since: str
    now: tuple[WouldAlarm, ...]
    then: tuple[WouldAlarm, ...]

"""What alarms were worth: how staff marked them, how often they came, how soon somebody saw them. Pure.

A site's own figures: alarms per hour and rule, and the share of them that nobody needed, say which limit is
worth a look. Sessions and drills are counted apart, since nobody's patient is in a drill.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from statistics import median

import msgspec

_US_PER_S = 1_000_000
_US_PER_HOUR = 3600 * _US_PER_S


class Label(StrEnum):
    """What an alarm was, by whoever saw the patient; `expected`: true, but known and of no use."""

    REAL = "real"
    ARTEFACT = "artefact"
    EXPECTED = "expected"


class Happening(msgspec.Struct, frozen=True):
    """One transition of one alarm, with its session; a session without any has one with `alarm` None.

    `acknowledged`: somebody had seen the alarm then. `label` is the alarm's newest. Times are UTC in
    microseconds since 1970; `ended_us` is None while the session is open.
    """

    session: str
    drill: bool
    started_us: int
    ended_us: int | None
    alarm: str | None = None
    rule: str | None = None
    at_us: int = 0
    acknowledged: bool = False
    label: str | None = None


class RuleNuisance(msgspec.Struct, frozen=True, kw_only=True):
    """The alarms that one rule began; an alarm that got worse counts once, for the rule that it began with.

    `per_room_hour` is None where no room was watched; `seconds_to_acknowledge`, the median of those that
    somebody acknowledged, is None where nobody did.
    """

    rule: str
    alarms: int
    real: int
    artefact: int
    expected: int
    unlabelled: int
    per_room_hour: float | None
    seconds_to_acknowledge: float | None


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """Sessions, the hours for which they were watched, and their alarms by rule, the most frequent first."""

    sessions: int
    room_hours: float
    rules: list[RuleNuisance]


class Nuisance(msgspec.Struct, frozen=True, kw_only=True):
    """The report of some days."""

    days: int
    sessions: Share
    drills: Share


class _Seen(msgspec.Struct):
    rule: str
    began_us: int
    label: str | None
    acknowledged_us: int | None = None


def nuisance(rows: Iterable[Happening], days: int, until_us: int) -> Nuisance:
    """The report of the `days` before `until_us`; `rows` are in the order in which they happened.

    An alarm counts when it began in that time, a session for its part of it.
    """
    found, since_us = list(rows), until_us - days * 24 * _US_PER_HOUR
    return Nuisance(
        days=days,
        sessions=_share([row for row in found if not row.drill], since_us, until_us),
        drills=_share([row for row in found if row.drill], since_us, until_us),
    )


def _share(rows: list[Happening], since_us: int, until_us: int) -> Share:
    parts = {row.session: _watched_us(row, since_us, until_us) for row in rows}
    watched = [us for us in parts.values() if us is not None]
    hours = sum(watched) / _US_PER_HOUR
    by_rule: dict[str, list[_Seen]] = {}
    for seen in _alarms(rows):
        if since_us <= seen.began_us <= until_us:
            by_rule.setdefault(seen.rule, []).append(seen)
    rules = [_of(rule, alarms, hours) for rule, alarms in by_rule.items()]
    rules.sort(key=lambda line: (-line.alarms, line.rule))
    return Share(sessions=len(watched), room_hours=round(hours, 3), rules=rules)


def _watched_us(row: Happening, since_us: int, until_us: int) -> int | None:
    """How much of a session lies in the time that is asked for; None where nothing does."""
    end = until_us if row.ended_us is None else min(row.ended_us, until_us)
    if row.started_us > until_us or end < since_us:
        return None
    return max(0, end - max(row.started_us, since_us))


def _alarms(rows: list[Happening]) -> Iterator[_Seen]:
    found: dict[str, _Seen] = {}
    for row in rows:
        if row.alarm is None or row.rule is None:
            continue
        seen = found.setdefault(row.alarm, _Seen(row.rule, row.at_us, row.label))
        if row.acknowledged and seen.acknowledged_us is None:
            seen.acknowledged_us = row.at_us
    yield from found.values()


def _of(rule: str, alarms: list[_Seen], hours: float) -> RuleNuisance:
    labels = [seen.label for seen in alarms]
    waits = [
        (seen.acknowledged_us - seen.began_us) / _US_PER_S
        for seen in alarms
        if seen.acknowledged_us is not None
    ]
    counts = {label: labels.count(label) for label in Label}
    return RuleNuisance(
        rule=rule,
        alarms=len(alarms),
        real=counts[Label.REAL],
        artefact=counts[Label.ARTEFACT],
        expected=counts[Label.EXPECTED],
        unlabelled=len(alarms) - sum(counts.values()),
        per_room_hour=round(len(alarms) / hours, 3) if hours > 0 else None,
        seconds_to_acknowledge=round(median(waits), 1) if waits else None,
    )

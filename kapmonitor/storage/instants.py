"""Instants in the record: UTC for people, and beside it the monotonic clock for durations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from kapmonitor.model import Moment

Row = Mapping[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SECOND_US = 1_000_000


class Instant(NamedTuple):
    """Microseconds of UTC since 1970, and UTC minus the monotonic clock; `kind` of the entry, if it is one's.

    The offset changes where the machine's clock was set, and where the machine was started anew.
    """

    t_us: int
    mono_offset_us: int
    kind: str = ""


def to_us(utc: datetime) -> int:
    """UTC as microseconds since 1970, exactly."""
    return (utc - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The inverse of `to_us`."""
    return _EPOCH + timedelta(microseconds=us)


def instant(moment: Moment) -> Instant:
    """A moment as it is recorded."""
    t_us = to_us(moment.utc)
    return Instant(t_us, t_us - round(moment.at * _SECOND_US))


def away_s(last: Instant, moment: Moment) -> float:
    """Seconds from `last` to `moment` in another run of the service; a clock that was set back: 0."""
    return max(0, to_us(moment.utc) - last.t_us) / _SECOND_US


def laid_out(instants: Sequence[Instant], moment: Moment) -> list[Moment]:
    """`instants` in their order on the clock of `moment`; the last is the last that was known then.

    What lies between two of one run of the service is measured by the monotonic clock, which nobody sets.
    Over a restart, which leaves a `Gap` entry, only UTC can tell; there a clock that was set back counts as
    no time at all.
    """
    before = away_s(instants[-1], moment)
    found: list[Moment] = []
    for number in range(len(instants) - 1, -1, -1):
        found.append(Moment(moment.at - before, from_us(instants[number].t_us)))
        if number:
            before += _between_us(instants[number - 1], instants[number]) / _SECOND_US
    return found[::-1]


def _between_us(earlier: Instant, later: Instant) -> int:
    utc = later.t_us - earlier.t_us
    measured = utc - (later.mono_offset_us - earlier.mono_offset_us)
    return max(0, utc) if later.kind == "gap" or measured < 0 else measured

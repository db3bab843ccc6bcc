"""When things happened in a session, in microseconds of UTC as the record has them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from kapmonitor.model import Origin
from kapmonitor.session.entries import Dose, Entry
from kapmonitor.session.history import History
from kapmonitor.session.record import happened
from kapmonitor.session.session import given_at

SECOND_US = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_us(utc: datetime) -> int:
    """An instant as microseconds since 1970, exactly."""
    return (utc - _EPOCH) // _MICROSECOND


def from_us(us: int) -> datetime:
    """The inverse of `to_us`."""
    return _EPOCH + timedelta(microseconds=us)


def iso(us: int) -> str:
    """ISO 8601 in UTC with microseconds: `2026-11-21T14:32:07.125000Z`."""
    return from_us(us).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def iso_all(us: NDArray[np.int64]) -> list[str]:
    """`iso` of many."""
    return [f"{text}Z" for text in np.datetime_as_string(us.astype("datetime64[us]")).tolist()]


def when(entry: Entry) -> int:
    """When it happened that was entered, which may be before it was entered."""
    return to_us(happened(entry.what) or entry.moment.utc)


def first_dose(history: History) -> int | None:
    """When the first dose was given; None where none was."""
    given = [
        (given_at(entry.moment, entry.what), when(entry))
        for entry in history.session.entries
        if isinstance(entry.what, Dose)
    ]
    return min(given)[1] if given else None


def ends(history: History) -> tuple[int, int]:
    """The first and the last instant of which the record says anything."""
    times = list(_all(history))
    return min(times), max(times)


def _all(history: History) -> Iterable[int]:
    yield to_us(history.session.started.utc)
    yield from (when(entry) for entry in history.session.entries)
    yield from (to_us(line.t) for line in history.alarms)
    for one in history.unrecorded:
        yield from (to_us(one.since), to_us(one.until))
    for series in history.numerics.values():
        if len(series.t_us):
            yield from (int(series.t_us.min()), int(series.t_us.max()))
    for blocks in history.waves.values():
        yield from (block.t_us for block in blocks)


def synthetic(history: History) -> bool:
    """Whether nobody was treated: simulated or replayed data, or an exercise."""
    return history.session.drill or history.origin in (Origin.SIMULATED, Origin.REPLAY)

"""Hours of one quantity reduced to what a screen can show: the lowest and the highest of each bucket.

The database hands on few and long rows: one for each heading, with all of its seconds in it. To fetch each
second as a row of its own takes several times as long as to read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Dialect, LargeBinary, Select, Text, cast, func, literal, select

from kapmonitor.session.history import Trend
from kapmonitor.storage.instants import from_us
from kapmonitor.storage.numerics import as_written, columns_of
from kapmonitor.storage.tables import numeric


class Part(NamedTuple):
    """All seconds of one heading: their buckets, with commas between them, and their data, without any."""

    heading: int
    places: str
    data: bytes


def parts(dialect: Dialect, name: str, since_us: int, until_us: int, buckets: int) -> Select[int, str, bytes]:
    """The parts of a session from `since_us` on and before `until_us`, in so many equal buckets."""
    t_us = numeric.c.t_us
    place = cast((t_us - since_us) * buckets // (until_us - since_us), Text)
    return (
        select(numeric.c.heading, func.aggregate_strings(place, ","), _joined(dialect))
        .where(numeric.c.session == name, t_us >= since_us, t_us < until_us)
        .group_by(numeric.c.heading)
    )


def _joined(dialect: Dialect) -> ColumnElement[bytes]:
    """All data in one piece. SQLite joins texts only; to call bytes a text and back changes none of them."""
    data = numeric.c.data
    if dialect.name == "sqlite":
        return cast(func.group_concat(cast(data, Text), ""), LargeBinary)
    return func.string_agg(data, literal(b"", LargeBinary), type_=LargeBinary)


def reduced(
    quantity: str,
    found: Iterable[Part],
    headings: Mapping[int, str],
    since_us: int,
    until_us: int,
    buckets: int,
) -> Trend:
    """`found` in so many equal parts of the time from `since_us` to `until_us`; an empty part stays empty."""
    low, high, unit = np.full(buckets, np.nan), np.full(buckets, np.nan), ""
    for part in found:
        columns = columns_of(headings.get(part.heading, "[]"))
        for place, column in enumerate(columns):
            if column.quantity == quantity:
                unit = column.unit
                numbers = _numbers(part.data, len(columns), place)
                places = np.fromstring(part.places, np.int64, sep=",")
                np.fmin.at(low, places, numbers)
                np.fmax.at(high, places, numbers)
    return Trend(
        quantity=quantity,
        unit=unit,
        since=from_us(since_us),
        until=from_us(until_us),
        low=_told(low),
        high=_told(high),
    )


def _numbers(data: bytes, columns: int, place: int) -> NDArray[np.float64]:
    """Of each second the number as it was read; where there is none, as it was shown."""
    numbers = as_written(np.frombuffer(data, "<f4").reshape(-1, columns, 2)[:, place, :])
    shown, raw = numbers[:, 0], numbers[:, 1]
    return np.where(np.isnan(raw), shown, raw)


def _told(numbers: NDArray[np.float64]) -> list[float | None]:
    return [number if isfinite(number) else None for number in numbers.tolist()]

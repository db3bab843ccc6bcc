"""Hours of one quantity reduced to what a screen can show: the lowest and the highest of each bucket."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from kapmonitor.session.history import Series, Trend
from kapmonitor.storage.instants import from_us


def reduced(quantity: str, found: Series | None, since_us: int, until_us: int, buckets: int) -> Trend:
    """`found` in so many equal parts of the time from `since_us` to `until_us`; an empty part stays empty."""
    low, high = np.full(buckets, np.inf), np.full(buckets, -np.inf)
    if found is not None:
        numbers = np.where(np.isnan(found.raw), found.value, found.raw)
        places = (found.t_us - since_us) * buckets // (until_us - since_us)
        there = ~np.isnan(numbers) & (places >= 0) & (places < buckets)
        np.minimum.at(low, places[there], numbers[there])
        np.maximum.at(high, places[there], numbers[there])
    return Trend(
        quantity=quantity,
        unit="" if found is None else found.unit,
        since=from_us(since_us),
        until=from_us(until_us),
        low=_told(low),
        high=_told(high),
    )


def _told(numbers: NDArray[np.float64]) -> list[float | None]:
    return [number if np.isfinite(number) else None for number in numbers.tolist()]

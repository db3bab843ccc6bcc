"""The battery of a simulated device: what is left in it."""

from __future__ import annotations

from math import ceil
from random import Random

from simulators.events import EventKind
from simulators.physiology import Body

LOW_UNDER = 20
"""The charge, in %, below which a device that only knows low from not low says that it is low."""
_SECONDS_PER_PERCENT = 1800.0


class Battery:
    """One battery, which nothing fills: by time and by the script there is less and less in it."""

    def __init__(self, body: Body, kind: EventKind, seed: int) -> None:
        """`kind`: the event of `body`'s script that draws it down; `seed` decides how full it is at first."""
        self._body = body
        self._kind: EventKind = kind
        self._charge = Random(seed).uniform(60.0, 100.0)  # noqa: S311 - repeatable is what is wanted here
        self._seen_at: float | None = None

    def left(self, now: float) -> int:
        """The charge at `now` (clock seconds), in %; 1 at the least, as an empty one tells nothing."""
        since = now if self._seen_at is None else self._seen_at
        drained = self._charge - (now - since) / _SECONDS_PER_PERCENT
        self._charge = max(1.0, min(drained, self._body.least(self._kind, now)))
        self._seen_at = now
        return ceil(self._charge)

    def low(self, now: float) -> bool:
        """Whether it is low, where a device has no more words for it."""
        return self.left(now) < LOW_UNDER

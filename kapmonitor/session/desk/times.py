"""Times that people type in: not ahead, not before anything could have been. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment, rfc3339

AHEAD = timedelta(seconds=60)
"""By so much a watch may be fast."""
LONG_AGO = timedelta(hours=12)


def past(when: datetime | None, moment: Moment, what: str) -> datetime | None:
    """`when`, which must lie within the last 12 hours and have a time zone; now, where it is a little ahead.

    Raises:
        RefusedError: it does not; the text says what would be right.
    """
    if when is None:
        return None
    if when.tzinfo is None:
        raise RefusedError(f"{what}: the time needs its zone, as in {rfc3339(moment.utc)}.")
    said = when.isoformat(timespec="milliseconds")  # as it was sent: the year 1 has no other zone
    if when > moment.utc + AHEAD:
        raise RefusedError(f"{what}: {said} has not come yet; it is {rfc3339(moment.utc)} now.")
    if when < moment.utc - LONG_AGO:
        raise RefusedError(f"{what}: {said} is more than 12 hours ago; write a note instead.")
    return min(when, moment.utc)

"""Times as the report prints them: in the site's zone, to the second. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SECOND_US = 1_000_000


def to_us(utc: datetime) -> int:
    """Microseconds since 1970, exactly."""
    return (utc - _EPOCH) // _MICROSECOND


def from_us(t_us: int) -> datetime:
    """The same the other way round."""
    return _EPOCH + t_us * _MICROSECOND


class Local:
    """Clock times in `zone`; the day stands with a time that is not of the day when the session began."""

    def __init__(self, zone: tzinfo, started: datetime) -> None:
        """`started`: UTC."""
        self._zone = zone
        self._day = started.astimezone(zone).date()

    def full(self, when: datetime) -> str:
        """Day, time and zone: `2026-11-21 14:32:07 CET`."""
        return f"{when.astimezone(self._zone):%Y-%m-%d %H:%M:%S %Z}"

    def time(self, when: datetime) -> str:
        """`14:32:07`, or `11-22 00:01:07` on another day."""
        local = when.astimezone(self._zone)
        return f"{local:%H:%M:%S}" if local.date() == self._day else f"{local:%m-%d %H:%M:%S}"

    def short(self, when: datetime) -> str:
        """`14:32`, for the axis of a trend."""
        return f"{when.astimezone(self._zone):%H:%M}"

    def ts(self, ts: str) -> str:
        """The same as `time`, of RFC 3339."""
        return self.time(datetime.fromisoformat(ts))

    def hour_us(self, t_us: int, every_us: int) -> int:
        """The first instant from `t_us` on whose local time is a whole multiple of `every_us`."""
        offset = from_us(t_us).astimezone(self._zone).utcoffset() or timedelta()
        shift = offset // _MICROSECOND
        return -(-(t_us + shift) // every_us) * every_us - shift


def lasted(seconds: float) -> str:
    """`42 s`, `3 min 05 s`, `2 h 03 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - a minute
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:  # noqa: PLR2004 - an hour
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"

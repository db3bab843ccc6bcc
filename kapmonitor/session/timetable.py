"""When the next cuff reading is due: a table of intervals per route and phase, and what has been measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kapmonitor.errors import ConfigError
from kapmonitor.model import Phase, Route


class RouteTable(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One route's row of `config/routes.toml`: minutes between cuff readings, for phases that ask for any."""

    route: Route
    cuff_every_min: Mapping[Phase, float]

    def interval_s(self, phase: Phase) -> float | None:
        """Seconds between two readings in `phase`; None where none is asked for."""
        minutes = self.cuff_every_min.get(phase)
        return None if minutes is None else minutes * 60


class Timetable:
    """The cuff readings of one session. Times are monotonic seconds."""

    def __init__(self, table: RouteTable) -> None:
        """Nothing was measured, no phase was entered."""
        self._table = table
        self._interval_s: float | None = None
        self._base = 0.0

    def enter(self, phase: Phase, now: float) -> None:
        """Another phase: the first reading in it is due one of its intervals from now."""
        self._interval_s = self._table.interval_s(phase)
        self._base = now

    def resume(self, phase: Phase, due: float | None, now: float) -> None:
        """Go on after a restart, with what was due then."""
        self.enter(phase, now)
        if due is not None and self._interval_s is not None:
            self._base = due - self._interval_s

    def measured(self, now: float) -> None:
        """A reading was taken."""
        self._base = now

    @property
    def interval_s(self) -> float:
        """Seconds between two readings now; 0 where none is asked for."""
        return self._interval_s or 0.0

    @property
    def due(self) -> float | None:
        """When the next reading is due; None where none is asked for."""
        return None if self._interval_s is None else self._base + self._interval_s


def parse_routes(rows: Iterable[Mapping[str, Any]], where: str = "routes") -> dict[Route, RouteTable]:
    """Rows of a TOML file, by route.

    Raises:
        ConfigError: a row is not a route's, a route is missing, or an interval is not above 0.
    """
    found: dict[Route, RouteTable] = {}
    mistakes: list[str] = []
    for number, row in enumerate(rows, start=1):
        name = row.get("route", f"row {number}")
        try:
            table = msgspec.convert(row, RouteTable)
        except msgspec.ValidationError as error:
            mistakes.append(f"{where}: route {name!r}: {error}")
            continue
        found[table.route] = table
        wrong = [phase for phase, minutes in table.cuff_every_min.items() if not minutes > 0]
        mistakes += [f"{where}: route {name!r}: cuff_every_min.{phase} must be above 0" for phase in wrong]
    mistakes += [
        f"{where}: route {route.value!r} is missing; add it" for route in Route if route not in found
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return found

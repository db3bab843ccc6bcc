"""One route's row of `config/routes.toml`: how long its phases last and when the cuff measures. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from kapmonitor.errors import ConfigError
from kapmonitor.model import Phase, Route


class RouteTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a route of administration asks for; all times in minutes.

    `cuff_every_min`: the standard preset, per phase; `calm_every_min`: in recovery, once two readings in a
    row are near the baseline. `quiet_at_min`: the quiet preset, minutes after the last dose.
    `mandatory_at_min`: readings that no preset leaves out, each `mandatory_within_min` early or late.
    Onset lasts `onset_min` and peak until `peak_min`, both from the last dose; with an infusion peak lasts
    until `peak_after_infusion_min` after its end. Nobody leaves before `observe_min` after the first dose
    without a reason. A session open for longer than `longest_min` was forgotten.
    """

    route: Route
    cuff_every_min: Mapping[Phase, float]
    onset_min: float
    peak_min: float
    observe_min: float
    calm_every_min: float = 30.0
    quiet_at_min: tuple[float, ...] = (10.0, 20.0, 40.0, 60.0)
    mandatory_at_min: tuple[float, ...] = ()
    mandatory_within_min: float = 5.0
    peak_after_infusion_min: float = 15.0
    longest_min: float = 480.0

    def interval_s(self, phase: Phase) -> float | None:
        """Seconds between two readings in `phase` with the standard preset; None where none is asked for."""
        minutes = self.cuff_every_min.get(phase)
        return None if minutes is None else minutes * 60

    def mistakes(self) -> Iterator[str]:
        """What is wrong with its times: key, and what would be right."""
        for phase, minutes in self.cuff_every_min.items():
            if not 0 < minutes <= LONGEST_INTERVAL_MIN:
                yield f"cuff_every_min.{phase} must be above 0 and at most {LONGEST_INTERVAL_MIN:g}"
        if not 0 < self.onset_min < self.peak_min:
            yield "onset_min must be above 0 and below peak_min"
        if not self.peak_min <= self.observe_min <= self.longest_min:
            yield "observe_min must lie between peak_min and longest_min"
        for key in ("calm_every_min", "mandatory_within_min", "peak_after_infusion_min"):
            if not 0 < getattr(self, key) <= LONGEST_INTERVAL_MIN:
                yield f"{key} must be above 0 and at most {LONGEST_INTERVAL_MIN:g}"
        for key in ("quiet_at_min", "mandatory_at_min"):
            times = getattr(self, key)
            if list(times) != sorted(set(times)) or any(minutes <= 0 for minutes in times):
                yield f"{key} must rise from a number above 0"


LONGEST_INTERVAL_MIN = 60.0


def parse_routes(rows: Iterable[Mapping[str, Any]], where: str = "routes") -> dict[Route, RouteTable]:
    """Rows of a TOML file, by route.

    Raises:
        ConfigError: a row is not a route's, a route is missing, or its times make no sense.
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
        if table.route in found:
            mistakes.append(f"{where}: route {name!r} stands there twice; keep one")
        found[table.route] = table
        mistakes += [f"{where}: route {name!r}: {mistake}" for mistake in table.mistakes()]
    mistakes += [
        f"{where}: route {route.value!r} is missing; add it" for route in Route if route not in found
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return found

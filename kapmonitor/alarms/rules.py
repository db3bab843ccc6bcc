"""Alarm rules as data: one row of `config/alarms.toml` is one rule.

`alarm` names the hazard (a vital and a direction, or a technical cause), `rule` one tier of it; tiers rise
with `tier`. Limits are in the quantity's unit, times in seconds. Limits, delays and clearing values follow
docs/alarms.md, where the evidence for each is named; a site changes them within `bounds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any, Literal

import msgspec

from kapmonitor.errors import ConfigError
from kapmonitor.model import Phase

Operator = Literal["<", "<=", ">", ">="]
PageWhen = Literal["at-once", "after-3-min", "never", "by-priority"]
"""`by-priority`: high at once, medium after 3 minutes unacknowledged, low never."""

MONITORED = (Phase.READY, Phase.ONSET, Phase.PEAK, Phase.RECOVERY, Phase.DISCHARGE, Phase.ABORTED)
"""The phases in which absolute limits hold: from the confirmed baseline to the signed discharge."""


RATES = ("heart_rate", "pulse_rate")
"""What the vital `rate` stands for: the strap's heart rate before the oximeter's pulse rate."""


class Priority(StrEnum):
    """IEC 60601-1-8: low = awareness, medium = prompt response, high = immediate response."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 low, 1 medium, 2 high: what `<` on the words would get wrong."""
        return _RANK[self]


_RANK = {Priority.LOW: 0, Priority.MEDIUM: 1, Priority.HIGH: 2}


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every rule has. `priority` is the tier's; a ladder's rows have their own."""

    alarm: str
    rule: str
    tier: int
    priority: Priority
    text: str
    advice: str
    latch: bool = False
    page: PageWhen = "never"
    phases: tuple[Phase, ...] = MONITORED
    source: str = ""
    reviewed_by: str = ""


class ThresholdRule(Row, frozen=True, kw_only=True, tag="threshold"):
    """Raised when `vital` `op` `limit` for `delay_s`; over when `vital` `clear_op` `clear` for `hold_s`.

    `vital` is a quantity, or `rate`: the heart rate by whatever source has one. With a same-day baseline
    below `limit` + 10 the limit of a `<` rule follows it: `max(baseline - baseline_margin, baseline_floor)`,
    and the clearing value keeps its distance.
    """

    vital: str
    op: Operator
    limit: float
    delay_s: float
    clear_op: Operator
    clear: float
    hold_s: float
    bounds: tuple[float, float]
    baseline_margin: float | None = None
    baseline_floor: float = 0.0

    @property
    def quantities(self) -> tuple[str, ...]:
        """The quantities that `vital` stands for."""
        return RATES if self.vital == "rate" else (self.vital,)


class PressureRule(Row, frozen=True, kw_only=True, tag="pressure"):
    """Judged once for each valid cuff measurement: either pressure at or above its limit raises.

    Over when both pressures were below their clearing values on `clear_readings` measurements in a row.
    """

    systolic: float
    diastolic: float
    clear_systolic: float
    clear_diastolic: float
    clear_readings: int = 1
    systolic_bounds: tuple[float, float]
    diastolic_bounds: tuple[float, float]


class Rung(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step of a ladder: after `after_s` without data the alarm has this priority, in these phases."""

    after_s: float
    priority: Priority
    phases: tuple[Phase, ...] = MONITORED


class UnavailableRule(Row, frozen=True, kw_only=True, tag="unavailable"):
    """A technical alarm: no valid value of `vital` for as long as the ladder says; over with the next one."""

    vital: str
    ladder: tuple[Rung, ...]


Rule = ThresholdRule | PressureRule | UnavailableRule


class RuleSet(msgspec.Struct, frozen=True):
    """All rules, tiers of one hazard together and rising."""

    rules: tuple[Rule, ...]

    @property
    def hazards(self) -> dict[str, tuple[Rule, ...]]:
        """The tiers of each hazard, lowest first."""
        names = dict.fromkeys(rule.alarm for rule in self.rules)
        return {name: self.tiers(name) for name in names}

    def tiers(self, alarm: str) -> tuple[Rule, ...]:
        """The tiers of one hazard, lowest first."""
        return tuple(sorted((r for r in self.rules if r.alarm == alarm), key=lambda r: r.tier))

    @property
    def limits(self) -> dict[str, list[float]]:
        """The threshold limits of each quantity, as they stand in the rules, in no particular order."""
        found: dict[str, list[float]] = {}
        for rule in self.rules:
            if isinstance(rule, ThresholdRule):
                for quantity in rule.quantities:
                    found.setdefault(quantity, []).append(rule.limit)
        return found

    def with_limits(self, changes: Mapping[str, Mapping[str, Any]]) -> RuleSet:
        """The same set with some columns of some rules changed.

        Raises:
            ConfigError: an unknown rule or column, or a value that does not fit; every mistake is named.
        """
        rows = {rule.rule: msgspec.to_builtins(rule) for rule in self.rules}
        unknown = [f"limits: there is no rule {name!r}; rules are {', '.join(rows)}"
                   for name in changes if name not in rows]  # fmt: skip
        if unknown:
            raise ConfigError(unknown)
        return parse({**row, **changes.get(name, {})} for name, row in rows.items())


def parse(rows: Iterable[Mapping[str, Any]], where: str = "alarms") -> RuleSet:
    """Rows of a TOML file as a rule set.

    Raises:
        ConfigError: a row is not a rule, names an unknown vital, or breaks its bounds or its tiers.
    """
    rules: list[Rule] = []
    mistakes: list[str] = []
    for number, row in enumerate(rows, start=1):
        name = row.get("rule", f"row {number}")
        try:
            rules.append(msgspec.convert(row, Rule))
        except msgspec.ValidationError as error:
            mistakes.append(f"{where}: rule {name!r}: {error}")
    mistakes += [f"{where}: {mistake}" for mistake in _contradictions(rules)]
    if mistakes:
        raise ConfigError(mistakes)
    return RuleSet(tuple(rules))


def _contradictions(rules: list[Rule]) -> list[str]:
    found = [_bounds(rule) for rule in rules] + [_order(rule) for rule in rules]
    names = [rule.rule for rule in rules]
    found += [f"rule {name!r} stands there twice; keep one" for name in set(names) if names.count(name) > 1]
    return [mistake for mistake in found if mistake]


def _bounds(rule: Rule) -> str:
    for key, value, (low, high) in _bounded(rule):
        if not low <= value <= high:
            return f"rule {rule.rule!r}: {key} = {value:g} is outside {low:g}..{high:g}; choose one inside"
    return ""


def _bounded(rule: Rule) -> list[tuple[str, float, tuple[float, float]]]:
    match rule:
        case ThresholdRule():
            return [("limit", rule.limit, rule.bounds)]
        case PressureRule():
            return [
                ("systolic", rule.systolic, rule.systolic_bounds),
                ("diastolic", rule.diastolic, rule.diastolic_bounds),
            ]
        case UnavailableRule():
            return []


def _order(rule: Rule) -> str:
    wrong = _never_over(rule)
    return f"rule {rule.rule!r}: {wrong}; it could never be over" if wrong else ""


def _never_over(rule: Rule) -> str:
    match rule:
        case ThresholdRule():
            beyond = rule.clear < rule.limit if rule.op.startswith("<") else rule.clear > rule.limit
            return f"clear = {rule.clear:g} lies beyond limit = {rule.limit:g}" if beyond else ""
        case PressureRule():
            above = rule.clear_systolic > rule.systolic or rule.clear_diastolic > rule.diastolic
            return "a clearing pressure lies above its limit" if above else ""
        case UnavailableRule():
            steps = [rung.after_s for rung in rule.ladder]
            return "" if steps and steps == sorted(steps) else "the ladder needs rungs with rising after_s"

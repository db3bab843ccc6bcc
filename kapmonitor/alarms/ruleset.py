"""All rules of a site together: read from rows, checked against each other, changed within their bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kapmonitor.alarms.kinds import Rule
from kapmonitor.errors import ConfigError


class RuleSet(msgspec.Struct, frozen=True):
    """All rules, in the order of the file."""

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
        """The fixed limits of each quantity, as they stand in the rules, in no particular order."""
        found: dict[str, list[float]] = {}
        for rule in self.rules:
            for quantity, limit in rule.limits().items():
                found.setdefault(quantity, []).append(limit)
        return found

    def with_limits(self, changes: Mapping[str, Mapping[str, Any]]) -> RuleSet:
        """The same set with some columns of some rules changed.

        Raises:
            ConfigError: an unknown rule or column, or a value that does not fit; every mistake is named.
        """
        rows = {rule.rule: msgspec.to_builtins(rule) for rule in self.rules}
        names = ", ".join(rows)
        unknown = [
            f"limits: there is no rule {name!r}; rules are {names}" for name in changes if name not in rows
        ]
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
    for rule in rules:
        mistakes += [f"{where}: {mistake}" for mistake in rule.mistakes()]
    mistakes += [f"{where}: {mistake}" for mistake in _contradictions(rules)]
    if mistakes:
        raise ConfigError(mistakes)
    return RuleSet(tuple(rules))


def _contradictions(rules: list[Rule]) -> list[str]:
    names = [rule.rule for rule in rules]
    found = [f"rule {name!r} stands there twice; keep one" for name in set(names) if names.count(name) > 1]
    places = [(rule.alarm, rule.tier) for rule in rules]
    found += [
        f"alarm {alarm!r}: two rules are tier {tier}; tiers must rise from rule to rule"
        for alarm, tier in set(places)
        if places.count((alarm, tier)) > 1
    ]
    return found

"""All rules of a site together: read from rows, checked against each other, changed within their bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from kapmonitor.alarms.kinds import Rule
from kapmonitor.alarms.proofs import contradictions
from kapmonitor.alarms.rows import read
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
        known = ", ".join(rows)
        mistakes = [
            f"limits: there is no rule {name!r}; rules are {known}" for name in changes if name not in rows
        ]
        try:
            changed = parse({**row, **changes.get(name, {})} for name, row in rows.items())
        except ConfigError as error:
            raise ConfigError(mistakes + error.mistakes) from None
        if mistakes:
            raise ConfigError(mistakes)
        return changed


def parse(rows: Iterable[Mapping[str, Any]], where: str = "alarms") -> RuleSet:
    """Rows of a TOML file as a rule set.

    Raises:
        ConfigError: every row that is not a rule, limit out of bounds, rule that could never be raised or be
            over, and tier out of order, each with its column and what would be right.
    """
    rules: list[Rule] = []
    mistakes: list[str] = []
    for number, row in enumerate(rows, start=1):
        name = row.get("rule", f"row {number}")
        rule, wrong = read(row)
        mistakes += [f"rule {name!r}: {each}" for each in wrong]
        if rule is not None:
            rules.append(rule)
            mistakes += rule.mistakes()
    found = RuleSet(tuple(rules))
    mistakes += contradictions(found.rules, found.hazards)
    if mistakes:
        raise ConfigError([f"{where}: {mistake}" for mistake in mistakes])
    return found

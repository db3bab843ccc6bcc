"""All rules of a site together: read from rows, checked against each other, changed within their bounds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import msgspec

from kapmonitor.alarms.kinds import Rule, ThresholdRule
from kapmonitor.errors import ConfigError
from kapmonitor.quantities import QUANTITIES


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


ONLY_HERE_ENDS = frozenset({"help", "pulse-lost", "sedation", "symptom"})
"""Alarms that end only with somebody at the patient, and that nobody can switch off, in any site."""


def _contradictions(rules: list[Rule]) -> list[str]:
    names = [rule.rule for rule in rules]
    found = [f"rule {name!r} stands there twice; keep one" for name in set(names) if names.count(name) > 1]
    places = [(rule.alarm, rule.tier) for rule in rules]
    found += [
        f"alarm {alarm!r}: two rules are tier {tier}; tiers must rise from rule to rule"
        for alarm, tier in set(places)
        if places.count((alarm, tier)) > 1
    ]
    found += [
        f"rule {rule.rule!r}: needs needs_here = true; nobody may switch {rule.alarm!r} off"
        for rule in rules
        if rule.alarm in ONLY_HERE_ENDS and not rule.needs_here
    ]
    hazards = RuleSet(tuple(rules)).hazards.values()
    return found + [mistake for tiers in hazards for mistake in _order(tiers)]


BASELINES: Mapping[str, range] = {"spo2": range(85, 101), "heart_rate": range(40, 111)}
"""The same-day baselines for which tiers must be in order and alarms able to end."""


def _order(tiers: tuple[Rule, ...]) -> Iterator[str]:
    """Tiers of thresholds that do not rise, or that could never be over, for some baseline."""
    thresholds = [rule for rule in tiers if isinstance(rule, ThresholdRule)]
    for rule in thresholds:
        yield from _never_over(rule)
    for lower, higher in pairwise(thresholds):
        if lower.op[0] != higher.op[0]:
            yield f"alarm {lower.alarm!r}: {lower.rule!r} and {higher.rule!r} look in opposite directions"
        else:
            yield from _not_rising(lower, higher)


def _not_rising(lower: ThresholdRule, higher: ThresholdRule) -> Iterator[str]:
    for baseline in _baselines(lower):
        low, high = lower.effective(baseline), higher.effective(baseline)
        if (high > low) if lower.op.startswith("<") else (high < low):
            detail = f"{higher.rule!r} at {high:g} would come before {lower.rule!r} at {low:g}"
            where = "" if baseline is None else f" with a baseline of {baseline:g}"
            yield f"alarm {lower.alarm!r}: {detail}{where}; tiers must rise"
            return


def _never_over(rule: ThresholdRule) -> Iterator[str]:
    row = QUANTITIES.get(rule.quantities()[0])
    for baseline in _baselines(rule):
        clear = rule.effective(baseline) + rule.clear - rule.limit
        if row is not None and not row.possible(clear):
            yield f"rule {rule.rule!r}: clear = {clear:g} is no possible value; it could never be over"
            return


def _baselines(rule: ThresholdRule) -> list[float | None]:
    return [None, *BASELINES.get(rule.quantities()[0], ())]

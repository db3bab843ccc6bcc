"""What has to hold between rules: one alarm is about one thing, and its tiers rise, whatever the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise

from kapmonitor.alarms import bounds
from kapmonitor.alarms.kinds import (
    CumulativeRule,
    LowPressureRule,
    PressureRule,
    PressureWithSymptomsRule,
    Rule,
    ThresholdRule,
    UnavailableRule,
    WeakRule,
)

PRESSURES = ("systolic", "diastolic")
ONLY_HERE_ENDS = frozenset({"help", "pulse-lost", "sedation", "symptom"})
"""Alarms that end only with somebody at the patient, and that nobody can switch off, in any site."""


def contradictions(rules: Sequence[Rule], hazards: Mapping[str, Sequence[Rule]]) -> Iterator[str]:
    """What is wrong between rules that are each well formed; `hazards` have their tiers, lowest first."""
    for name, count in Counter(rule.rule for rule in rules).items():
        if count > 1:
            yield f"rule {name!r} stands there twice; keep one"
    for (alarm, tier), count in Counter((rule.alarm, rule.tier) for rule in rules).items():
        if count > 1:
            yield f"alarm {alarm!r}: two rules are tier {tier}; tiers must rise from rule to rule"
    for rule in rules:
        if rule.alarm in ONLY_HERE_ENDS and not rule.needs_here:
            yield f"rule {rule.rule!r}: needs needs_here = true; nobody may switch {rule.alarm!r} off"
    yield from _spoken_for(rules)
    for alarm, tiers in hazards.items():
        for mistake in (*_one_thing(tiers), *_priorities(tiers), *_order(tiers)):
            yield f"alarm {alarm!r}: {mistake}"


def _spoken_for(rules: Sequence[Rule]) -> Iterator[str]:
    speakers = [each.rule for each in rules if isinstance(each, UnavailableRule) and each.nothing_ladder]
    for rule in rules:
        if isinstance(rule, UnavailableRule) and rule.yields_to:
            others = [name for name in speakers if name != rule.rule]
            if rule.yields_to not in others:
                known = ", ".join(others) or "none"
                given = f"yields_to = {rule.yields_to!r} does not speak for both"
                yield f"rule {rule.rule!r}: {given}; rules with a nothing_ladder are {known}"


def _one_thing(tiers: Sequence[Rule]) -> Iterator[str]:
    for lower, higher in pairwise(tiers):
        if lower.subject() != higher.subject():
            both = f"{lower.rule!r} ({lower.subject()}) and {higher.rule!r} ({higher.subject()})"
            yield f"{both} are not about the same thing in the same direction; give each an alarm of its own"


def _priorities(tiers: Sequence[Rule]) -> Iterator[str]:
    for lower, higher in pairwise(tiers):
        if higher.priority.rank < lower.priority.rank:
            fall = f"{higher.rule!r} is {higher.priority}, below {lower.rule!r} with {lower.priority}"
            yield f"{fall}; priority must not fall from tier to tier"


def _order(tiers: Sequence[Rule]) -> Iterator[str]:
    """Tiers that do not rise, for some baseline."""
    yield from _thresholds([rule for rule in tiers if isinstance(rule, ThresholdRule)])
    for lower, higher in combinations(tiers, 2):
        if isinstance(lower, ThresholdRule) and isinstance(higher, CumulativeRule | WeakRule):
            yield from _clear_of(lower, higher)
        if isinstance(lower, PressureRule):
            for key in PRESSURES:
                yield from _pressures(lower, higher, key)
        if isinstance(lower, LowPressureRule) and isinstance(higher, LowPressureRule):
            yield from _low_pressures(lower, higher)


def _thresholds(tiers: Iterable[ThresholdRule]) -> Iterator[str]:
    for lower, higher in pairwise(tiers):
        if lower.subject() != higher.subject():
            continue
        for baseline in lower.baselines():
            low, high = lower.effective(baseline), higher.effective(baseline)
            if (high > low) if lower.guards_low() else (high < low):
                yield _before(higher.rule, high, lower.rule, low, baseline)
                break


def _clear_of(lower: ThresholdRule, higher: CumulativeRule | WeakRule) -> Iterator[str]:
    """What ends the lower tier must not count for the higher one."""
    over = higher.limit > lower.clear if lower.guards_low() else higher.limit < lower.clear
    if over and lower.subject() == higher.subject():
        ended = f"limit = {higher.limit:g} of {higher.rule!r} lies beyond clear = {lower.clear:g}"
        yield f"{ended} of {lower.rule!r}; what is over for one tier must not count for a higher one"


def _pressures(lower: PressureRule, higher: Rule, key: str) -> Iterator[str]:
    """The lower tier's pressure comes first: for every baseline, or, where only it follows one, for some.

    A rise above a high baseline may come behind a fixed limit, which then says all there is to say. With a
    symptom a lower pressure is as bad; it must not need a higher one.
    """
    if isinstance(higher, PressureWithSymptomsRule):
        if not lower.relative and lower.priority is higher.priority:
            yield from _sooner(lower, higher, key)
        return
    if not isinstance(higher, PressureRule):
        return
    low, high, least = _limit(lower, key), _limit(higher, key), bounds.BASELINES[key][0]
    if lower.relative and not higher.relative:
        if least + low > high:
            first = f"{lower.rule!r} at baseline + {low:g} {key} would for no baseline come before"
            yield f"{first} {higher.rule!r} at {high:g}; lower it"
    elif higher.relative and not lower.relative:
        if least + high < low:
            yield _before(higher.rule, least + high, lower.rule, low, least, key)
    elif high < low:
        yield _before(higher.rule, high, lower.rule, low, None, key)


def _sooner(lower: PressureRule, symptoms: PressureWithSymptomsRule, key: str) -> Iterator[str]:
    low, high = _limit(lower, key), _limit(symptoms, key)
    if high > low:
        more = f"{symptoms.rule!r} needs {high:g} {key}, more than {lower.rule!r} with {low:g}"
        yield f"{more}; with a symptom a pressure is worse, so lower it to {low:g} or less"


def _limit(rule: PressureRule | PressureWithSymptomsRule, key: str) -> float:
    return rule.systolic if key == "systolic" else rule.diastolic


def _low_pressures(lower: LowPressureRule, higher: LowPressureRule) -> Iterator[str]:
    if higher.limit > lower.limit:
        yield _before(higher.rule, higher.limit, lower.rule, lower.limit, None, "systolic")


def _before(higher: str, high: float, lower: str, low: float, baseline: float | None, key: str = "") -> str:
    detail = " ".join(f"{higher!r} at {high:g} {key}".split())
    where = "" if baseline is None else f" with a baseline of {baseline:g}"
    return f"{detail} would come before {lower!r} at {low:g}{where}; tiers must rise"

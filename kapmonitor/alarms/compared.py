"""Sets of rules side by side: every column in words, and in what one set differs from another. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

import msgspec

from kapmonitor.alarms.kinds import Rule
from kapmonitor.alarms.ruleset import RuleSet

APART = ("kind", "alarm", "rule", "priority", "text")
"""What a line has in places of its own."""


class RuleLine(msgspec.Struct, frozen=True, kw_only=True):
    """One rule for whoever is to sign it; `columns`: all the rest of its row, by the names of the file."""

    alarm: str
    rule: str
    priority: str
    text: str
    columns: Mapping[str, str]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A column that has another value now than `before`; `column` empty: the whole rule came or went."""

    rule: str
    column: str
    before: str
    now: str


def lines(rules: RuleSet) -> tuple[RuleLine, ...]:
    """Every rule, in the order of the file."""
    return tuple(_line(rule) for rule in rules.rules)


def differences(now: RuleSet, before: RuleSet) -> tuple[Difference, ...]:
    """What is not the same in the two, in the order of the file as it is now."""
    new, old = _rows(now), _rows(before)
    return tuple(
        each for name in dict.fromkeys(chain(new, old)) for each in _of(name, new.get(name), old.get(name))
    )


def _of(name: str, new: Mapping[str, str] | None, old: Mapping[str, str] | None) -> Iterator[Difference]:
    if new is None or old is None:
        yield Difference(
            rule=name, column="", before="-" if old is None else "+", now="-" if new is None else "+"
        )
        return
    for column in dict.fromkeys(chain(new, old)):
        before, value = old.get(column, ""), new.get(column, "")
        if before != value:
            yield Difference(rule=name, column=column, before=before, now=value)


def _rows(rules: RuleSet) -> dict[str, dict[str, str]]:
    return {rule.rule: _columns(rule) for rule in rules.rules}


def _columns(rule: Rule) -> dict[str, str]:
    row: dict[str, Any] = msgspec.to_builtins(rule)
    return {name: _words(value) for name, value in row.items() if value is not None and value != ""}


def _line(rule: Rule) -> RuleLine:
    columns = {name: words for name, words in _columns(rule).items() if name not in APART}
    return RuleLine(
        alarm=rule.alarm, rule=rule.rule, priority=rule.priority.value, text=rule.text, columns=columns
    )


def _words(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_words(each) for each in cast("Sequence[object]", value))
    if isinstance(value, dict):
        row = cast("dict[str, object]", value)
        return "; ".join(f"{name} = {_words(each)}" for name, each in row.items())
    return str(value)

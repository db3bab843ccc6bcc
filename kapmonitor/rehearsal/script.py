"""Reads a script: JSON Lines, every line with `at` and one key; all is checked before any of it runs."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

import msgspec

from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.errors import ConfigError
from kapmonitor.model import Route
from kapmonitor.rehearsal.lines import KEYS, Acknowledged, Meant, SessionValue, meant

LONGEST_S = 7 * 86_400.0
"""A longer script is a slip of the pen, and would run for minutes."""
SHORTEST_STEP_S = 0.01
WITHOUT_DATA_S = 600.0
"""How long a rehearsal goes on after the last line, unless the script ends itself (s)."""
_FIXED = ("kind", "alarm", "rule", "tier", "bounds", "systolic_bounds", "diastolic_bounds")
"""Columns that say what a rule is and what a site may choose: nothing that is tried."""


class Act(msgspec.Struct, frozen=True):
    """Line `number` of the file: `what` at `at` (s), and again `every` seconds up to and with `until`."""

    number: int
    at: float
    what: Meant
    every: float = 0.0
    until: float = 0.0

    def times(self) -> Iterator[tuple[float, int, Meant]]:
        """When it says so, each with the line's number."""
        yield self.at, self.number, self.what
        if self.every:
            # Counted, not added up: the ten-thousandth tenth of a second is as exact as the first.
            for nth in range(1, int((self.until - self.at) / self.every + 1e-9) + 1):
                yield round(self.at + nth * self.every, 6), self.number, self.what


class Script(msgspec.Struct, frozen=True):
    """A script that can be played. `rules` have the limits that it tries; `end` (s) belongs to it."""

    route: Route
    rules: RuleSet
    begin: float
    acts: tuple[Act, ...]
    end: float

    def in_order(self) -> Iterator[tuple[float, int, Meant]]:
        """Everything that is said, by time and then by line."""
        once = ((act.at, act.number, act.what) for act in self.acts if not act.every)
        repeated = (act.times() for act in self.acts if act.every)
        return heapq.merge(once, *repeated, key=_when)


def parse(text: Iterable[str], rules: RuleSet, where: str = "script") -> Script:
    """The script in the lines `text`; `rules` are the site's.

    Raises:
        ConfigError: every mistake, with `where`, the line's number and what would be right.
    """
    reader = _Reader(rules)
    for number, line in enumerate(text, start=1):
        if line.strip():
            try:
                reader.read(number, line)
            except ConfigError as error:
                reader.mistakes += [f"line {number}: {each}" for each in error.mistakes]
            except ValueError as error:
                reader.mistakes.append(f"line {number}: {error}")
    if reader.setup is None and not reader.mistakes:
        reader.mistakes.append('is empty; a script begins with {"at": 0, "session": {"route": ...}}')
    if reader.mistakes or reader.setup is None:
        raise ConfigError([f"{where}: {mistake}" for mistake in reader.mistakes])
    return reader.script(reader.setup)


class _Reader:
    """What was read so far, line by line."""

    def __init__(self, rules: RuleSet) -> None:
        self.mistakes: list[str] = []
        self.setup: SessionValue | None = None
        self.rules = rules
        self.hazards = rules.hazards
        self.begin = 0.0
        self.at = 0.0
        self.end: float | None = None
        self.acts: list[Act] = []

    def read(self, number: int, line: str) -> None:
        row = _row(line)
        self.at = self._at(row)
        key = _key(row)
        if self.end is not None:
            raise ValueError("stands after the end; remove it, or move the end")
        if (key == "session") is (self.setup is not None):
            raise ValueError("a script has one session, on its first line")
        if key in ("session", "end"):
            if "every" in row or "until" in row:
                raise ValueError(f"a line with {key} cannot repeat; remove every and until")
            self._frame(key, row[key])
            return
        what = meant(key, row[key])
        if isinstance(what, Acknowledged) and what.alarm not in self.hazards:
            raise ValueError(f"there is no alarm {what.alarm!r}; alarms are {', '.join(self.hazards)}")
        self.acts.append(Act(number, self.at, what, *_repeats(row, self.at)))

    def script(self, setup: SessionValue) -> Script:
        last = max((max(act.at, act.until) for act in self.acts), default=self.begin)
        end = last + WITHOUT_DATA_S if self.end is None else self.end
        return Script(setup.route, self.rules, self.begin, tuple(self.acts), end)

    def _frame(self, key: str, value: object) -> None:
        if key == "end":
            if value is not True:
                raise ValueError("end is true, or not there")
            self.end = self.at
            return
        # Before the limits are looked at: what follows is no second mistake of having no session.
        self.setup = msgspec.convert(value, SessionValue)
        self.begin = self.at
        fixed = [
            f"session.limits: {rule}.{column} cannot be tried; only limits, delays and clearing values can"
            for rule, columns in self.setup.limits.items()
            for column in columns
            if column in _FIXED
        ]
        if fixed:
            raise ConfigError(fixed)
        self.rules = self.rules.with_limits(self.setup.limits)

    def _at(self, row: Mapping[str, object]) -> float:
        if "at" not in row:
            raise ValueError("has no at; add the second at which it happens")
        at = _seconds(row, "at")
        if at < self.at:
            raise ValueError(f"at = {at:g} comes after {self.at:g}; at never falls")
        return at


def _when(said: tuple[float, int, Meant]) -> tuple[float, int]:
    return said[:2]


def _row(line: str) -> dict[str, Any]:
    try:
        row = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        raise ValueError(f"is not JSON: {error}") from None
    if not isinstance(row, dict):
        raise ValueError('is no object; a line is {"at": 15, "reading": {...}}')  # noqa: TRY004 - all are mistakes of the file
    return cast("dict[str, Any]", row)


def _key(row: Mapping[str, object]) -> str:
    keys = [each for each in row if each not in ("at", "every", "until")]
    unknown = [each for each in keys if each not in KEYS]
    if unknown:
        raise ValueError(f"there is no key {unknown[0]!r}; keys are {', '.join(KEYS)}")
    if len(keys) != 1:
        raise ValueError(f"has {len(keys)} keys beside at; it needs one of {', '.join(KEYS)}")
    return keys[0]


def _repeats(row: Mapping[str, object], at: float) -> tuple[float, float]:
    """`every` and `until`; 0 and 0 where the line does not repeat."""
    if "every" not in row and "until" not in row:
        return 0.0, 0.0
    if "every" not in row or "until" not in row:
        raise ValueError("needs both every and until to repeat")
    every, until = _seconds(row, "every"), _seconds(row, "until")
    if every < SHORTEST_STEP_S:
        raise ValueError(f"every = {every:g} is too short; at least {SHORTEST_STEP_S:g} s")
    if until < at:
        raise ValueError(f"until = {until:g} is before at = {at:g}")
    return every, until


def _seconds(row: Mapping[str, object], key: str) -> float:
    try:
        value = msgspec.convert(row[key], float)
    except msgspec.ValidationError as error:
        raise ValueError(f"{key}: {error}") from None
    if not 0 <= value <= LONGEST_S:
        raise ValueError(f"{key} = {value:g} is outside 0..{LONGEST_S:g} s (7 days)")
    return value

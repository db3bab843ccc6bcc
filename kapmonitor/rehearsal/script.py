"""Reads a script: JSON Lines, every line with `at` and one key; all is checked before any of it runs."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
_NOT_THERE = msgspec.Raw()
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
        return heapq.merge(
            once, *repeated
        )  # no two have time and line in common: what is said decides nothing


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


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line as it is written: when, how often, and one of the keys."""

    at: float
    every: float | None = None
    until: float | None = None
    session: msgspec.Raw = _NOT_THERE
    phase: msgspec.Raw = _NOT_THERE
    baseline: msgspec.Raw = _NOT_THERE
    reading: msgspec.Raw = _NOT_THERE
    blood_pressure: msgspec.Raw = _NOT_THERE
    device: msgspec.Raw = _NOT_THERE
    acknowledge: msgspec.Raw = _NOT_THERE
    here: msgspec.Raw = _NOT_THERE
    interruption: msgspec.Raw = _NOT_THERE
    audio_pause: msgspec.Raw = _NOT_THERE
    event: msgspec.Raw = _NOT_THERE
    end: msgspec.Raw = _NOT_THERE

    def key(self) -> str:
        """The key that is there."""
        found = [key for key in KEYS if getattr(self, key) is not _NOT_THERE]
        if len(found) != 1:
            raise ValueError(f"has {len(found)} keys beside at; it needs one of {', '.join(KEYS)}")
        return found[0]

    def repeats(self) -> tuple[float, float]:
        """`every` and `until`; 0 and 0 where the line does not repeat."""
        every, until = self.every, self.until
        if every is None and until is None:
            return 0.0, 0.0
        if every is None or until is None:
            raise ValueError("needs both every and until to repeat")
        if every < SHORTEST_STEP_S:
            raise ValueError(f"every = {every:g} is too short; at least {SHORTEST_STEP_S:g} s")
        if not self.at <= until <= LONGEST_S:
            raise ValueError(f"until = {until:g} is outside {self.at:g}..{LONGEST_S:g} s")
        return every, until


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
        row = _decode(line)
        if not self.at <= row.at <= LONGEST_S:
            raise ValueError(f"at = {row.at:g} is outside {self.at:g}..{LONGEST_S:g} s; at never falls")
        self.at = row.at
        if self.end is not None:
            raise ValueError("stands after the end; remove it, or move the end")
        key = row.key()
        if (key == "session") is (self.setup is not None):
            raise ValueError("a script has one session, on its first line")
        every, until = row.repeats()
        if key in ("session", "end"):
            if every:
                raise ValueError(f"a line with {key} cannot repeat; remove every and until")
            self._frame(row)
            return
        what = meant(key, bytes(getattr(row, key)))
        if isinstance(what, Acknowledged) and what.alarm not in self.hazards:
            raise ValueError(f"there is no alarm {what.alarm!r}; alarms are {', '.join(self.hazards)}")
        self.acts.append(Act(number, row.at, what, every, until))

    def script(self, setup: SessionValue) -> Script:
        last = max((max(act.at, act.until) for act in self.acts), default=self.begin)
        end = last + WITHOUT_DATA_S if self.end is None else self.end
        return Script(setup.route, self.rules, self.begin, tuple(self.acts), end)

    def _frame(self, row: _Row) -> None:
        if row.end is not _NOT_THERE:
            if bytes(row.end) != b"true":
                raise ValueError("end is true, or not there")
            self.end = row.at
            return
        self.begin = row.at
        # A session with a mistake is a session: the lines after it are not wrong for want of one.
        self.setup = SessionValue(Route.INTRAMUSCULAR)
        self.setup = msgspec.json.decode(row.session, type=SessionValue)
        self.rules = self.rules.with_limits(_tried(self.setup.limits))


def _tried(limits: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Mapping[str, Any]]:
    """The limits that are tried, unless one of them is none."""
    fixed = [
        f"session.limits: {rule}.{column} cannot be tried; limits, delays and clearing values can"
        for rule, columns in limits.items()
        for column in columns
        if column in _FIXED
    ]
    if fixed:
        raise ConfigError(fixed)
    return limits


def _decode(line: str) -> _Row:
    try:
        return _ROW.decode(line)
    except msgspec.ValidationError as error:
        raise ValueError(f"{error}; a line has at, every and until, and one of {', '.join(KEYS)}") from None
    except msgspec.DecodeError as error:
        raise ValueError(f"is not JSON: {error}") from None


_ROW = msgspec.json.Decoder(_Row)

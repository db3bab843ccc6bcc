"""The limits of a session as they were from time to time: what was moved, when, and what held then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kapmonitor.alarms.moving import in_force
from kapmonitor.alarms.ruleset import RuleSet
from kapmonitor.alarms.shown import shown_limits
from kapmonitor.session.entries import LimitMoved
from kapmonitor.session.session import Session
from kapmonitor.session.view import LimitStep


class LimitSteps:
    """Put together once for each limit that is moved, not at each look."""

    def __init__(self, rules: RuleSet) -> None:
        """`rules`: the site's."""
        self._rules = rules
        self._made: dict[str, tuple[int, tuple[LimitStep, ...]]] = {}

    def of(self, session: Session) -> tuple[LimitStep, ...]:
        """From the beginning, one step at each change; empty where nothing was moved."""
        seen = len(session.entries)
        made = self._made.get(session.id)
        if made is None or made[0] != seen:
            made = self._made[session.id] = seen, tuple(_steps(self._rules, session))
        return made[1]

    def keep(self, sessions: Iterable[str]) -> None:
        """Forget all others."""
        kept = set(sessions)
        self._made = {name: each for name, each in self._made.items() if name in kept}


def _steps(rules: RuleSet, session: Session) -> Iterator[LimitStep]:
    moved: dict[str, dict[str, float]] = {}
    begun = False
    for entry in session.entries:
        what = entry.what
        if not isinstance(what, LimitMoved):
            continue
        if not begun:
            yield LimitStep(since=session.started.ts, limits=shown_limits(rules))
            begun = True
        columns = moved.setdefault(what.rule, {})
        if what.value is None:
            columns.pop(what.column, None)
        else:
            columns[what.column] = what.value
        yield LimitStep(since=entry.moment.ts, limits=shown_limits(in_force(rules, moved)))

"""Strap and oximeter of each session, compared beat by beat."""

from __future__ import annotations

from collections.abc import Iterable

from kapmonitor.matching import Matcher
from kapmonitor.model import DeviceData


class Comparing:
    """One matcher for each open session."""

    def __init__(self) -> None:
        """No session yet."""
        self._matchers: dict[str, Matcher] = {}

    def take(self, session: str, data: DeviceData, now: float) -> None:
        """What a device of this session said at `now` (s), of what may be used in it."""
        if session not in self._matchers:
            self._matchers[session] = Matcher()
        self._matchers[session].take(data, now)

    def same(self, session: str, now: float) -> bool | None:
        """Whether both are on one person; None where there is nothing to say, or nothing new."""
        matcher = self._matchers.get(session)
        return None if matcher is None else matcher.same(now)

    def keep(self, sessions: Iterable[str]) -> None:
        """Forget all others."""
        kept = set(sessions)
        self._matchers = {name: each for name, each in self._matchers.items() if name in kept}

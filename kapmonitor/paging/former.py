"""Calls of before a restart: they go on where they were once their alarms are announced again."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from kapmonitor.documents import Alarm
from kapmonitor.paging.calls import Asked, Call
from kapmonitor.paging.escalation import EVERYBODY
from kapmonitor.paging.facts import PageSent


class Former:
    """The newest pages by alarm, of those that were not withdrawn."""

    def __init__(self, pages: Iterable[tuple[Asked, PageSent]], pagers: Container[str]) -> None:
        """`pages`: in their order, each with what was remembered of it; `pagers`: those there are now."""
        newest = {(fact.pager, fact.page.alarm): (asked, fact) for asked, fact in pages}
        self._by_alarm: dict[str, list[tuple[Asked, PageSent]]] = {}
        for asked, fact in newest.values():
            if fact.page.kind in ("page", "summary") and fact.pager in pagers:
                self._by_alarm.setdefault(fact.page.alarm, []).append((asked, fact))

    def call(self, alarm: Alarm) -> Call | None:
        """The call about `alarm` as it stood, if there was one."""
        found = self._by_alarm.pop(alarm.alarm, None)
        if found is None:
            return None
        round_at = max(fact.round_at for _, fact in found)
        everybody = [asked.at for asked, _ in found if asked.page.level == EVERYBODY and asked.at >= round_at]
        return Call(
            alarm,
            round_at,
            seq=max(asked.page.seq for asked, _ in found),
            asked={asked.pager: asked for asked, _ in found},
            everybody_at=max(everybody, default=None),
        )

    def left(self) -> Iterator[Asked]:
        """What is about no alarm any more."""
        return (asked for found in self._by_alarm.values() for asked, _ in found)

"""The alarms of a session, one line each: when, how bad, who had seen it, how it ended. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from kapmonitor.alarms.words import Priority
from kapmonitor.session.past import AlarmLine


class Episode(msgspec.Struct, frozen=True, kw_only=True):
    """One alarm from its start; `ended` None: it was still there when the record stops.

    `priority` is the highest it had. `seen` is when it was first acknowledged and `by` whom, `seen_s` how
    many seconds after its start; `label`: what staff said it was.
    """

    alarm: str
    name: str
    rule: str
    priority: Priority
    kind: str
    text: str
    began: datetime
    ended: datetime | None
    seen: datetime | None
    by: str
    page: bool
    label: str
    lines: tuple[AlarmLine, ...]

    @property
    def seen_s(self) -> float | None:
        """How long it took until somebody had seen it (s); None where nobody did."""
        return None if self.seen is None else (self.seen - self.began).total_seconds()


def episodes(lines: Iterable[AlarmLine], labels: Mapping[str, str]) -> tuple[Episode, ...]:
    """One for each instance of an alarm, in the order in which they began."""
    found: dict[str, list[AlarmLine]] = {}
    for line in lines:
        found.setdefault(line.alarm, []).append(line)
    return tuple(_episode(own, labels.get(alarm, "")) for alarm, own in found.items())


def _episode(lines: Sequence[AlarmLine], label: str) -> Episode:
    first, last = lines[0], lines[-1]
    worst = max(lines, key=lambda line: Priority(line.priority).rank)
    seen = next((line for line in lines if line.acknowledged), None)
    return Episode(
        alarm=first.alarm,
        name=first.name,
        rule=worst.rule,
        priority=Priority(worst.priority),
        kind=first.kind,
        text=worst.text,
        began=first.t,
        ended=last.t if last.state == "inactive" else None,
        seen=None if seen is None else seen.t,
        by="" if seen is None else seen.by or "",
        page=any(line.page for line in lines),
        label=label,
        lines=tuple(lines),
    )

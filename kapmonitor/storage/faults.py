"""What is found wrong in a record, in words, and what is not in the chain at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kapmonitor.model import rfc3339
from kapmonitor.storage.instants import from_us

AT_ONCE = 1000
"""Rows that are read in one go."""


def when(t_us: int) -> str:
    """A time for people."""
    return rfc3339(from_us(t_us))


def named(kind: str, of: str) -> str:
    """A row for people, by its kind in the chain or in a seal and its name there."""
    parts = of.split("/")
    if kind in _TIMED:
        parts[-1] = when(int(parts[-1]))
    return _NAMES[kind].format(*parts) if kind in _NAMES else f"{kind} {of}"


_NAMES: Mapping[str, str] = {
    "entry": "Entry {1} of session {0}",
    "alarm": "Event {1} of alarm {0}",
    "audit": "The line {0} of the audit log",
    "label": "The label {1} of alarm {0} by {2}",
    "page": "Page {0}",
    "receipt": "The receipt {1} of page {0}",
    "duty": "The line {1} of pager {0} in on_call",
    "removed": "What removed says of the {1} of session {0}",
    "session": "The row of session {0}",
    "alarm-state": "The state of the alarms of session {0}",
    "service-state": "The state of the alarms of the service at {0}",
    "rules": "The text of the signed limits {0}",
    "heading": "The heading {0} of numbers",
    "unrecorded": "What unrecorded says of the {1} of session {0} from {2} on",
    "numeric": "The second {1} of session {0}",
    "wave": "The second {2} of the {1} of session {0}",
}
_TIMED = ("unrecorded", "numeric", "wave")
"""Kinds whose names end with a time."""


class Older:
    """Rows that the chain does not know: as many as it says were there before it did, or somebody's."""

    def __init__(self, stated: Mapping[str, int]) -> None:
        """How many there were of each table, and at `t_us`, as the link says that was made then."""
        self.rows = 0
        self._stated = stated
        self._since = stated.get("t_us", 0)
        self._found: dict[str, int] = {}
        self._faults: list[str] = []

    def found(self, table: str, name: str, t_us: int | None) -> None:
        """A row that the chain does not know, of `t_us`, where it says of when it is."""
        if t_us is not None and t_us >= self._since:
            self._faults.append(f"{name} was put in by something else: {when(t_us)}.")
        elif not self._stated.get(table):
            self._faults.append(f"{name} was put in by something else.")
        else:
            self.rows += 1
            self._found[table] = self._found.get(table, 0) + 1

    def faults(self) -> Iterator[str]:
        """Which of them cannot be as old as they say."""
        yield from self._faults
        for table, rows in self._found.items():
            added = rows - self._stated[table]
            if added > 0:
                yield f"Of the {rows} old rows of {table} {added} were put in by something else."

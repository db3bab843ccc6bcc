"""What has to arrive, until the broker confirmed it: alarms first, each kind in its order.

It lives in memory. What must survive a power cut, a page, stands in the record before it comes here, and is
put here again until its pager has it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

URGENT = ("alarm/", "service/", "pager/")
"""Topics that go before all others: what a person is called by, and whether anybody calls at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One publication, ready to send: the topic below the site's root, and when it was put (monotonic s)."""

    topic: str
    payload: bytes
    retain: bool
    put_at: float

    @property
    def urgent(self) -> bool:
        """Whether it goes before what is not."""
        return self.topic.startswith(URGENT)


class Outbox:
    """Publications on their way, lost with the process; none of the methods blocks.

    A retained topic keeps the place of its first unsent version, so a topic that changes fast cannot starve
    itself. Urgent ones are never dropped; of the others at most `limit` non-retained ones are kept, the
    oldest go first. Retained ones are bounded by the number of topics.
    """

    def __init__(self, limit: int = 1000) -> None:
        """`limit`: how many non-urgent, non-retained publications are kept."""
        self._limit = limit
        self._number = count()
        self._urgent: dict[str | int, Entry] = {}
        self._others: dict[str | int, Entry] = {}

    def put(self, entry: Entry) -> bool:
        """Take `entry`; of a retained topic only the newest is kept. False: something else had to go."""
        queue = self._urgent if entry.urgent else self._others
        queue[entry.topic if entry.retain else next(self._number)] = entry
        return queue is self._urgent or entry.retain or self._within_limit()

    def _within_limit(self) -> bool:
        single = [key for key in self._others if isinstance(key, int)]
        if len(single) <= self._limit:
            return True
        del self._others[single[0]]
        return False

    def pending(self) -> Entry | None:
        """What to send next; the same again until it is `done` or a newer one replaced it."""
        for queue in (self._urgent, self._others):
            for entry in queue.values():
                return entry
        return None

    def done(self, entry: Entry) -> None:
        """The broker has `entry`. Something newer on its topic stays pending."""
        queue = self._urgent if entry.urgent else self._others
        for key, waiting in queue.items():
            if waiting is entry:
                del queue[key]
                return

    def __len__(self) -> int:
        return len(self._urgent) + len(self._others)

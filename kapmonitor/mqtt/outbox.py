"""What has to arrive, until the broker confirmed it: alarms first, each kind in its order.

It lives in memory. What must survive a power cut, a page, stands in the record before it comes here, and is
put here again until its pager has it.
"""

from __future__ import annotations

from dataclasses import dataclass

PEOPLE = "pager/"
"""Topics that go before all others: what a person is called by."""
URGENT = ("alarm/", "service/")
"""And after them: what alarms there are, and whether anybody calls at all."""

Key = str | tuple[str, bytes]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One publication, ready to send: the topic below the site's root, and when it was put (monotonic s)."""

    topic: str
    payload: bytes
    retain: bool
    put_at: float

    @property
    def rank(self) -> int:
        """0 goes first; 2 may be dropped."""
        return 0 if self.topic.startswith(PEOPLE) else 1 if self.topic.startswith(URGENT) else 2

    @property
    def key(self) -> Key:
        """What is the same publication: of a retained topic any, else one that says the same."""
        return self.topic if self.retain else (self.topic, self.payload)


class Outbox:
    """Publications on their way, lost with the process; none of the methods blocks.

    A retained topic keeps the place of its first unsent version, so a topic that changes fast cannot starve
    itself. What waits already and is put again (a page that nobody has confirmed) waits once: a broker that
    is away or slow must not find every page a hundred times before the newest one. Urgent ones are never
    dropped; of the others at most `limit` non-retained ones are kept, the oldest go first. Retained ones are
    bounded by the number of topics.
    """

    def __init__(self, limit: int = 1000) -> None:
        """`limit`: how many non-urgent, non-retained publications are kept."""
        self._limit = limit
        self._queues: tuple[dict[Key, Entry], ...] = ({}, {}, {})

    def put(self, entry: Entry) -> bool:
        """Take `entry`; of a retained topic only the newest is kept. False: something else had to go."""
        queue = self._queues[entry.rank]
        if entry.retain:
            queue[entry.key] = entry
            return True
        queue.setdefault(entry.key, entry)
        return queue is not self._queues[-1] or self._within_limit()

    def _within_limit(self) -> bool:
        others = self._queues[-1]
        single = [key for key in others if not isinstance(key, str)]
        if len(single) <= self._limit:
            return True
        del others[single[0]]
        return False

    def pending(self) -> Entry | None:
        """What to send next; the same again until it is `done` or a newer one replaced it."""
        for queue in self._queues:
            for entry in queue.values():
                return entry
        return None

    def done(self, entry: Entry) -> None:
        """The broker has `entry`. Something newer on its topic stays pending."""
        queue = self._queues[entry.rank]
        if queue.get(entry.key) is entry:
            del queue[entry.key]

    def __len__(self) -> int:
        return sum(len(queue) for queue in self._queues)

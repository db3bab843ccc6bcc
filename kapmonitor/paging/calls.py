"""What is known of one alarm that people are called for: who was asked, and what their pagers said."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import msgspec

from kapmonitor.documents import Alarm, Called
from kapmonitor.pages import Page, Status
from kapmonitor.paging.times import DELIVERED_WITHIN_S, here_within_s

DECISIONS: frozenset[Status] = frozenset({"accepted", "rejected"})


class Asked(msgspec.Struct, eq=False):
    """One page to one pager. `taken`: its receipts in the order in which they came, each once.

    `since`: from when its delivery counts: a newer page does not give a silent pager more time.
    """

    page: Page
    pager: str
    at: float
    since: float
    sent_at: float
    taken: dict[Status, float] = {}

    @property
    def delivered(self) -> bool:
        """The pager has it."""
        return bool(self.taken)

    @property
    def delivered_at(self) -> float:
        """Since when the pager has it; infinite where it has not."""
        return min(self.taken.values(), default=inf)

    @property
    def answer(self) -> Status | None:
        """What the person decided last."""
        return next((status for status in reversed(self.taken) if status in DECISIONS), None)

    def take(self, status: Status, now: float) -> bool:
        """Take a receipt; whether it says anything new."""
        if status in self.taken:
            return False
        self.taken[status] = now
        return True


class Call(msgspec.Struct, eq=False):
    """One alarm that is in force and that nobody has acknowledged.

    A round begins with `round_at` and is over when somebody has come; an answer counts for it from `seq` of
    the alarm on. `asked` are the newest pages by pager, also of earlier rounds. `late`: who said to be coming
    and did not. `backed`: the 60 s of this round have had their effect. `reminding`: the one pager that is
    called alone at first. `held_until`: nothing more is sent about this hazard before; `held`: how many calls
    wait for that.
    """

    alarm: Alarm
    round_at: float
    seq: int = 0
    asked: dict[str, Asked] = {}
    late: set[str] = set()
    backed: bool = False
    everybody_at: float | None = None
    reminding: str = ""
    held_until: float = -inf
    held: int = 0
    here_at: float = -inf

    def begin_round(self, now: float) -> None:
        """Ask anew, from the beginning; `now`: what was answered before does not count any more."""
        self.round_at, self.backed, self.everybody_at, self.reminding = now, False, None, ""

    def round(self) -> Iterator[Asked]:
        """The pages of this round, in the order in which they were sent first."""
        return (each for each in self.asked.values() if each.at >= self.round_at)

    @property
    def accepted(self) -> Asked | None:
        """The newest page whose person is coming, by an answer to this round."""
        found = [each for each in self.asked.values() if each.answer == "accepted" and self._counts(each)]
        return max(found, key=lambda each: each.taken["accepted"], default=None)

    def _counts(self, asked: Asked) -> bool:
        return asked.page.seq >= self.seq and asked.taken["accepted"] >= self.round_at

    @property
    def attended(self) -> bool:
        """Somebody has said "here" since this round began."""
        return self.here_at >= self.round_at

    def nobody_came(self, now: float) -> bool:
        """Somebody accepted, and the time to be there is over."""
        there = self.accepted
        if there is None or self.attended or self.alarm.priority != "high" or not self.alarm.room:
            return False
        return now - there.taken["accepted"] >= here_within_s(self.alarm)

    def called(self, now: float) -> Called:
        """How far it is, in one word."""
        if self.accepted is not None:
            return "coming"
        if self.everybody_at is not None:
            return "everyone"
        if any(each.delivered for each in self.round()):
            return "delivered"
        waited = any(now - each.since >= DELIVERED_WITHIN_S for each in self.round())
        return "not-confirmed" if waited else "calling"

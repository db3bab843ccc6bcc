"""What a person has before them: the chosen page, the bell, and whether there is a link. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from kapmonitor.model import Moment
from kapmonitor.pager.box import Box, Held
from kapmonitor.pager.facts import Fact
from kapmonitor.pager.pulse import Pulse
from kapmonitor.pages import Status

Key = Literal["up", "down", "read", "accepted", "rejected"]
ANSWERS: Mapping[Key, Status] = {"read": "read", "accepted": "accepted", "rejected": "rejected"}

AGAIN_S = 10.0
"""A high page that nobody has read, and a lost link, ring again after so long (s)."""
STEADY_S = 1.0
"""After another page has taken the chosen one's place no answer is taken for so long (s): it was for that."""


class Face:
    """Choosing and ringing, over the pages of a box."""

    def __init__(self, box: Box, pulse: Pulse) -> None:
        """`box` and `pulse` are somebody else's to fill."""
        self.box = box
        self.pulse = pulse
        self.unreadable = 0
        """Messages that were no pages."""
        self.problems: list[str] = []
        """What is wrong with the pager itself, one sentence each."""
        self._chosen: str | None = None
        self._moved_at: float | None = None
        self._rung = {each.page.page_id for each in box.pages()}
        self._rang_at: float | None = None
        self._lost_rang_at: float | None = None

    @property
    def chosen(self) -> Held | None:
        """The page that an answer is for."""
        return None if self._chosen is None else self.box.held(self._chosen)

    def steady(self, at: float) -> bool:
        """Whether an answer is taken: the page is there long enough to have been seen."""
        return self._moved_at is None or at - self._moved_at >= STEADY_S

    def look(self, moment: Moment) -> bool:
        """After anything came, and twice a second: choose what waits, say whether to ring now."""
        self._choose(moment.at)
        pages = self._pages_ring(moment.at)
        return self._link_rings(moment.at) or pages

    def press(self, key: Key, moment: Moment) -> list[Fact]:
        """A key; the facts that follow, to be stored and put into the box."""
        if key in ("up", "down"):
            self._move(-1 if key == "up" else 1)
            return []
        chosen = self.chosen
        if chosen is None or not self.steady(moment.at):
            return []
        return self.box.answer(chosen, ANSWERS[key], moment, self.pulse)

    def _choose(self, at: float) -> None:
        """Stay with a page that is open; else take the first. A new page never moves a choice that waits."""
        chosen, pages = self.chosen, self.box.pages()
        if chosen is not None and (chosen.waits or not any(each.waits for each in pages)):
            return
        first = pages[0].page.alarm if pages else None
        if first != self._chosen:
            self._moved_at = None if self._chosen is None else at
            self._chosen = first

    def _move(self, by: int) -> None:
        ids = [each.page.alarm for each in self.box.pages()]
        if self._chosen in ids:
            self._chosen = ids[max(0, min(len(ids) - 1, ids.index(self._chosen) + by))]
            self._moved_at = None

    def _pages_ring(self, at: float) -> bool:
        waiting = [each for each in self.box.pages() if each.waits]
        new = {each.page.page_id for each in waiting} - self._rung
        self._rung |= new
        unread = [each for each in waiting if each.page.priority == "high" and each.status == "delivered"]
        again = bool(unread) and (self._rang_at is None or at - self._rang_at >= AGAIN_S)
        if new or again:
            self._rang_at = at
        return bool(new) or again

    def _link_rings(self, at: float) -> bool:
        if not self.pulse.lost(at):
            self._lost_rang_at = None
            return False
        rings = self._lost_rang_at is None or at - self._lost_rang_at >= AGAIN_S
        if rings:
            self._lost_rang_at = at
        return rings

"""The pages that a pager holds and what it has answered: decided from what comes in, followed from facts.

`take` and `answer` decide: they return facts and change nothing. Whoever has stored the facts puts them in by
`apply`. So what is shown or sent is what would be there after a kill at that moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from kapmonitor import pages
from kapmonitor.model import Moment, rfc3339
from kapmonitor.pager.facts import Aged, Answered, Fact, Received, Sent
from kapmonitor.pager.pulse import Pulse
from kapmonitor.pages import Page, Receipt, Status

RANK: Mapping[Status, int] = {"delivered": 0, "read": 1, "accepted": 2, "rejected": 2}
"""An answer follows another of at most its rank: who comes may yet be unable to, and the other way round."""
_URGENCY = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True)
class Held:
    """The newest page about one alarm; `came` counts pages.

    `here` is when it came by the pager's clock, `age_s` how old it was then by the service's.
    """

    page: Page
    came: int
    here: str
    age_s: float | None
    status: Status = "delivered"
    withdrawn: bool = False

    @property
    def waits(self) -> bool:
        """Whether somebody should answer it."""
        return not self.withdrawn and RANK[self.status] < RANK["accepted"]

    @property
    def late(self) -> bool:
        """Whether it was older than it may be when it came."""
        return self.age_s is not None and self.age_s > self.page.ttl_s


class Box:
    """What follows from the facts so far: one entry for each alarm."""

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        """`facts`: those of an earlier life of this pager."""
        self._held: dict[str, Held] = {}
        self._newest: dict[str, int] = {}
        self._answered: dict[str, Status] = {}
        self._unsent: dict[tuple[str, Status], Answered] = {}
        self._whose: dict[str, tuple[str, bool]] = {}
        self._number = 0
        for fact in facts:
            self.apply(fact)

    # What a person should see, and what has to go out

    def pages(self) -> list[Held]:
        """All entries: what waits, what is answered, what is over; in each, high first, then the newest."""
        return sorted(self._held.values(), key=_order)

    def held(self, alarm: str) -> Held | None:
        """The entry of one alarm."""
        return self._held.get(alarm)

    def unsent(self) -> list[Answered]:
        """The answers that have to go out, in their order."""
        return list(self._unsent.values())

    def receipt(self, answer: Answered) -> Receipt:
        """The document of an answer: as simulated, or as much of a drill, as its page."""
        origin, drill = self._whose.get(answer.page_id, ("live", False))
        return Receipt(
            origin=origin,
            drill=drill,
            page_id=answer.page_id,
            seq=answer.seq,
            status=answer.status,
            at=answer.at,
        )

    # Decisions

    def take(self, payload: bytes, moment: Moment, pulse: Pulse, *, retained: bool = False) -> list[Fact]:
        """A message on this pager's own topic. The same page again is answered again: the service asks.

        Raises:
            RefusedMessageError: it is no page.
        """
        page = pages.read_page(payload, retained=retained)
        at = rfc3339(pulse.now(moment))
        delivered = Answered(page.page_id, page.seq, "delivered", at)
        known = self._answered.get(page.page_id)
        if known is not None:
            again = [] if known == "delivered" else [Answered(page.page_id, page.seq, known, at)]
            return [delivered, *again]
        page = msgspec.structs.replace(page, text=_harmless(page.text))
        return [Received(page, pulse.age_s(page.sent_at, moment), moment.ts), delivered]

    def answer(self, held: Held, status: Status, moment: Moment, pulse: Pulse) -> list[Fact]:
        """What a person answers to a page; nothing where that is answered already, or over."""
        if held.withdrawn or held.status == status or RANK[status] < RANK[held.status]:
            return []
        return [Answered(held.page.page_id, held.page.seq, status, rfc3339(pulse.now(moment)))]

    def aged(self, moment: Moment, pulse: Pulse) -> list[Fact]:
        """Once the service's time is known: how old the pages were that came before it was."""
        found: list[Fact] = []
        for held in self._held.values():
            age = pulse.age_s(held.page.sent_at, moment) if held.age_s is None else None
            if age is not None:
                here = (moment.utc - datetime.fromisoformat(held.here)).total_seconds()
                found.append(Aged(held.page.page_id, max(0.0, age - here)))
        return found

    # Facts

    def apply(self, fact: Fact) -> None:
        """Something happened, and is stored."""
        match fact:
            case Received():
                self._receive(fact)
            case Aged():
                for alarm, held in self._held.items():
                    if held.page.page_id == fact.page_id:
                        self._held[alarm] = replace(held, age_s=fact.age_s)
            case Answered():
                self._answer(fact)
            case Sent():
                self._unsent.pop((fact.page_id, fact.status), None)

    def not_stored(self, page_id: str) -> None:
        """The page stands on no disk: it is shown, and when it comes again it is as new as the first time."""
        self._answered.pop(page_id, None)

    def _receive(self, fact: Received) -> None:
        """It takes its alarm's place, unless something newer has been here."""
        page = fact.page
        self._number += 1
        self._answered.setdefault(page.page_id, "delivered")
        self._whose[page.page_id] = page.origin, page.drill
        if page.seq < self._newest.get(page.alarm, page.seq):
            return
        self._newest[page.alarm] = page.seq
        held = self._held.get(page.alarm)
        if page.kind != "withdraw":
            self._held[page.alarm] = Held(page, self._number, fact.here, fact.age_s)
        elif held is not None:
            self._held[page.alarm] = replace(held, withdrawn=True)

    def _answer(self, fact: Answered) -> None:
        self._unsent[fact.page_id, fact.status] = fact
        if RANK[fact.status] < RANK[self._answered.get(fact.page_id, "delivered")]:
            return
        self._answered[fact.page_id] = fact.status
        for alarm, held in self._held.items():
            if held.page.page_id == fact.page_id:
                self._held[alarm] = replace(held, status=fact.status)


def _order(held: Held) -> tuple[int, int, int]:
    over = held.withdrawn or held.status == "rejected"
    return (2 if over else 0 if held.waits else 1, _URGENCY[held.page.priority], -held.came)


def _harmless(text: str) -> str:
    """Without control characters: escape sequences, line breaks, changes of the writing direction."""
    return "".join(each if each.isprintable() else " " for each in text)

"""What a pager keeps, in the order in which it happened: its pages and answers are what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from kapmonitor.pages import Page, Status


class Received(msgspec.Struct, frozen=True, tag="received"):
    """A page came; `age_s`: how old it was by the service's own clock, None while that is not known.

    `here`: when that was by the pager's clock.
    """

    page: Page
    age_s: float | None
    here: str


class Aged(msgspec.Struct, frozen=True, tag="aged"):
    """The first heartbeat told how old a page was (s) when it came."""

    page_id: str
    age_s: float


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """An answer to a page that has to go out."""

    page_id: str
    seq: int
    status: Status
    at: str


class Sent(msgspec.Struct, frozen=True, tag="sent"):
    """The broker has that answer."""

    page_id: str
    status: Status


Fact = Received | Aged | Answered | Sent

KEEP = timedelta(hours=24)
"""What is older goes at the next start of a pager; until then a page that comes again is known."""


def worth_keeping(facts: Sequence[Fact], now: datetime) -> list[Fact]:
    """The facts about pages that came in the last `KEEP` before `now`, both by the pager's clock."""
    received = [fact for fact in facts if isinstance(fact, Received)]
    young = {fact.page.page_id for fact in received if now - datetime.fromisoformat(fact.here) < KEEP}
    return [fact for fact in facts if _page_id(fact) in young]


def _page_id(fact: Fact) -> str:
    return fact.page.page_id if isinstance(fact, Received) else fact.page_id

"""The pages on their way: sent again until a pager has them; receipts are checked against their pages."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count
from math import inf

from kapmonitor.documents import Message, Priority
from kapmonitor.model import Moment
from kapmonitor.pages import Page, Receipt, Refusal, RefusedMessageError, page
from kapmonitor.paging.calls import Asked
from kapmonitor.paging.facts import Fact, PageSent, ReceiptTaken
from kapmonitor.paging.times import RESEND_AWAY_S, RESEND_S, SHIFT_S, TELL_WITHDRAWN_S

URGENCY: dict[Priority, int] = {"high": 0, "medium": 1, "low": 2}
"""What goes first, as a number to sort by."""


class Post:
    """What was sent to whom. For one alarm a pager gets only the newest again, so it never sees an older one.

    `facts` and `messages` wait to be fetched: what is to be remembered, and what is to be published after.
    `tests`: the newest test page of each pager.
    """

    def __init__(self, run: str) -> None:
        """`run` makes the ids of this start of the service unique."""
        self.facts: list[Fact] = []
        self.messages: list[Message] = []
        self._run = run
        self._number = count(1)
        self._sent: dict[str, Asked] = {}
        self._waiting: dict[tuple[str, str], Asked] = {}
        self.tests: dict[str, Asked] = {}

    def page_id(self) -> str:
        """An id for the next page."""
        return f"{self._run}-{next(self._number)}"

    def send(
        self, document: Page, pager: str, round_at: float, moment: Moment, since: float | None = None
    ) -> Asked:
        """Send a page; `since`: from when its delivery is waited for, if not from now."""
        asked = Asked(document, pager, moment.at, moment.at if since is None else since, moment.at)
        self._keep(asked)
        self.facts.append(PageSent(page=document, pager=pager, at=moment.at, round_at=round_at))
        self.messages.append(page(pager, document))
        return asked

    def remember(self, fact: PageSent) -> Asked:
        """A page of before a restart: nobody knows whether it went out, so it goes out again."""
        asked = Asked(fact.page, fact.pager, fact.at, fact.at, -inf)
        self._keep(asked)
        return asked

    def remember_receipt(self, fact: ReceiptTaken) -> None:
        """What a pager had said of it."""
        asked = self._sent.get(fact.page_id)
        if asked is not None and asked.take(fact.status, fact.at):
            self._arrived(asked)

    def forget(self, pager: str, alarm: str) -> None:
        """Nobody needs to have this any more."""
        self._waiting.pop((pager, alarm), None)

    def receipt(self, pager: str, what: Receipt, now: float) -> Asked | None:
        """The page that a receipt is about; None where it says nothing new.

        Raises:
            RefusedMessageError: this pager was never sent that page, or it had another `seq`.
        """
        asked = self._sent.get(what.page_id)
        if asked is None or asked.pager != pager:
            raise RefusedMessageError(Refusal.PAGE, f"{pager} was not sent a page {what.page_id}")
        if asked.page.seq != what.seq:
            raise RefusedMessageError(
                Refusal.PAGE, f"{what.page_id} has seq {asked.page.seq}, not {what.seq}"
            )
        if not asked.take(what.status, now):
            return None
        self._arrived(asked)
        self.facts.append(
            ReceiptTaken(
                page_id=what.page_id, pager=pager, seq=what.seq, status=what.status, said=what.at, at=now
            )
        )
        return asked

    def hurry(self, pager: str | None = None) -> None:
        """Send again at the next second what `pager`, or (None) anybody, has not confirmed."""
        for asked in self._waiting.values():
            if pager in (None, asked.pager):
                asked.sent_at = -inf

    def second(self, online: Collection[str], now: float) -> None:
        """Send again what was not confirmed, what is most urgent first."""
        self._drop_old(now)
        late = [each for each in self._waiting.values() if now - each.sent_at >= _pause(each, online)]
        for asked in sorted(late, key=lambda each: (URGENCY[each.page.priority], each.at)):
            asked.sent_at = now
            self.messages.append(page(asked.pager, asked.page))

    def _keep(self, asked: Asked) -> None:
        self._sent[asked.page.page_id] = asked
        self._waiting.pop((asked.pager, asked.page.alarm), None)  # its place in the order is the new one's
        self._waiting[asked.pager, asked.page.alarm] = asked
        if asked.page.kind == "test":
            self.tests[asked.pager] = asked

    def _arrived(self, asked: Asked) -> None:
        key = (asked.pager, asked.page.alarm)
        if self._waiting.get(key) is asked:
            del self._waiting[key]

    def _drop_old(self, now: float) -> None:
        for key, asked in list(self._waiting.items()):
            if asked.page.kind in ("withdraw", "test") and now - asked.at >= TELL_WITHDRAWN_S:
                del self._waiting[key]
        for page_id, asked in list(self._sent.items()):
            if now - asked.at >= SHIFT_S and (asked.pager, asked.page.alarm) not in self._waiting:
                del self._sent[page_id]


def _pause(asked: Asked, online: Collection[str]) -> float:
    return RESEND_S if asked.pager in online else RESEND_AWAY_S

"""Who is on call, who covers for whom, and whether anybody answers: the order in which people are asked."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import msgspec

from kapmonitor.errors import RefusedError, UnknownError
from kapmonitor.paging.facts import DutyChanged
from kapmonitor.paging.phones import Phone, Phones
from kapmonitor.paging.times import ASK_S, PRESENT_AGAIN_S, SHIFT_S


class Holder(msgspec.Struct, frozen=True):
    """One pager, and the person (a log-in) who carries it; empty where the pager's id says it."""

    id: str
    person: str = ""

    @property
    def who(self) -> str:
        """Whom people know it by."""
        return self.person or self.id


class Request(msgspec.Struct, frozen=True):
    """A pager was asked to take over at `at`; for `minutes`, or (None) until the next hand-over."""

    pager: str
    by: str
    at: float
    minutes: float | None = None


class Duty:
    """All pagers in the order of the configuration. The first is on call until somebody else is."""

    def __init__(self, holders: Sequence[Holder]) -> None:
        """`holders`: each with an id of its own; none: nobody can be called."""
        self.holders = {each.id: each for each in holders}
        self.on_call = holders[0].id if holders else ""
        self.cover: tuple[str, float] | None = None
        self.requests: dict[str, Request] = {}
        self.phones = Phones()
        self.heard_at: dict[str, float] = {}
        self._online: dict[str, bool] = {}
        self._doubted_at = inf
        self._confirmed: set[str] = set()
        self._tested: dict[str, float] = {}

    def remember(self, fact: DutyChanged) -> None:
        """One fact, of now or of before a restart; one about a pager that is no more says nothing."""
        if fact.pager not in self.holders:
            return
        if fact.kind == "tested":
            self._tested[fact.pager] = fact.at
        elif fact.kind == "cover":
            self.cover = (fact.pager, fact.until or fact.at)
        elif fact.kind == "taken":
            self.phones.take(fact.pager, Phone(fact.by, "", fact.at))
        elif fact.kind == "left":
            self.phones.leave(fact.pager)
        else:
            self.on_call, self.cover = fact.pager, None

    def known(self, pager: str) -> Holder:
        """The pager of that id.

        Raises:
            UnknownError: the configuration has none.
        """
        if pager not in self.holders:
            there = ", ".join(self.holders) or "none is configured"
            raise UnknownError(f"There is no pager {pager}; pagers: {there}.")
        return self.holders[pager]

    def order(self, now: float) -> list[str]:
        """Whom to ask: who covers, who is on call, then the others as they stand in the configuration."""
        cover = [self.cover[0]] if self.cover is not None and now < self.cover[1] else []
        on_call = [self.on_call] if self.on_call else []
        return list(dict.fromkeys([*cover, *on_call, *self.holders]))

    def pager_of(self, person: str) -> str:
        """The pager that this person carries; empty where there is none."""
        holders = self.holders.values()
        phones = (pager for pager, phone in self.phones.taken.items() if person == phone.person)
        carried = (each.id for each in holders if person and person in (each.id, each.person))
        return next(phones, None) or next(carried, "")

    def who(self, pager: str) -> str:
        """Whom people know it by: whoever has taken it on a phone, else whoever carries it."""
        phone = self.phones.taken.get(pager)
        return self.holders[pager].who if phone is None else phone.person

    # Who can be reached

    def heard(self, pager: str, now: float, *, online: bool) -> bool:
        """A pager's status; whether that is new."""
        self.heard_at[pager] = now
        before = self._online.get(pager, False)
        self._online[pager] = online
        self._confirmed.add(pager)
        return before is not online

    def connected(self, now: float) -> None:
        """We are on a broker (again). It may have forgotten what it kept: pagers have to be seen there."""
        self._doubted_at, self._confirmed = now, set()

    def confirmed(self, pager: str) -> bool:
        """Whether it was heard of since the newest connection."""
        return pager in self._confirmed

    def online(self, now: float) -> frozenset[str]:
        """The pagers that are there, by themselves or as phones."""
        return self.by_themselves(now) | self.phones.online(now)

    def by_themselves(self, now: float) -> frozenset[str]:
        """Those at a broker; without a word since a new connection, only for a while."""
        doubted = now - self._doubted_at >= PRESENT_AGAIN_S
        return frozenset(
            pager
            for pager, there in self._online.items()
            if there and (pager in self._confirmed or not doubted)
        )

    def within_reach(self, now: float) -> frozenset[str]:
        """Those, and the ones of whom nothing can be known yet: the service or its broker has just come."""
        early = now - self._doubted_at < PRESENT_AGAIN_S
        unheard = {each for each in self.holders if each not in self._online} if early else set[str]()
        return self.online(now) | unheard

    def only_as_phones(self, now: float) -> frozenset[str]:
        """Those of them that are there only because somebody looks at a phone."""
        return self.phones.online(now) - self.by_themselves(now)

    def tested_at(self, pager: str) -> float | None:
        """When somebody last answered a page of this shift on it."""
        return self._tested.get(pager)

    def reachable(self, now: float) -> bool | None:
        """Whether somebody has answered this shift's test page and is online; None: there are no pagers.

        A phone alone is nobody.
        """
        if not self.holders:
            return None
        answers = {pager for pager, at in self._tested.items() if now - at < SHIFT_S}
        return bool(answers & self.by_themselves(now))

    # Hand-over

    def ask(self, page_id: str, request: Request) -> None:
        """Have a pager take over once it accepts the page; an earlier question to anybody is void."""
        self.requests = {page_id: request}

    def taken(self, page_id: str, now: float) -> DutyChanged | None:
        """The taker said yes; what changes by it. Too late, or never asked: nothing."""
        request = self.requests.pop(page_id, None)
        if request is None or now - request.at > ASK_S:
            return None
        minutes = request.minutes
        return DutyChanged(
            kind="on-call" if minutes is None else "cover",
            pager=request.pager,
            by=request.by,
            at=now,
            until=None if minutes is None else now + minutes * 60.0,
        )

    def refused(self, page_id: str) -> None:
        """The taker said no: everything stays as it is."""
        self.requests.pop(page_id, None)

    def must_be_online(self, pager: str, now: float) -> None:
        """Nothing, where the pager can be asked.

        Raises:
            RefusedError: it is offline.
        """
        if pager not in self.online(now):
            raise RefusedError(f"The pager {pager} is offline; switch it on, then try again.")

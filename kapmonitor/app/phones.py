"""Phones that are open now: pages go to them as they go to a broker, receipts come in by the same door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kapmonitor.documents import Message
from kapmonitor.model import Moment
from kapmonitor.pages import Page
from kapmonitor.paging.paging import Paging
from kapmonitor.paging.phones import Seen
from kapmonitor.people import Person, Task
from kapmonitor.ports import PhoneLine, Standing, Take


@dataclass(frozen=True, slots=True)
class Open:
    """One open page: whose browser it is, and the line to it."""

    person: Person
    key: str
    line: PhoneLine


class Phones:
    """The open phones of a site, by pager. Implements `ports.PhoneDesk`.

    `settled` becomes true once everything that was in force before a restart is announced again.
    """

    def __init__(
        self, paging: Paging, take: Take, flush: Callable[[], None], now: Callable[[], Moment]
    ) -> None:
        """`take` is where messages of pagers come in, from wherever; `flush` sends what came of it."""
        self.settled = False
        self._paging = paging
        self._take = take
        self._flush = flush
        self._now = now
        self._open: dict[str, Open] = {}

    def page(self, message: Message) -> None:
        """What goes out to a pager goes to the phone in its place as well."""
        pager = message.topic.split("/")[1]
        if pager in self._open and isinstance(message.payload, Page):
            self._open[pager].line.page(message.payload)

    # ports.PhoneDesk

    def take(self, pager: str, key: str, *, by: Person, over: bool = False) -> None:
        """This browser is that pager from now on; one that was it before is told so."""
        by.must_be_allowed(Task.CARRY_PAGER)
        self._paging.take(pager, by.id, key, self._now(), over=over)
        self._flush()
        for place, there in list(self._open.items()):
            if (place == pager) != (there.key == key):  # another phone's now, or this phone is another one
                del self._open[place]
                there.line.lost(by.id)

    def leave(self, pager: str, key: str, *, by: Person) -> None:
        """This browser is that pager no longer."""
        self._paging.leave(pager, by.id, key, self._now())
        self._flush()
        there = self._open.pop(pager, None)
        if there is not None:
            there.line.lost(by.id)

    def join(self, pager: str, key: str, line: PhoneLine, *, by: Person) -> Standing:
        """The page of the browser that has taken this pager is open; an older one of it is closed."""
        by.must_be_allowed(Task.CARRY_PAGER)
        self._paging.duty.phones.held(pager, by.id, key)
        before = self._open.get(pager)
        self._open[pager] = Open(by, key, line)
        if before is not None:
            before.line.lost("")
        return Standing(self._paging.calling.standing(pager, self._now().at), complete=self.settled)

    def says(self, pager: str, line: PhoneLine, what: Seen) -> None:
        """What an open page says of itself, in answer to a heartbeat."""
        there = self._joined(pager, line)
        if there is not None:
            phone = self._paging.duty.phones.held(pager, there.person.id, there.key)
            self._paging.phone_says(pager, phone, what, self._now())
            self._flush()

    def receipt(self, pager: str, line: PhoneLine, payload: bytes) -> None:
        """A receipt: as if it had come on the pager's own topic."""
        if self._joined(pager, line) is not None:
            self._take(f"pager/{pager}/receipt", payload, retained=False)

    def gone(self, pager: str, line: PhoneLine) -> None:
        """The page is closed, or its line is lost; whether the phone is offline, time will tell."""
        if self._joined(pager, line) is not None:
            del self._open[pager]

    def _joined(self, pager: str, line: PhoneLine) -> Open | None:
        there = self._open.get(pager)
        return there if there is not None and there.line is line else None

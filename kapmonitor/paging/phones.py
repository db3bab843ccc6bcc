"""Phones in a pager's place: who has taken which pager, and until when somebody may be believed to see it.

A phone stops running what nobody looks at. So it is there only as long as it has said, within the last
`CONFIRMED_WITHIN_S`, that its page is visible; and it never counts as the only pager that can be reached.
"""

from __future__ import annotations

from math import inf

import msgspec

from kapmonitor.errors import RefusedError
from kapmonitor.paging.times import CONFIRMED_WITHIN_S


class Seen(msgspec.Struct, frozen=True):
    """What a phone says of itself: whether its page can be seen, whether it may sound, its battery (%)."""

    visible: bool
    sound: bool = False
    battery: float | None = None


UNSEEN = Seen(visible=False)


class Phone(msgspec.Struct):
    """A pager that `person` has taken at `since`, on the browser that knows `key`.

    `key` is empty after a restart of the service: then the first browser of that person has it.
    """

    person: str
    key: str
    since: float
    said: Seen = UNSEEN
    confirmed_at: float = -inf

    def online(self, now: float) -> bool:
        """Whether somebody may be believed to see it."""
        return now - self.confirmed_at < CONFIRMED_WITHIN_S


class Phones:
    """The taken pagers, by id. Whoever is no pager of the site is kept out by others."""

    def __init__(self) -> None:
        """Nobody has taken any."""
        self.taken: dict[str, Phone] = {}

    def take(self, pager: str, phone: Phone) -> None:
        """It is this phone's from now on, and of no other."""
        self.taken[pager] = phone

    def of(self, key: str) -> list[str]:
        """The pagers that the browser with this `key` has: one at most, once it took another."""
        return [pager for pager, phone in self.taken.items() if phone.key == key]

    def leave(self, pager: str) -> None:
        """It is nobody's phone any more."""
        self.taken.pop(pager, None)

    def held(self, pager: str, person: str, key: str) -> Phone:
        """The phone in that pager's place, which is this one.

        Raises:
            RefusedError: it is not; the text says who has it.
        """
        phone = self.taken.get(pager)
        if phone is None:
            raise RefusedError(f"Nobody has taken {pager}; take it first.")
        if phone.person != person or phone.key not in ("", key):
            raise RefusedError(f"{phone.person} has taken {pager} on another phone.")
        phone.key = key
        return phone

    def online(self, now: float) -> frozenset[str]:
        """The pagers that somebody sees on a phone."""
        return frozenset(pager for pager, phone in self.taken.items() if phone.online(now))

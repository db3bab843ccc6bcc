"""The next thing to do: what is due, in how long, and what holds it up. Pure."""

from __future__ import annotations

import msgspec

from kapmonitor.session.around import Around
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import Due


class NextThing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is due: `in_s` seconds from now (negative: overdue; None: as soon as somebody can).

    `question`: the name of a question that it asks, for `Answer`; empty where it asks none.
    """

    text: str
    in_s: float | None = None
    holds: tuple[str, ...] = ()
    question: str = ""


def next_things(session: Session, around: Around, due: Due | None, now: float) -> tuple[NextThing, ...]:
    """What is to be done, the most pressing first; never empty while the session is open."""
    del session, around, due, now
    return ()

"""One thing that staff have to do, or to know. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from kapmonitor.session.around import Around
from kapmonitor.session.baseline import minutes
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import Due


class NextThing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is due: `in_s` seconds from now (negative: overdue; None: as soon as somebody can).

    `holds`: what holds it up, in sentences. `question`: the name of a question that it asks, for `Answer`;
    empty where it asks none. `note`: only to be known, nothing is to be done.
    """

    text: str
    in_s: float | None = None
    holds: tuple[str, ...] = ()
    question: str = ""
    note: bool = False


Rule = Callable[[Session, Around, Due | None, float], Iterator[NextThing]]
"""Says its thing or nothing: of a session, what is around it, its next reading, and now (monotonic s)."""


def in_words(thing: NextThing) -> str:
    """One line to read out: the text with its time as `m:ss`."""
    if thing.in_s is None:
        return thing.text
    if abs(thing.in_s) < 1:
        return f"{thing.text} now."
    if thing.in_s < 0:
        return f"{thing.text} {minutes(thing.in_s)} overdue."
    return f"{thing.text} in {minutes(thing.in_s)}."

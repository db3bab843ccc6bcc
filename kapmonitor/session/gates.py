"""What holds a dose back, and who may pass it. Gates guard the permission, never the record. Pure."""

from __future__ import annotations

import msgspec

from kapmonitor.session.around import Around
from kapmonitor.session.session import Session


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """One gate before a dose. `text`: what is so, in plain words, and what opens it.

    `holds`: a closed one holds the dose back; `hard`: only a prescriber may pass it. `passed_by`, `reason`:
    who has passed it for the next dose, and why.
    """

    name: str
    open: bool
    text: str
    holds: bool = True
    hard: bool = False
    passed_by: str = ""
    reason: str = ""


def gates(session: Session, around: Around, now: float) -> tuple[Gate, ...]:
    """All gates as they stand at `now` (monotonic s), in the order in which they are shown."""
    del session, around, now
    return ()


def closed(session: Session, around: Around, now: float) -> list[Gate]:
    """The gates that hold a dose back now: closed, and not passed."""
    return [each for each in gates(session, around, now) if each.holds and not each.open and not each.reason]

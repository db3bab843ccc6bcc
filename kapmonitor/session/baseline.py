"""The same-day baseline: what would be confirmed now, and what is missing for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kapmonitor.session.around import Around
from kapmonitor.session.session import Session


class Proposal(msgspec.Struct, frozen=True):
    """The values per quantity, the cuff readings they come from (ids), what is missing (sentences)."""

    values: Mapping[str, float]
    readings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def proposal(session: Session, around: Around, now: float) -> Proposal:
    """What a person may confirm at `now`; with anything missing, nobody may yet."""
    del session, around, now
    return Proposal({})

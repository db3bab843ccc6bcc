"""What the cuff should do now: timetable, retries, series and interlocks in one place. Pure."""

from __future__ import annotations

import msgspec

from kapmonitor.session.around import Around
from kapmonitor.session.entries import AnyWhat, Measured
from kapmonitor.session.session import Session
from kapmonitor.session.timetable import Due


class Start(msgspec.Struct, frozen=True):
    """Tell the cuff to measure; `trigger` says what for."""

    trigger: str


class Stop(msgspec.Struct, frozen=True):
    """Tell the cuff to let the pressure out."""


Order = Start | Stop


class CuffControl:
    """The one that gives a seat's cuff its orders. Times are monotonic seconds."""

    def second(self, session: Session, around: Around, due: Due | None, now: float) -> list[Order]:
        """Once a second: what the cuff should be told now."""
        del session, around, due, now
        return []

    def asked(self, trigger: str, now: float) -> list[Order]:
        """A person asked for a measurement."""
        del now
        return [Start(trigger)]

    def stopped(self) -> list[Order]:
        """A person stopped it."""
        return [Stop()]

    def failed(self, session: Session, reason: str, now: float) -> list[AnyWhat]:
        """A measurement came to nothing, or could not be started."""
        del session, reason, now
        return []

    def measured(self, session: Session, one: Measured, now: float) -> None:
        """A measurement has come."""
        del session, one, now

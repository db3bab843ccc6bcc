"""One session on one seat. Times are `Moment`s: monotonic seconds to count by, UTC to write down."""

from __future__ import annotations

import re

import msgspec

from kapmonitor.errors import RefusedError
from kapmonitor.model import Moment, Phase, Route
from kapmonitor.session.phases import NEXT, may_follow


class Session(msgspec.Struct):
    """A session from its start to its end.

    `drill`: an exercise or a simulation. Simulated data are refused in any other session.
    """

    id: str
    room: str
    seat: str
    route: Route
    drill: bool
    started: Moment
    by: str
    phase: Phase = Phase.SCREENING

    def move_to(self, phase: Phase) -> None:
        """Enter another phase.

        Raises:
            RefusedError: the phase cannot follow the present one; the text names those that can.
        """
        if not may_follow(self.phase, phase):
            choices = ", ".join(NEXT[self.phase])
            raise RefusedError(f"A session in {self.phase} cannot go to {phase}; it can go to {choices}.")
        self.phase = phase


def session_id(room: str, seat: str, started: Moment) -> str:
    """An id that is unique in a site and readable in a topic: room, seat and start, `[a-z0-9-]+`."""
    return re.sub(r"[^a-z0-9-]", "-", f"{room}-{seat}-{started.utc:%Y%m%d-%H%M%S}".lower())

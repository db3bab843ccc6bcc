"""How a script lets a cuff's measurement come to nothing; each cuff says so in the words that it has."""

from __future__ import annotations

from simulators.events import EventKind
from simulators.physiology import Body

FAILURES: tuple[EventKind, ...] = (
    "cuff_user_stop",
    "cuff_overpressure",
    "cuff_air_leak",
    "cuff_loose",
    "cuff_leak",
)
AIR_LEAK_MMHG = 60.0
"""Where the pump of a cuff that cannot hold its air gives up."""
STOPPED_AFTER_S = 4.0
"""How long somebody bears the pressure before pressing the button."""


def failure(body: Body, now: float) -> EventKind | None:
    """What goes wrong with a measurement at `now` (clock seconds), the most urgent first."""
    return next((kind for kind in FAILURES if body.holds(kind, now)), None)

"""Which phase may follow which: the whole course of a session as one table to read aloud.

A dose that was given is always recorded, and a dose always begins an onset: from `ready` as planned, from
`peak` and `recovery` as a further dose, and from every other phase because it was given all the same. So
onset may follow every phase, but only with a dose. Everything else is said by staff, or comes by the clock
(onset to peak, peak to recovery).
"""

from __future__ import annotations

from collections.abc import Mapping

from kapmonitor.model import Phase

BY_HAND: Mapping[Phase, tuple[Phase, ...]] = {
    Phase.SCREENING: (Phase.BASELINE, Phase.ABORTED),
    Phase.BASELINE: (Phase.READY, Phase.ABORTED),
    Phase.READY: (Phase.BASELINE, Phase.ABORTED),
    Phase.ONSET: (Phase.PEAK, Phase.ABORTED),
    Phase.PEAK: (Phase.RECOVERY, Phase.ABORTED),
    Phase.RECOVERY: (Phase.DISCHARGE, Phase.ABORTED),
    Phase.DISCHARGE: (Phase.RECOVERY, Phase.ABORTED),
    Phase.ABORTED: (Phase.RECOVERY, Phase.DISCHARGE),
}
NEXT: Mapping[Phase, tuple[Phase, ...]] = {now: (*then, Phase.ONSET) for now, then in BY_HAND.items()}
"""What may follow at all: onset after every phase, as a dose leads there."""


def may_follow(now: Phase, then: Phase) -> bool:
    """Whether a session in `now` can go to `then`."""
    return then in NEXT[now]

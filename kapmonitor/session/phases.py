"""Which phase may follow which: the whole course of a session as one table to read aloud."""

from __future__ import annotations

from collections.abc import Mapping

from kapmonitor.model import Phase

NEXT: Mapping[Phase, tuple[Phase, ...]] = {
    Phase.SCREENING: (Phase.BASELINE, Phase.ABORTED),
    Phase.BASELINE: (Phase.READY, Phase.ONSET, Phase.ABORTED),
    Phase.READY: (Phase.BASELINE, Phase.ONSET, Phase.ABORTED),
    Phase.ONSET: (Phase.PEAK, Phase.ABORTED),
    Phase.PEAK: (Phase.RECOVERY, Phase.ONSET, Phase.ABORTED),
    Phase.RECOVERY: (Phase.DISCHARGE, Phase.ONSET, Phase.ABORTED),
    Phase.DISCHARGE: (Phase.RECOVERY,),
    Phase.ABORTED: (Phase.RECOVERY, Phase.DISCHARGE),
}
"""A further dose leads back to onset; a dose that was given before the gates opened leads there too."""


def may_follow(now: Phase, then: Phase) -> bool:
    """Whether a session in `now` can be moved to `then`."""
    return then in NEXT[now]

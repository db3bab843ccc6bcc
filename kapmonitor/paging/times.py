"""Every number of paging, in seconds; docs/paging.md has the table."""

from __future__ import annotations

from kapmonitor.documents import Alarm, Priority

DELIVERED_WITHIN_S = 15.0
"""No pager has it: it is sent again, the next person is called, and the wall says "not confirmed"."""
ACCEPTED_WITHIN_S = 60.0
"""Nobody is coming: one more person is called."""
EVERYBODY_AFTER_S = 120.0
"""Still nobody is coming: everybody is called, and the station sounds; again after as long."""
HERE_WITHIN_S = 240.0
"""Somebody is coming, but nobody said "here": the next person is called."""
HERE_SOON_S = 120.0
HERE_SOON = frozenset({"help", "sedation", "symptom", "pulse-lost"})
"""Alarms where it is this much sooner."""
MEDIUM_NEXT_S = 120.0
"""A medium alarm is 3 min old when it is first paged; unanswered after 5 min, the next one is called."""
REMIND_S = 30.0
"""Whoever had acknowledged an alarm that is not over is called alone for so long."""
APART_S = 30.0
"""At most one call about one hazard in this time; what comes sooner is told together at its end."""
RESEND_S = 15.0
"""What an online pager has not confirmed is sent again."""
RESEND_AWAY_S = 60.0
"""The same for one that is offline: its broker may keep messages for it."""
TELL_WITHDRAWN_S = 600.0
"""For so long a pager is told that it is not needed any more."""
PRESENT_AGAIN_S = 15.0
"""After a new connection to a broker a pager has this long to be online there; then it counts as offline."""
CONFIRMED_WITHIN_S = 10.0
"""A phone that nobody has seen for so long, or that says nothing, is offline."""
ASK_S = 300.0
"""A hand-over that the taker has not confirmed by then is void."""
SHIFT_S = 12 * 3600.0
"""A test page that somebody answered is good for so long."""

TTL_S: dict[Priority, int] = {"high": 60, "medium": 300, "low": 300}
"""A page that reaches somebody later than this is late."""
TEST_TTL_S = 300


def here_within_s(alarm: Alarm) -> float:
    """How long whoever is coming may take until somebody says "here"."""
    return HERE_SOON_S if alarm.name in HERE_SOON else HERE_WITHIN_S

"""What a rule's columns may be, whatever a site writes into its file: beyond these a rule watches nobody.

The limits of vitals are those of docs/alarms.md ("Site limit"); a row's own `bounds` may be narrower, never
wider. Times: a delay of a minute is twice the longest of the shipped rules, a clearing time of five minutes
five times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

NAME = re.compile("[a-z0-9-]+")
"""Of alarms and rules: they are parts of topics and addresses."""

SITE: Mapping[tuple[str, str], tuple[float, float]] = {
    ("spo2", "low"): (80, 96),
    ("rate", "high"): (100, 160),
    ("rate", "low"): (30, 55),
    ("systolic", "high"): (140, 200),
    ("systolic", "low"): (70, 95),
    ("diastolic", "high"): (90, 120),
}
"""What a site may choose a limit from, by vital and by the direction that is bad; both ends included."""

REST: Mapping[str, float] = {"rate": 70, "systolic": 120, "diastolic": 75}
"""A healthy person at rest: whoever is back there must be able to end an alarm."""

BASELINES: Mapping[str, range] = {
    "spo2": range(85, 101),
    "rate": range(40, 111),
    "systolic": range(85, 181),
    "diastolic": range(45, 111),
}
"""The same-day baselines for which tiers must be in order and alarms able to end."""

DELAY_S = (0, 60)
DISAGREE_DELAY_S = (0, 300)
HOLD_S = (0, 300)
LADDER_S = (1, 600)
LOOK_BACK_S = (1, 1800)
SYMPTOMS_WITHIN_S = (60, 7200)
RISE = {"systolic": (10, 90), "diastolic": (5, 60)}
"""How far above the baseline a relative limit may lie (mmHg)."""
FALL_BELOW = (70, 130)
FALL_PERCENT = (10, 60)
BASELINE_MARGIN = (1, 30)
CLEAR_READINGS = (1, 5)
FAILURES = (1, 10)
OVERDUE_S, OVERDUE_SHARE = (0, 600), (0, 2)
BATTERY = (1, 90)
SCORE = (0, 5)


def wider(key: str, within: tuple[float, float], vital: str, direction: str) -> Iterator[str]:
    """A row's own bounds that reach beyond what any site may choose."""
    most = SITE.get((vital, direction))
    if within[0] > within[1]:
        yield f"{key} = {within[0]:g}..{within[1]:g} holds nothing; write the lower end first"
    elif most is not None and not most[0] <= within[0] <= within[1] <= most[1]:
        given = f"{within[0]:g}..{within[1]:g}"
        yield f"{key} = {given} reaches beyond {most[0]:g}..{most[1]:g}; narrow it"

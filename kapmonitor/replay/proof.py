"""Whether drivers say today what they said then: every change, beat and measurement in turn. Pure.

Where they do, what they say counts at the instant at which it counted then, so that events can be compared
exactly. How often an unchanged value is repeated is no difference.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest

import msgspec

from kapmonitor.flight.records import Took
from kapmonitor.model import BloodPressure, Reading
from kapmonitor.replay.conversation import Spoke

APART_S = 1.1
"""A change may be seen so much earlier or later than it was then (s): bytes are read in larger pieces."""
BEATS = "rr_interval"
"""Every one of these stands for itself, though it may be as long as the last."""
POLLED, MOST_OF_THEM = "cuff_pressure", 0.9
"""Asked for often: an answer at the instant at which its driver gives up may count or not."""

_Changes = Mapping[str, Sequence[tuple[float, Reading | BloodPressure]]]


class Otherwise(msgspec.Struct, frozen=True):
    """From `at` (monotonic s) on a driver says something else than it said then; `what`, for a person."""

    at: float
    what: str


def first_difference(
    then: Sequence[Took], now: Sequence[Spoke], begin: float, end: float
) -> Otherwise | None:
    """Where a device's driver first says something else between `begin` and `end`, if anywhere.

    What is said `APART_S` before the end may be missing on either side.
    """
    known = _known(now, begin)
    told = [Spoke(each.moment.at, tuple(each.readings), tuple(each.pressures)) for each in then]
    before, after = _changes(told, known, begin), _changes(now, known, begin)
    found = [
        other
        for name in {*before, *after}
        if (other := _first(name, before.get(name, ()), after.get(name, ()), end - APART_S)) is not None
    ]
    return min(found, key=lambda each: each.at, default=None)


def _known(now: Iterable[Spoke], begin: float) -> dict[str, Reading]:
    """What the driver had said last of every quantity when the session began."""
    return {one.quantity: one for each in now if each.at < begin - APART_S for one in each.readings}


def _changes(said: Iterable[Spoke], known: Mapping[str, Reading], begin: float) -> _Changes:
    """Per quantity what was new about it; a value that changed just before `begin` may be told after it."""
    last = dict(known)
    found: dict[str, list[tuple[float, Reading | BloodPressure]]] = defaultdict(list)
    for each in said:
        for one in each.readings:
            if one.quantity == BEATS:
                if each.at >= begin:
                    found[BEATS].append((each.at, one))
            elif last.get(one.quantity) != one and each.at >= begin - APART_S:
                found[one.quantity].append((max(each.at, begin), one))
                last[one.quantity] = one
        if each.at >= begin:
            found["blood_pressure"] += ((each.at, measured) for measured in each.pressures)
    return found


def _first(
    name: str,
    before: Sequence[tuple[float, Reading | BloodPressure]],
    after: Sequence[tuple[float, Reading | BloodPressure]],
    end: float,
) -> Otherwise | None:
    if name == POLLED:
        matcher = SequenceMatcher(None, [_text(each) for each in before], [_text(each) for each in after])
        if matcher.ratio() >= MOST_OF_THEM:
            return None
    for one, other in zip_longest(before, after):
        if one is not None and other is not None and one[1] == other[1] and abs(one[0] - other[0]) < APART_S:
            continue
        at = min(each[0] for each in (one, other) if each is not None)
        if at > end:
            return None
        return Otherwise(at, f"{name}: {_text(one)} then, {_text(other)} now")
    return None


def _text(one: tuple[float, Reading | BloodPressure] | None) -> str:
    if one is None:
        return "nothing"
    said = one[1]
    if isinstance(said, Reading):
        return f"{said.value if said.value is not None else '--'} ({said.reason or said.quality.value})"
    return f"{said.systolic.value}/{said.diastolic.value} ({said.quality.value})"

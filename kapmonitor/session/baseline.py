"""The same-day baseline: what would be confirmed now, and what is missing for it. Pure.

Two valid cuff readings 1 to 5 minutes apart, a third where their systolic pressures differ by more than
15 mmHg (then the two that are closest), and 60 s of valid SpO2 and heart rate. Times are monotonic seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from math import inf

import msgspec

from kapmonitor.session.around import Around
from kapmonitor.session.entries import Measured
from kapmonitor.session.session import Session, measured_at

APART_S = (60.0, 300.0)
"""So far apart the readings of a baseline lie: sooner the arm is still squeezed, later it is another rest."""
DIFFER_MMHG = 15.0
STEADY_S = 60.0

Taken = tuple[float, Measured]
"""When (monotonic s), and what."""


class Proposal(msgspec.Struct, frozen=True):
    """The values per quantity, the cuff readings they come from (ids), what is missing (sentences)."""

    values: Mapping[str, float]
    readings: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def proposal(session: Session, around: Around, now: float) -> Proposal:
    """What a person may confirm at `now`; with anything missing, nobody may yet."""
    pair = two_readings(session)
    values = {} if pair is None else _pressures(pair)
    heart = next(
        (around.steady[name] for name in ("heart_rate", "pulse_rate") if name in around.steady), None
    )
    if heart is not None:
        values["heart_rate"] = heart
    if "spo2" in around.steady:
        values["spo2"] = around.steady["spo2"]
    missing = (*_cuff_missing(session, now), *_signals_missing(values, around))
    return Proposal(values, tuple(one.id for one in pair or ()), missing)


def two_readings(session: Session) -> tuple[Measured, Measured] | None:
    """The two cuff readings that a baseline can be made of, the earlier first; None where one is missing."""
    match [one for _, one in _chain(session)]:
        case [*_, before, last] if _differ(before, last) <= DIFFER_MMHG:
            return before, last
        case [_, _, _, *_] as chain:
            pairs = reversed(list(combinations(chain, 2)))  # of those that are equally near, the newest
            return min(pairs, key=lambda pair: _differ(*pair))
        case _:
            return None


def _chain(session: Session) -> list[Taken]:
    """This session's newest readings before any dose: three at most, 1 to 5 minutes from one to the next."""
    until = inf if session.first_dose_at is None else session.first_dose_at
    taken = [(measured_at(entered, one), one) for entered, one in session.measured if one.counts]
    mine = (each for each in taken if session.started.at <= each[0] <= until)
    before = sorted(mine, key=lambda each: each[0])
    chain = before[-1:]
    for each in reversed(before[:-1]):
        apart = chain[0][0] - each[0]
        if apart > APART_S[1] or len(chain) == 3:  # noqa: PLR2004 - a third decides
            break
        if apart >= APART_S[0]:
            chain.insert(0, each)
    return chain


def _differ(one: Measured, other: Measured) -> float:
    return abs((one.systolic or 0.0) - (other.systolic or 0.0))


def _pressures(pair: tuple[Measured, Measured]) -> dict[str, float]:
    first, second = pair
    return {
        "systolic": round(((first.systolic or 0.0) + (second.systolic or 0.0)) / 2, 1),
        "diastolic": round(((first.diastolic or 0.0) + (second.diastolic or 0.0)) / 2, 1),
    }


def _cuff_missing(session: Session, now: float) -> Iterator[str]:
    chain = _chain(session)
    if two_readings(session) is not None:
        return
    if not chain:
        yield "Two valid cuff readings are needed, 1 to 5 minutes apart; there is none yet."
        return
    if len(chain) > 1:
        by = _differ(chain[-2][1], chain[-1][1])
        yield f"The two systolic pressures differ by {by:.0f} mmHg; a third reading is needed."
    age = now - chain[-1][0]
    if age > APART_S[1]:
        yield "The last cuff reading is more than 5 minutes old; take two more, 1 to 5 minutes apart."
    elif age < APART_S[0]:
        yield f"Take one more cuff reading, {minutes(APART_S[0] - age)} from now at the earliest."
    else:
        yield f"Take one more cuff reading within {minutes(APART_S[1] - age)}."


def _signals_missing(values: Mapping[str, float], around: Around) -> Iterator[str]:
    if "spo2" not in values:
        yield _still("SpO2", around.steady_s.get("spo2", 0.0))
    if "heart_rate" not in values:
        had = max(around.steady_s.get("heart_rate", 0.0), around.steady_s.get("pulse_rate", 0.0))
        yield _still("Heart rate", had)


def _still(name: str, had: float) -> str:
    left = max(STEADY_S - had, 1.0)
    return f"{name} must be valid for 60 s without a break: {left:.0f} s still."


def minutes(seconds: float) -> str:
    """Seconds as `m:ss`."""
    whole = round(abs(seconds))
    return f"{whole // 60}:{whole % 60:02d}"

"""What decisions need from beyond a session's entries: signals, alarms, the cuff, the pagers. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from kapmonitor.session.routes import RouteTable


class CuffDoing(StrEnum):
    """What the cuff of this seat does now."""

    NONE = "none"
    """There is no cuff here."""
    BY_HAND = "by-hand"
    """It is there, but only a person at the cuff can start it."""
    AWAY = "away"
    """It is configured but not connected."""
    IDLE = "idle"
    MEASURING = "measuring"


class OpenAlarm(msgspec.Struct, frozen=True):
    """One alarm that is active or latched; `priority`: high, medium, low."""

    alarm: str
    name: str
    priority: str
    acknowledged: bool
    text: str = ""


class RepeatLimits(msgspec.Struct, frozen=True, kw_only=True):
    """Which pressures (mmHg) are repeated: those of the alarm rules that ask for it.

    At or above one of the first two; at or below `systolic_low`; below `fall_below` and more than
    `fall_percent` under the baseline.
    """

    systolic_high: float = 180.0
    diastolic_high: float = 110.0
    systolic_low: float = 90.0
    fall_below: float = 100.0
    fall_percent: float = 30.0


USUAL = RepeatLimits()


class Around(msgspec.Struct, frozen=True, kw_only=True):
    """The world at the moment of a decision.

    `valid`: per quantity the newest value, only where it is valid and fresh. `steady`: per quantity the
    median of the last 60 s, only where each of these seconds had a valid value; `steady_s`: how many there
    are by now. `spo2_low`: the alarm of that name is active, or its delay runs. `reachable`: whether somebody
    answers this shift's pages; None where there are no pagers. `repeats`: by the site's own alarm rules.
    """

    table: RouteTable
    valid: Mapping[str, float] = {}
    steady: Mapping[str, float] = {}
    steady_s: Mapping[str, float] = {}
    alarms: tuple[OpenAlarm, ...] = ()
    spo2_low: bool = False
    cuff: CuffDoing = CuffDoing.NONE
    reachable: bool | None = None
    repeats: RepeatLimits = USUAL

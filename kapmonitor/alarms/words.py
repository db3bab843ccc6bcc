"""The words of the alarm system: priorities, comparisons, when a page goes out."""

from __future__ import annotations

import operator
from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from kapmonitor.model import DeviceKind, DeviceState, Phase

Operator = Literal["<", "<=", ">", ">="]
PageWhen = Literal["at-once", "after-3-min", "second-reading", "never", "by-priority"]
"""`by-priority`: high at once, medium after 3 minutes unacknowledged, low never."""

COMPARE: dict[Operator, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

MONITORED = (Phase.READY, Phase.ONSET, Phase.PEAK, Phase.RECOVERY, Phase.DISCHARGE, Phase.ABORTED)
"""The phases in which absolute limits hold: from the confirmed baseline to the signed discharge."""
RATES = ("heart_rate", "pulse_rate")
"""What the vital `rate` stands for: the strap's heart rate before the oximeter's pulse rate."""
MEASURED_BY = {
    "spo2": DeviceKind.OXIMETER,
    "pulse_rate": DeviceKind.OXIMETER,
    "heart_rate": DeviceKind.STRAP,
}
NOT_LINKED = (DeviceState.SEARCHING, DeviceState.CONNECTING, DeviceState.LOST, DeviceState.NEEDS_PAIRING)
"""There is no link to the device. One that is open and silent (`stale`) is a link."""
EPSILON = 1e-6
"""Sums of float gaps: fifteen gaps of 1.0 s, each a hair short, must reach 15 s."""


class Priority(StrEnum):
    """IEC 60601-1-8: low = awareness, medium = prompt response, high = immediate response."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """0 low, 1 medium, 2 high: what `<` on the words would get wrong."""
        return _RISING.index(self)


_RISING = tuple(Priority)
"""As they are declared. In so few a member is found sooner than its hash."""

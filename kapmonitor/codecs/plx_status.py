"""What the status bits of a Bluetooth pulse oximeter mean for its values.

Bits as in Bluetooth Pulse Oximeter Service 1.0, 3.1 (measurement status, device and sensor status); what is
dropped and what is kept with a doubt is this project's policy.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from functools import lru_cache

from kapmonitor.model import Quality


class MeasurementStatus(IntFlag):
    """The 16-bit measurement status; bits 0-4 are reserved."""

    ONGOING = 1 << 5
    EARLY_ESTIMATE = 1 << 6
    VALIDATED = 1 << 7
    FULLY_QUALIFIED = 1 << 8
    STORED = 1 << 9
    DEMO = 1 << 10
    TEST = 1 << 11
    CALIBRATING = 1 << 12
    UNAVAILABLE = 1 << 13
    QUESTIONABLE = 1 << 14
    INVALID = 1 << 15


class SensorStatus(IntFlag):
    """The 24-bit device and sensor status; bits 16-23 are reserved."""

    EXTENDED_DISPLAY_UPDATE = 1 << 0
    EQUIPMENT_MALFUNCTION = 1 << 1
    SIGNAL_IRREGULARITY = 1 << 2
    INADEQUATE_SIGNAL = 1 << 3
    POOR_SIGNAL = 1 << 4
    LOW_PERFUSION = 1 << 5
    ERRATIC_SIGNAL = 1 << 6
    NON_PULSATILE = 1 << 7
    QUESTIONABLE_PULSE = 1 << 8
    ANALYSIS_ONGOING = 1 << 9
    INTERFERENCE = 1 << 10
    UNCONNECTED_TO_USER = 1 << 11
    UNKNOWN_SENSOR = 1 << 12
    DISPLACED = 1 << 13
    SENSOR_MALFUNCTION = 1 << 14
    DISCONNECTED = 1 << 15


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a status says of all values beside it."""

    keeps_value: bool
    quality: Quality
    why: str
    reason: str | None
    """`why`, unless there is nothing to explain."""


_VALID = Verdict(keeps_value=True, quality=Quality.VALID, why="", reason=None)

_NONE = (False, Quality.NOT_AVAILABLE)
_WRONG = (False, Quality.INVALID)
_DOUBT = (True, Quality.QUESTIONABLE)
_GOING = (True, Quality.ONGOING)

_M, _S = MeasurementStatus, SensorStatus

PRECEDENCE: tuple[tuple[MeasurementStatus | SensorStatus, tuple[bool, Quality], str], ...] = (
    # The first row whose bit is set decides: no value before a doubt before "ongoing"; among those without
    # a value, what a person at the couch can put right comes first. Bits without a row change nothing.
    (_S.DISCONNECTED, _NONE, "sensor_off"),
    (_S.UNCONNECTED_TO_USER, _NONE, "no_finger"),
    (_S.DISPLACED, _WRONG, "sensor_displaced"),
    (_S.SENSOR_MALFUNCTION, _WRONG, "sensor_malfunction"),
    (_S.EQUIPMENT_MALFUNCTION, _WRONG, "equipment_malfunction"),
    (_M.DEMO, _WRONG, "demo"),
    (_M.TEST, _WRONG, "test"),
    (_S.NON_PULSATILE, _WRONG, "non_pulsatile"),
    (_S.INADEQUATE_SIGNAL, _WRONG, "inadequate_signal"),
    (_M.INVALID, _WRONG, "invalid_measurement"),
    (_M.UNAVAILABLE, _NONE, "unavailable"),
    (_M.STORED, _DOUBT, "stored"),
    (_M.CALIBRATING, _DOUBT, "calibrating"),
    (_S.INTERFERENCE, _DOUBT, "artifact"),
    (_S.LOW_PERFUSION, _DOUBT, "low_perfusion"),
    (_S.ERRATIC_SIGNAL, _DOUBT, "erratic_signal"),
    (_S.SIGNAL_IRREGULARITY, _DOUBT, "signal_irregularity"),
    (_S.POOR_SIGNAL, _DOUBT, "poor_signal"),
    (_S.QUESTIONABLE_PULSE, _DOUBT, "questionable_pulse"),
    (_M.QUESTIONABLE, _DOUBT, "questionable_measurement"),
    (_M.EARLY_ESTIMATE, _DOUBT, "early_estimate"),
    (_M.ONGOING, _GOING, "ongoing"),
)


@lru_cache(maxsize=256)
def judge(measurement: int, sensor: int) -> Verdict:
    """The verdict of the first row of `PRECEDENCE` that applies; reserved bits are ignored."""
    for flag, (keeps_value, quality), why in PRECEDENCE:
        status = sensor if isinstance(flag, SensorStatus) else measurement
        if status & flag.value:
            return Verdict(keeps_value, quality, why, why)
    return _VALID

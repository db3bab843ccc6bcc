"""What a script's line may say: the value under each key, and what it means to the monitor.

Every class is one key of docs/rehearsing.md; `meant` is what the monitor is given. What cannot be meant
raises `ValueError` with the remedy.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

import msgspec

from kapmonitor.alarms.inputs import BaselineConfirmed, Here, Interrupt, PauseAudio
from kapmonitor.model import (
    BloodPressure,
    DeviceData,
    DeviceKind,
    DeviceReport,
    DeviceState,
    Happened,
    Origin,
    Phase,
    Quality,
    Reading,
    Route,
    blood_pressure,
    missing,
    reading,
)
from kapmonitor.quantities import QUANTITIES

Name = Annotated[str, msgspec.Meta(min_length=1)]

MEASURED_BY = {
    "spo2": DeviceKind.OXIMETER,
    "pulse_rate": DeviceKind.OXIMETER,
    "perfusion_index": DeviceKind.OXIMETER,
    "battery": DeviceKind.OXIMETER,
    "heart_rate": DeviceKind.STRAP,
    "rr_interval": DeviceKind.STRAP,
    "cuff_pressure": DeviceKind.CUFF,
}
"""Whose reading it is where the line names no device."""


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands under a key; unknown names are mistakes, not wishes."""


class SessionValue(_Value, frozen=True):
    """`session`: how ketamine is given, and the columns of rules that are tried."""

    route: Route
    limits: dict[str, dict[str, Any]] = {}


class Acknowledged(_Value, frozen=True):
    """`acknowledge`: the alarm by its hazard's name, as it is at that moment."""

    alarm: Name
    by: Name


class ReadingValue(_Value, frozen=True):
    """`reading`: one number of a device, or (`value` null) the `reason` why there is none."""

    quantity: str
    value: float | None
    quality: Quality | None = None
    reason: str | None = None
    device: Name | None = None

    def meant(self) -> DeviceData:
        """The device's data."""
        kind = MEASURED_BY.get(self.quantity)
        if kind is None:
            known = ", ".join(MEASURED_BY)
            raise ValueError(f"no device sends {self.quantity!r}; quantities are {known}, or blood_pressure")
        one = _reading(self.quantity, self.value, self.quality, self.reason)
        return DeviceData(self.device or kind.value, kind, Origin.SIMULATED, (one,))


class PressureValue(_Value, frozen=True):
    """`blood_pressure`: one cuff measurement; pressures in mmHg, null where it failed."""

    systolic: float | None
    diastolic: float | None
    mean: float | None = None
    pulse: float | None = None
    quality: Quality | None = None
    reason: str | None = None

    def meant(self) -> DeviceData:
        """The cuff's data."""
        kind = DeviceKind.CUFF
        return DeviceData(kind.value, kind, Origin.SIMULATED, (self._measurement(),))

    def _measurement(self) -> BloodPressure:
        quality, reason = self.quality, self.reason
        return blood_pressure(
            _reading("systolic", self.systolic, quality, reason),
            _reading("diastolic", self.diastolic, quality, reason),
            _reading("mean_pressure", self.mean, quality, reason),
            None if self.pulse is None else _reading("pulse_rate", self.pulse, quality, reason),
        )


class DeviceValue(_Value, frozen=True):
    """`device`: a link that came or went."""

    kind: DeviceKind
    state: Literal["connected", "disconnected"]

    def meant(self) -> DeviceReport:
        """What the device's supervisor would say."""
        state = DeviceState.LIVE if self.state == "connected" else DeviceState.LOST
        return DeviceReport(self.kind.value, self.kind, state, self.state)


class EventValue(_Value, frozen=True):
    """`event`: what somebody logs; `score` is MOAA/S, 0 to 5."""

    kind: Annotated[str, msgspec.Meta(pattern="^[a-z0-9_-]+$")]
    severity: Literal["mild", "moderate", "severe"] | None = None
    score: Annotated[int, msgspec.Meta(ge=0, le=5)] | None = None
    resolved: bool = False

    def meant(self) -> Happened:
        """What was logged."""
        return Happened(self.kind, self.severity, self.score, self.resolved)


class InterruptionValue(_Value, frozen=True):
    """`interruption`: planned, with somebody beside the patient."""

    by: Name
    minutes: Annotated[float, msgspec.Meta(gt=0)]

    def meant(self) -> Interrupt:
        """The command."""
        return Interrupt(self.by, self.minutes)


class HereValue(_Value, frozen=True):
    """`here`: somebody is with the patient."""

    by: Name

    def meant(self) -> Here:
        """The command."""
        return Here(self.by)


class PauseValue(_Value, frozen=True):
    """`audio_pause`: sounds off for a while."""

    by: Name

    def meant(self) -> PauseAudio:
        """The command."""
        return PauseAudio(self.by)


def baseline(values: dict[str, float]) -> BaselineConfirmed:
    """`baseline`: the confirmed same-day values by quantity."""
    for name, value in values.items():
        row = QUANTITIES.get(name)
        if row is None:
            raise ValueError(
                f"there is no quantity {name!r}; a baseline has systolic, diastolic, heart_rate and spo2"
            )
        if not row.possible(value):
            raise ValueError(f"{name} = {value:g} is not possible; it can be {row.low:g} to {row.high:g}")
    return BaselineConfirmed(values)


def _reading(quantity: str, value: float | None, quality: Quality | None, reason: str | None) -> Reading:
    """A value of quality invalid or not available is none; where there is none, it is not available."""
    if quality is Quality.INVALID:
        return missing(quantity, reason or quality.value, quality)
    if value is None or quality is Quality.NOT_AVAILABLE:
        return missing(quantity, reason or Quality.NOT_AVAILABLE.value)
    return reading(quantity, value, quality or Quality.VALID, reason)


Meant = (
    DeviceData
    | DeviceReport
    | Phase
    | BaselineConfirmed
    | Happened
    | Interrupt
    | Here
    | PauseAudio
    | Acknowledged
)
"""What a line other than `session` and `end` says to the monitor."""


VALUES: dict[
    str,
    type[
        ReadingValue | PressureValue | DeviceValue | EventValue | InterruptionValue | HereValue | PauseValue
    ],
] = {
    "reading": ReadingValue,
    "blood_pressure": PressureValue,
    "device": DeviceValue,
    "event": EventValue,
    "interruption": InterruptionValue,
    "here": HereValue,
    "audio_pause": PauseValue,
}
KEYS = ("session", "phase", "baseline", "acknowledge", *VALUES, "end")


def _phase(name: str) -> Phase:
    if name not in list(Phase):
        raise ValueError(f"there is no phase {name!r}; phases are {', '.join(Phase)}")
    return Phase(name)


@functools.lru_cache(maxsize=4096)
def meant(key: str, value: bytes) -> Meant:
    """What the JSON `value` under `key` says; many lines say the same.

    Raises:
        ValueError: it says nothing that could be meant (msgspec's errors are such).
    """
    if key == "baseline":
        return baseline(msgspec.json.decode(value, type=dict[str, float]))
    if key == "phase":
        return _phase(msgspec.json.decode(value, type=str))
    if key == "acknowledge":
        return msgspec.json.decode(value, type=Acknowledged)
    return msgspec.json.decode(value, type=VALUES[key]).meant()

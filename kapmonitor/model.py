"""The values that travel: what a device said, in the project's own units, with its quality.

Everything here is immutable and knows no clock; whoever hands a value on says when (`at`, seconds of the
monotonic clock). Quality uses the words of ISO/IEEE 11073-10207 (BICEPS MeasurementValidity).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from kapmonitor.quantities import QUANTITIES


class Quality(StrEnum):
    """How far a value can be trusted."""

    VALID = "valid"
    QUESTIONABLE = "questionable"
    ONGOING = "ongoing"
    INVALID = "invalid"
    NOT_AVAILABLE = "not_available"

    @property
    def counts(self) -> bool:
        """Whether an alarm limit may be judged by such a value."""
        return self in COUNTING


COUNTING = (Quality.VALID, Quality.ONGOING)
"""The qualities that count. Looked up for every value; to find a member in its class takes longer."""


class Origin(StrEnum):
    """Where a value comes from; simulated until proven live."""

    LIVE = "live"
    SIMULATED = "simulated"
    REPLAY = "replay"
    MANUAL = "manual"


class DeviceKind(StrEnum):
    """What a device measures."""

    STRAP = "strap"
    OXIMETER = "oximeter"
    CUFF = "cuff"


class DeviceState(StrEnum):
    """Where a device's supervisor stands."""

    SEARCHING = "searching"
    CONNECTING = "connecting"
    LIVE = "live"
    STALE = "stale"
    LOST = "lost"
    NEEDS_PAIRING = "needs-pairing"


class Route(StrEnum):
    """How ketamine is given."""

    SUBLINGUAL = "sublingual"
    INTRAMUSCULAR = "intramuscular"
    INTRAVENOUS = "intravenous"
    INTRANASAL = "intranasal"


class Phase(StrEnum):
    """Where a session stands, in the order of a session; `aborted` can follow any of them."""

    SCREENING = "screening"
    BASELINE = "baseline"
    READY = "ready"
    ONSET = "onset"
    PEAK = "peak"
    RECOVERY = "recovery"
    DISCHARGE = "discharge"
    ABORTED = "aborted"


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One number, or the reason why there is none.

    `value` is in the quantity's unit and within its possible range, or None; then `reason` says why.
    Build it with `reading()` or `missing()`, which keep that promise.
    """

    quantity: str
    value: float | None
    quality: Quality = Quality.VALID
    reason: str | None = None

    @property
    def counts(self) -> bool:
        """Whether an alarm limit may be judged by it."""
        return self.value is not None and self.quality in COUNTING


class Waveform(msgspec.Struct, frozen=True, gc=False):
    """Consecutive samples of a signal, oldest first, `rate_hz` a second; units as in `WAVEFORMS`."""

    quantity: str
    values: Sequence[float]
    rate_hz: float


class BloodPressure(msgspec.Struct, frozen=True, gc=False):
    """One cuff measurement: four readings that belong together, in mmHg and /min.

    `live` is false for a measurement that the device had stored earlier: such a one is never shown or
    judged as current. `pulse` is a `pulse_rate`, or None where the cuff sends none. `trigger`: who asked
    for it, `unknown` where a person pressed the cuff's own button. `age_s`: seconds since it was taken, where
    it was typed in later.
    """

    systolic: Reading
    diastolic: Reading
    mean: Reading
    pulse: Reading | None = None
    live: bool = True
    trigger: str = "unknown"
    age_s: float = 0.0

    @property
    def readings(self) -> tuple[Reading, ...]:
        """The readings there are, in the order of a cuff's display."""
        found = (self.systolic, self.diastolic, self.mean, self.pulse)
        return tuple(reading for reading in found if reading is not None)

    @property
    def quality(self) -> Quality:
        """The worse of systolic and diastolic: the two that limits are judged by."""
        order = list(Quality)
        return max(self.systolic.quality, self.diastolic.quality, key=order.index)

    @property
    def reason(self) -> str | None:
        """Why the measurement is not valid, if it is not."""
        return self.systolic.reason or self.diastolic.reason


Observation = Reading | Waveform | BloodPressure


class DeviceData(msgspec.Struct, frozen=True, gc=False):
    """What one device said at one moment."""

    device: str
    kind: DeviceKind
    origin: Origin
    observations: Sequence[Observation]


class DeviceReport(msgspec.Struct, frozen=True):
    """What a supervisor says about its device; `text` and `advice` are for staff."""

    device: str
    kind: DeviceKind
    state: DeviceState
    text: str
    advice: str = ""


def reading(
    quantity: str, value: float, quality: Quality = Quality.VALID, reason: str | None = None
) -> Reading:
    """A reading of `value` in the quantity's unit; None with `out_of_range` where it is not possible.

    NaN is not possible either: `missing(quantity, "not_a_number")` says so better.
    """
    low, high, decimals = _POSSIBLE[quantity]
    if not low <= value <= high:
        return Reading(quantity, None, _INVALID, "out_of_range")
    if value % 1:  # to round takes longer than all else here, and most values are whole
        value = round(value, decimals)
    return Reading(quantity, value, quality, reason)


_INVALID = Quality.INVALID
_POSSIBLE = {name: (each.low, each.high, max(each.decimals, 1)) for name, each in QUANTITIES.items()}
"""What `Quantity.possible` looks at, and how many decimals are kept: every value of every device asks."""


def missing(quantity: str, reason: str, quality: Quality = Quality.NOT_AVAILABLE) -> Reading:
    """A reading without a number, and why."""
    return Reading(quantity, None, quality, reason)


MMHG_PER_KPA = 7.50062


def blood_pressure(
    systolic: Reading,
    diastolic: Reading,
    mean: Reading,
    pulse: Reading | None = None,
    *,
    live: bool = True,
    trigger: str = "unknown",
    age_s: float = 0.0,
) -> BloodPressure:
    """Four readings as one measurement; pressures that do not fit each other become questionable.

    The pressures fit when systolic > diastolic, the pulse pressure is 10..150 mmHg, and the mean lies
    between them and within 0.15 of the pulse pressure + 5 mmHg of diastolic + a third of it (an
    oscillometric mean is measured, not derived, so it may differ that much). A missing mean is not held
    against the other two. Numbers that do not fit are kept, marked `questionable` with `implausible`.
    """
    if not _pressures_fit(systolic.value, diastolic.value, mean.value):
        systolic, diastolic, mean = (_doubt(each) for each in (systolic, diastolic, mean))
    return BloodPressure(systolic, diastolic, mean, pulse, live, trigger, age_s)


def no_pressure(reason: str) -> BloodPressure:
    """A measurement that came to nothing, and why; also one that could not be started."""

    def none(quantity: str) -> Reading:
        return missing(quantity, reason, Quality.INVALID)

    return blood_pressure(none("systolic"), none("diastolic"), none("mean_pressure"), none("pulse_rate"))


def _pressures_fit(systolic: float | None, diastolic: float | None, mean: float | None) -> bool:
    if systolic is None or diastolic is None:
        return False
    pulse_pressure = systolic - diastolic
    if not 10 <= pulse_pressure <= 150:  # noqa: PLR2004 - the docstring has the numbers
        return False
    if mean is None:
        return True
    expected = diastolic + pulse_pressure / 3
    return diastolic < mean < systolic and abs(mean - expected) <= 0.15 * pulse_pressure + 5


def _doubt(one: Reading) -> Reading:
    if one.value is None or one.quality is not Quality.VALID:
        return one
    return Reading(one.quantity, one.value, Quality.QUESTIONABLE, "implausible")


class Happened(msgspec.Struct, frozen=True):
    """Somebody logged that something happened, or (`resolved`) that it is over.

    `kind`: `help`, `dose`, `chest_pain`, `sedation` …; `severity`: `mild`, `moderate`, `severe`; `score`:
    MOAA/S, 0 (no response) to 5 (alert).
    """

    kind: str
    severity: str | None = None
    score: int | None = None
    resolved: bool = False


class Moment(NamedTuple):
    """One instant on both clocks: `at`, monotonic seconds that durations are measured by, and UTC."""

    at: float
    utc: datetime

    @property
    def ts(self) -> str:
        """RFC 3339 in UTC with milliseconds, as every document has it."""
        return rfc3339(self.utc)

    def earlier(self, at: float) -> str:
        """The `ts` of an earlier (or later) monotonic time `at`."""
        return rfc3339(self.utc + timedelta(seconds=at - self.at))


def rfc3339(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds: `2026-11-21T14:32:07.125Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
